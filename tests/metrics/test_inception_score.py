import numpy as np
import pytest
from scipy.special import softmax

from dcgan_jax.metrics.inception_score import compute_inception_score, compute_probabilities
from tests.refusals import refused


def test_certain_and_diverse_images_score_the_number_of_classes():
    mean, spread = compute_inception_score(np.tile(np.eye(5), (20, 1)), splits=10)
    assert (mean, spread) == (pytest.approx(5.0), pytest.approx(0.0, abs=1e-9))


@pytest.mark.parametrize("row", [np.full(4, 0.25), np.array([1.0, 0, 0, 0])])
def test_images_of_one_prediction_score_1(row):
    assert compute_inception_score(np.tile(row, (20, 1)), splits=2)[0] == pytest.approx(1.0)


def test_by_hand():
    # p(y) = (0.5, 0.5), KL of each row = 0.75 log 1.5 + 0.25 log 0.5.
    rows = np.array([[0.75, 0.25], [0.25, 0.75]])
    expected = np.exp(0.75 * np.log(1.5) + 0.25 * np.log(0.5))
    assert compute_inception_score(rows, splits=1) == (pytest.approx(expected), 0.0)


def test_probabilities_are_the_softmax_of_the_classifier():
    rng = np.random.default_rng(0)
    features, kernel, bias = rng.normal(size=(3, 8)), rng.normal(size=(8, 5)) * 300, rng.normal(size=5)
    found = compute_probabilities(features, kernel, bias)
    np.testing.assert_allclose(found, softmax(features @ kernel + bias, axis=1), rtol=1e-9)


@pytest.mark.parametrize(
    ("rows", "named"),
    [
        (np.full((3, 2), 0.5), "3"),
        (np.full((10, 2), 0.6), "1"),
        (np.full((10, 2), np.nan), "1"),
        (np.tile([1.5, -0.5], (10, 1)), "negative"),
    ],
)
def test_impossible_probabilities_are_refused(rows, named):
    with refused(named):
        compute_inception_score(rows)
