import numpy as np
import pytest

from dcgan_jax.memorization.correlation import (
    compute_signatures,
    compute_similarities,
    correlation_blocks,
    shift,
    to_gray,
)


def draw_images(count, seed=0, size=64):
    """Blots of a few pixels, so that reduced images differ and small shifts matter little."""
    coarse = np.random.default_rng(seed).integers(0, 256, (count, 8, 8, 1), np.uint8)
    return coarse.repeat(size // 8, axis=1).repeat(size // 8, axis=2)


def test_signatures_ignore_brightness_and_contrast():
    images = draw_images(3) // 4
    np.testing.assert_allclose(compute_signatures(images * 2 + 40), compute_signatures(images), atol=1e-12)


def test_the_product_of_signatures_is_the_correlation_of_reduced_images():
    images = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 1), np.uint8)
    reduced = images.reshape(2, 32, 2, 32, 2).mean(axis=(2, 4)).reshape(2, -1)
    signatures = compute_signatures(images)
    assert signatures[0] @ signatures[1] == pytest.approx(np.corrcoef(reduced)[0, 1])


def test_similarity_is_one_for_a_copy_and_names_it():
    training = draw_images(10)
    similarities, positions = compute_similarities(training[[7, 2]], compute_signatures(training))
    np.testing.assert_allclose(similarities, 1.0)
    assert positions.tolist() == [7, 2]


def test_the_best_shift_is_looked_for():
    training = draw_images(1)
    signatures = compute_signatures(training)
    moved = shift(training, 1 / 32, -1 / 64)
    unshifted = (compute_signatures(moved) @ signatures.T).item()
    (similarity,), _ = compute_similarities(moved, signatures)
    assert unshifted < 0.95 < similarity


def test_a_shift_repeats_the_border():
    image = np.array([[[[1], [2]], [[3], [4]]]], np.uint8)
    assert shift(image, 0.5, 0.0)[0, ..., 0].tolist() == [[1, 2], [1, 2]]
    assert shift(image, 0.0, -0.5)[0, ..., 0].tolist() == [[2, 2], [4, 4]]


def test_flat_images_resemble_nothing():
    similarities, _ = compute_similarities(np.full((1, 64, 64, 1), 90, np.uint8), compute_signatures(draw_images(3)))
    assert similarities.tolist() == [0.0]


def test_blocks_cover_all_images_in_order():
    images, signatures = draw_images(100, size=32), compute_signatures(draw_images(2, size=32))
    blocks = list(correlation_blocks(images, signatures))
    assert [(rows.start, rows.stop) for rows, _ in blocks] == [(0, 64), (64, 100)]
    (similarity,), _ = compute_similarities(images[99:], signatures)
    assert blocks[1][1][-1].max() == pytest.approx(similarity)


def test_three_channels_are_compared_by_their_luma():
    # ITU-R BT.601: pure red counts 0.299.
    image = np.zeros((1, 1, 1, 3), np.uint8)
    image[..., 0] = 255
    assert to_gray(image).tolist() == [[[76]]]
    gray = draw_images(2)
    np.testing.assert_array_equal(to_gray(np.repeat(gray, 3, axis=-1)), gray[..., 0])
