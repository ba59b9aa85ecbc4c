import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from dcgan_jax.metrics import neighbors
from dcgan_jax.metrics.neighbors import compute_neighbor_scores
from tests.refusals import refused


def reference(real, generated, k):
    """The definitions of Kynkaanniemi et al. 2019 and Naeem et al. 2020, written with scikit-learn and loops."""

    def reaches(x):
        return NearestNeighbors(n_neighbors=k + 1).fit(x).kneighbors(x)[0][:, k]

    real_reach, generated_reach = reaches(real), reaches(generated)
    distances = np.array([[np.linalg.norm(x - y) for y in generated] for x in real])
    within = distances <= real_reach[:, None]
    precision, recall = within.any(0).mean(), (distances <= generated_reach).any(1).mean()
    return precision, recall, within.sum() / (k * len(generated)), within.any(1).mean()


@pytest.mark.parametrize("k", [1, 3, 5])
@pytest.mark.parametrize("block", [1024, 17])
def test_equals_the_definitions(k, block, monkeypatch):
    monkeypatch.setattr(neighbors, "_BLOCK", block)
    rng = np.random.default_rng(0)
    real, generated = rng.normal(size=(60, 4)), rng.normal(size=(50, 4)) * 0.7 + 0.5
    found = compute_neighbor_scores(real, generated, k, k)
    np.testing.assert_allclose(found, reference(real, generated, k))


def test_by_hand():
    real = np.array([[0.0], [1.0], [2.0], [10.0]])
    generated = np.array([[0.5], [3.5], [30.0]])
    # k = 1: real reaches 1, 1, 1, 8; generated reaches 3, 3, 26.5.
    scores = compute_neighbor_scores(real, generated, 1, 1)
    assert scores.precision == pytest.approx(2 / 3)  # 0.5 is near 0 and 1; 3.5 is within 8 of 10; 30 is near none
    assert scores.recall == 1.0  # 10 is within 26.5 of 30
    assert scores.density == pytest.approx(3 / 3)  # 0 and 1 reach 0.5, 10 reaches 3.5
    assert scores.coverage == pytest.approx(3 / 4)


def test_of_a_set_with_itself():
    features = np.random.default_rng(0).normal(size=(50, 6))
    scores = compute_neighbor_scores(features, features.copy())
    assert scores.precision == scores.recall == scores.coverage == 1.0
    assert scores.density >= 1.0


def test_of_sets_far_apart():
    features = np.random.default_rng(0).normal(size=(50, 6))
    assert compute_neighbor_scores(features, features + 100) == (0, 0, 0, 0)


def test_a_collapsed_generator_is_precise_and_covers_little():
    real = np.random.default_rng(0).normal(size=(100, 2))
    scores = compute_neighbor_scores(real, np.repeat(real[:1], 50, axis=0))
    assert scores.precision == 1.0
    assert scores.coverage < 0.2
    assert scores.recall <= 0.01


def test_too_few_images_are_refused():
    with refused("6 images", "5 and 50"):
        compute_neighbor_scores(np.zeros((5, 2)), np.zeros((50, 2)))
