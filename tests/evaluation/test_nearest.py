import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from dcgan_jax.evaluation.nearest import compute_signatures, compute_similarities, find_nearest, to_gray


def draw_images(count, seed=0, size=64):
    return np.random.default_rng(seed).integers(0, 256, (count, size, size, 1), np.uint8)


def test_finds_what_scikit_learn_finds():
    rng = np.random.default_rng(0)
    queries, training = rng.normal(size=(30, 8)), rng.normal(size=(90, 8))
    distances, positions = NearestNeighbors(n_neighbors=5).fit(training).kneighbors(queries)
    found = find_nearest(queries, training, neighbours=5)
    np.testing.assert_array_equal(found.position, positions[:, 0])
    np.testing.assert_allclose(found.distance, distances[:, 0])
    np.testing.assert_allclose(found.relative, distances[:, 0] / distances.mean(axis=1))


def test_by_hand():
    # From 1: to 0 is 1, to 4 is 3, to 9 is 8; the two nearest are 2 away on average.
    found = find_nearest(np.array([[1.0]]), np.array([[9.0], [0.0], [4.0]]), neighbours=2)
    assert (found.position[0], found.distance[0], found.relative[0]) == (1, 1.0, 0.5)


def test_a_copy_has_distance_zero_far_from_the_origin_too():
    training = np.random.default_rng(0).normal(size=(20, 8)).astype(np.float32) + 1e4
    found = find_nearest(training[3:4], training)
    assert (found.position[0], found.distance[0], found.relative[0]) == (3, 0.0, 0.0)


def test_among_copies_nothing_stands_out():
    # All neighbours are as close as the nearest: no image is singled out.
    assert find_nearest(np.ones((1, 4)), np.ones((5, 4))).relative[0] == 1.0


def test_signatures_ignore_brightness_and_contrast():
    images = draw_images(3) // 4
    np.testing.assert_allclose(compute_signatures(images * 2 + 40), compute_signatures(images), atol=1e-12)


def test_the_product_of_signatures_is_the_correlation_of_reduced_images():
    images = draw_images(2, size=64)
    reduced = images.reshape(2, 32, 2, 32, 2).mean(axis=(2, 4)).reshape(2, -1)
    signatures = compute_signatures(images)
    assert signatures[0] @ signatures[1] == pytest.approx(np.corrcoef(reduced)[0, 1])


def test_similarity_is_one_for_a_copy_and_names_it():
    training = draw_images(10)
    similarities, positions = compute_similarities(training[[7, 2]], compute_signatures(training))
    np.testing.assert_allclose(similarities, 1.0)
    assert positions.tolist() == [7, 2]


def test_similarity_of_a_negative_is_minus_one():
    training = draw_images(1)
    similarities, _ = compute_similarities(255 - training, compute_signatures(training))
    np.testing.assert_allclose(similarities, -1.0)


def test_flat_images_resemble_nothing():
    similarities, _ = compute_similarities(np.full((1, 64, 64, 1), 90, np.uint8), compute_signatures(draw_images(3)))
    assert similarities.tolist() == [0.0]


def test_three_channels_are_compared_by_their_luma():
    # ITU-R BT.601: pure red counts 0.299.
    image = np.zeros((1, 1, 1, 3), np.uint8)
    image[..., 0] = 255
    assert to_gray(image).tolist() == [[[76]]]
    gray = draw_images(2)
    np.testing.assert_array_equal(to_gray(np.repeat(gray, 3, axis=-1)), gray[..., 0])
