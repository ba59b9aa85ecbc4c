"""Expected values are worked out by hand, or by formulas written anew."""

import numpy as np
import pytest

from dcgan_jax.metrics.variety import (
    compute_retrieval_score,
    compute_trace_ratio,
    compute_variety_scores,
    compute_vendi_score,
)
from tests.refusals import refused


def draw(count, seed, dims=6):
    return np.random.default_rng(seed).normal(size=(count, dims))


def test_two_of_four_images_retrieved_by_three():
    real = np.array([[0.0], [1.0], [2.0], [3.0]])
    generated = np.array([[0.1], [0.2], [2.9]])
    # Three draws from four miss an image with probability (3/4)^3 = 27/64, so they meet 4 * 37/64 = 2.3125 of them.
    assert compute_retrieval_score(real, generated) == pytest.approx(2 / 2.3125)


def test_images_as_likely_as_each_other_score_one():
    real = np.arange(40.0)[:, None]
    generated = np.random.default_rng(0).integers(40, size=(50, 1)) + 0.1
    expected = len(np.unique(generated)) / (40 * (1 - (39 / 40) ** 50))
    assert compute_retrieval_score(real, generated) == pytest.approx(expected)
    assert expected == pytest.approx(1, abs=0.15)


def test_a_few_images_again_and_again_retrieve_few():
    real = draw(100, 0)
    assert compute_retrieval_score(real, np.tile(real[:5], (20, 1))) == pytest.approx(5 / (100 * (1 - 0.99**100)))
    assert compute_trace_ratio(real, np.tile(real[:50], (2, 1))) == pytest.approx(1, abs=0.15)


def test_the_trace_ratio_is_that_of_the_variances():
    real = np.array([[0.0, 0.0], [2.0, 0.0]])  # variances 2 and 0
    generated = np.array([[5.0, 1.0], [5.0, 2.0], [5.0, 3.0]])  # variances 0 and 1
    assert compute_trace_ratio(real, generated) == 0.5
    assert compute_trace_ratio(real, real + 7.0) == 1.0
    assert compute_trace_ratio(np.ones((3, 2)), generated) is None


@pytest.mark.parametrize("dims", [4, 9])
def test_the_vendi_score_counts_directions(dims):
    real = np.concatenate([np.full((1, dims), 3.0 + offset) for offset in (-1.0, 1.0)])  # their mean is 3 everywhere
    directions = 3.0 + np.eye(dims)[:4] * [[1.0], [2.0], [0.5], [9.0]]  # how far does not matter
    assert compute_vendi_score(real, directions) == pytest.approx(4)
    assert compute_vendi_score(real, np.tile(directions[:2], (5, 1))) == pytest.approx(2)
    assert compute_vendi_score(real, directions[:1]) == pytest.approx(1)
    # Three of one direction and one of another: the entropy of 3/4 and 1/4.
    unequal = directions[[0, 0, 0, 1]]
    assert compute_vendi_score(real, unequal) == pytest.approx(np.exp(-0.75 * np.log(0.75) - 0.25 * np.log(0.25)))


def test_the_vendi_score_is_the_same_from_either_gram_matrix():
    real, generated = draw(30, 1), draw(20, 2)
    shifted = generated - real.mean(axis=0)
    unit = shifted / np.linalg.norm(shifted, axis=1, keepdims=True)
    values = np.linalg.eigvalsh(unit @ unit.T / 20)  # 20 x 20, where the code takes 6 x 6
    values = values[values > 1e-12]
    assert compute_vendi_score(real, generated) == pytest.approx(np.exp(-(values * np.log(values)).sum()))


def test_images_of_the_same_population_have_its_variety():
    real, generated, other = draw(400, 0), draw(200, 1), draw(200, 2)
    scores, beside = compute_variety_scores(real, generated), compute_variety_scores(real, other)
    assert scores.irs == pytest.approx(beside.irs, abs=0.1)
    assert scores.trace_ratio == pytest.approx(1, abs=0.1)
    assert scores.vendi == pytest.approx(beside.vendi, rel=0.05)
    collapsed = compute_variety_scores(real, generated * 0.1 + draw(1, 3))
    assert collapsed.irs < scores.irs / 2
    assert collapsed.trace_ratio == pytest.approx(0.01 * scores.trace_ratio)
    assert collapsed.vendi < scores.vendi / 2


def test_too_few_images_are_refused():
    with refused("trace ratio", "2 images", "1"):
        compute_variety_scores(draw(5, 0), draw(1, 1))
    with refused("retrieval score", "1 images", "0"):
        compute_retrieval_score(draw(5, 0), draw(0, 1))
