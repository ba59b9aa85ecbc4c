import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from dcgan_jax.memorization.correlation import compute_signatures
from dcgan_jax.memorization.nearest import find_nearest, find_nearest_pixels


def draw_images(count, seed=0, size=64):
    return np.random.default_rng(seed).integers(0, 256, (count, size, size, 1), np.uint8)


def test_finds_what_scikit_learn_finds():
    rng = np.random.default_rng(0)
    queries, training = rng.normal(size=(30, 8)), rng.normal(size=(90, 8))
    distances, positions = NearestNeighbors(n_neighbors=5).fit(training).kneighbors(queries)
    found = find_nearest(queries, training, neighbors=5)
    np.testing.assert_array_equal(found.position, positions[:, 0])
    np.testing.assert_allclose(found.distance, distances[:, 0])
    np.testing.assert_allclose(found.relative, distances[:, 0] / distances.mean(axis=1))


def test_by_hand():
    # From 1: to 0 is 1, to 4 is 3, to 9 is 8; the two nearest are 2 away on average.
    found = find_nearest(np.array([[1.0]]), np.array([[9.0], [0.0], [4.0]]), neighbors=2)
    assert (found.position[0], found.distance[0], found.relative[0]) == (1, 1.0, 0.5)


def test_a_copy_has_distance_zero_far_from_the_origin_too():
    training = np.random.default_rng(0).normal(size=(20, 8)).astype(np.float32) + 1e4
    found = find_nearest(training[3:4], training)
    assert (found.position[0], found.distance[0], found.relative[0]) == (3, 0.0, 0.0)


def test_among_copies_nothing_stands_out():
    # All neighbors are as close as the nearest: no image is singled out.
    assert find_nearest(np.ones((1, 4)), np.ones((5, 4))).relative[0] == 1.0


def test_in_pixels_a_copy_is_at_distance_zero_and_stands_out():
    training = draw_images(12)
    found = find_nearest_pixels(training[[5]], compute_signatures(training))
    assert found.position[0] == 5
    assert found.relative[0] < 1e-6


def test_in_pixels_the_distance_is_that_of_the_correlation():
    images = draw_images(2, size=32)
    images[1] = 255 - images[0]
    # A negative has correlation -1 without a shift; with shifts it can only be closer.
    assert find_nearest_pixels(images[:1], compute_signatures(images[1:])).distance[0] <= 2.0
    assert find_nearest_pixels(images[:1], compute_signatures(images[:1])).distance[0] == pytest.approx(0.0, abs=1e-6)
