import numpy as np
import pytest
import tensorflow as tf

from dcgan_jax.metrics.ms_ssim import compute_mean_similarity, compute_similarity, count_scales
from tests.refusals import refused

WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


def draw(count, size, seed=0):
    """Smooth images with noise, so that terms are neither 0 nor 1."""
    rng = np.random.default_rng(seed)
    ramp = np.linspace(0, 200, size)[None, :, None] + np.zeros((1, 1, size))
    return np.clip(ramp + rng.normal(size=(count, size, size)) * 20, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(("size", "scales"), [(11, 1), (64, 3), (128, 4), (176, 5), (256, 5)])
def test_equals_tensorflows(size, scales):
    a, b = draw(2, size), draw(2, size, seed=1)
    weights = [weight / sum(WEIGHTS[:scales]) for weight in WEIGHTS[:scales]]
    expected = tf.image.ssim_multiscale(a[..., None], b[..., None], 255, power_factors=weights).numpy()
    assert count_scales(size) == scales
    np.testing.assert_allclose(compute_similarity(a, b), expected, rtol=1e-4)


def test_equal_images_are_1_and_opposite_ones_near_0():
    images = draw(3, 64)
    np.testing.assert_allclose(compute_similarity(images, images), 1.0)
    assert compute_similarity(images, 255 - images).max() < 0.1


def test_copies_are_less_diverse_than_different_images():
    images = draw(20, 64)
    copies = np.repeat(images[:1], 20, axis=0)
    rng = np.random.default_rng(0)
    assert compute_mean_similarity(copies, 50, rng) == pytest.approx(1.0)
    assert compute_mean_similarity(images, 50, rng) < 0.9


def test_pairs_are_of_different_images_and_the_seed_decides():
    # Of two images only one pair is possible.
    images = draw(2, 64)
    (expected,) = compute_similarity(images[:1], images[1:])
    assert compute_mean_similarity(images, 70, np.random.default_rng(0)) == pytest.approx(expected)


def test_blank_images_are_equal():
    assert compute_mean_similarity(np.zeros((4, 64, 64), np.uint8), 5, np.random.default_rng(0)) == 1.0


def test_impossible_images_are_refused():
    with refused("2 images", "1"):
        compute_mean_similarity(draw(1, 64), 5, np.random.default_rng(0))
    with refused("11 pixels", "10"):
        compute_similarity(draw(2, 10), draw(2, 10))
    with refused("(2, 64, 64)", "(2, 65, 65)"):
        compute_similarity(draw(2, 64), draw(2, 65))
