from itertools import product

import numpy as np
import pytest

from dcgan_jax.memorization.correlation import (
    CANDIDATES,
    compute_signatures,
    compute_similarities,
    find_candidates,
    to_gray,
)
from dcgan_jax.memorization.perturbed_duplicates import create_duplicates
from dcgan_jax.memorization.warps import create_operators, reduce_images, shift


def draw_images(count, seed=0, size=64):
    """Blots of a few pixels, so that reduced images differ and small shifts matter little."""
    coarse = np.random.default_rng(seed).integers(0, 256, (count, 8, 8, 1), np.uint8)
    return coarse.repeat(size // 8, axis=1).repeat(size // 8, axis=2)


def test_signatures_ignore_brightness_and_contrast():
    images = draw_images(3) // 4
    np.testing.assert_allclose(compute_signatures(images * 2 + 40), compute_signatures(images), atol=1e-12)


def test_the_product_of_signatures_is_the_correlation_of_reduced_middles():
    images = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 1), np.uint8)
    reduced = images.reshape(2, 32, 2, 32, 2).mean(axis=(2, 4))[:, 4:28, 4:28].reshape(2, -1)
    signatures = compute_signatures(images)
    assert signatures[0] @ signatures[1] == pytest.approx(np.corrcoef(reduced)[0, 1])


def test_similarity_is_one_for_a_copy_and_names_it():
    training = draw_images(10)
    similarities, positions = compute_similarities(training[[7, 2]], compute_signatures(training))
    np.testing.assert_allclose(similarities, 1.0)
    assert positions.tolist() == [7, 2]


@pytest.mark.parametrize(("down", "right"), [(1 / 8, -1 / 8), (1 / 64, 0.0), (-1 / 32, 3 / 64)])
def test_the_best_shift_is_looked_for(down, right):
    training = draw_images(1)
    signatures = compute_signatures(training)
    moved = shift(training, down, right)
    unshifted = (compute_signatures(moved) @ signatures.T).item()
    (similarity,), _ = compute_similarities(moved, signatures)
    assert unshifted < 0.99 < similarity


@pytest.mark.parametrize("gray_levels", [256, 4])
def test_each_candidate_is_measured_where_it_lies_best(gray_levels):
    images = (252 - draw_images(8) // (256 // gray_levels)).astype(np.uint8)
    known = compute_signatures(images[2:])
    best = np.full((2, 6), -1.0)
    for operator, (down, right) in product(create_operators(64, 64), product(range(9), repeat=2)):
        windows = reduce_images(images[:2, ..., 0], operator)[:, down : down + 24, right : right + 24].reshape(2, -1)
        np.maximum(best, np.corrcoef(windows, known)[:2, 2:], out=best)
    found = find_candidates(images[:2], known)
    in_order = np.take_along_axis(found.correlation, found.position.argsort(axis=1), axis=1)
    np.testing.assert_allclose(in_order, best, atol=1e-12)


@pytest.mark.parametrize("change", ["cropped", "rotated", "shifted_far"])
def test_what_augmentation_can_do_is_undone(change):
    training = draw_images(20)
    copies = create_duplicates(training[:6], np.random.default_rng(0))[change]
    similarities, positions = compute_similarities(copies, compute_signatures(training))
    assert positions.tolist() == list(range(6))
    assert similarities.min() > 0.9
    others, _ = compute_similarities(copies, compute_signatures(training[6:]))
    assert others.max() < 0.75


def test_flat_images_resemble_nothing():
    similarities, _ = compute_similarities(np.full((1, 64, 64, 1), 90, np.uint8), compute_signatures(draw_images(3)))
    assert similarities.tolist() == [0.0]


def test_images_are_found_in_their_order_across_blocks():
    images = draw_images(40, size=32)
    similarities, positions = compute_similarities(images, compute_signatures(images))
    assert positions.tolist() == list(range(40))
    np.testing.assert_allclose(similarities, 1.0)


def test_only_the_most_alike_are_compared_closely():
    images = draw_images(CANDIDATES + 30, size=32)
    found = find_candidates(images[:3], compute_signatures(images))
    assert found.position.shape == found.correlation.shape == (3, CANDIDATES)
    assert all(position in found.position[position] for position in range(3))


def test_three_channels_are_compared_by_their_luma():
    # ITU-R BT.601: pure red counts 0.299.
    image = np.zeros((1, 1, 1, 3), np.uint8)
    image[..., 0] = 255
    assert to_gray(image).tolist() == [[[76]]]
    gray = draw_images(2)
    np.testing.assert_array_equal(to_gray(np.repeat(gray, 3, axis=-1)), gray[..., 0])
