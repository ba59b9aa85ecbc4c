"""The measure of checkerboards finds them, and nothing where there is none."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from benchmarks.checkerboard import compute_checkerboard, compute_checkerboard_amplitude, read_grid
from dcgan_jax.runs.figures import encode_png, tile

RNG = np.random.default_rng(0)
SMOOTH = np.stack([gaussian_filter(RNG.normal(size=(64, 64)), 2.0) for _ in range(32)])
IMAGES = np.clip(128 + 400 * SMOOTH + RNG.normal(size=SMOOTH.shape), 0, 255)


def as_pixels(images):
    return np.clip(np.rint(images), 0, 255).astype(np.uint8)


def test_images_without_one_are_at_most_about_one():
    assert 0.3 < compute_checkerboard(as_pixels(IMAGES)) < 1.25
    assert compute_checkerboard(as_pixels(RNG.uniform(0, 255, (64, 64, 64)))) == pytest.approx(1.0, abs=0.25)


@pytest.mark.parametrize(("period", "axis"), [(2, 0), (2, 1), (4, 0), (4, 1)])
def test_a_pattern_of_every_period_and_direction_is_found(period, axis):
    """Contrast that goes up and down by 5% every other pixel, as uneven overlaps of a kernel do it."""
    wave = 1 + 0.05 * np.cos(2 * np.pi * np.arange(64) / period)
    shape = (64, 1) if axis == 0 else (1, 64)
    assert compute_checkerboard(as_pixels(IMAGES * wave.reshape(shape))) > 3


@pytest.mark.parametrize(("period", "axis"), [(2, 0), (2, 1), (4, 0), (4, 1)])
@pytest.mark.parametrize("blur", [0.0, 3.0])
def test_the_amplitude_is_in_gray_levels_however_sharp_the_images_are(period, axis, blur):
    wave = 5.0 * np.cos(2 * np.pi * np.arange(64) / period)
    shape = (64, 1) if axis == 0 else (1, 64)
    images = np.stack([gaussian_filter(image, blur) for image in IMAGES])
    assert compute_checkerboard_amplitude(as_pixels(images + wave.reshape(shape))) == pytest.approx(5.0, rel=0.1)
    assert compute_checkerboard_amplitude(as_pixels(images)) < 0.3


def test_a_grid_gives_its_images_back(tmp_path):
    images = as_pixels(IMAGES)[:4, ..., None]
    (tmp_path / "grid.png").write_bytes(encode_png(tile(images)))
    np.testing.assert_array_equal(read_grid(tmp_path / "grid.png", 64), images[..., 0])
