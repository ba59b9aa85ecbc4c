import numpy as np
import pytest

from dcgan_jax.memorization.copy_detection import compute_expected_share, compute_thresholds, is_found
from dcgan_jax.memorization.nearest import Nearest


def draw_nearest(rng, count):
    relative = {space: rng.uniform(0.01, 1, count) for space in ("features", "pixels")}
    return {space: Nearest(np.zeros(count, int), values, values) for space, values in relative.items()}


@pytest.mark.parametrize("num_held_out", [100, 134, 500])
def test_a_generator_like_held_out_patients_is_found_at_the_stated_rates(num_held_out):
    rng, num_generated = np.random.default_rng(0), 200
    shares = []
    for _ in range(1000):
        thresholds = compute_thresholds(draw_nearest(rng, num_held_out))
        shares.append(is_found(draw_nearest(rng, num_generated), thresholds).mean())
    stated = compute_expected_share(num_held_out, num_generated)
    assert np.mean(shares) == pytest.approx(0.02, abs=0.0025)
    assert stated.expected == pytest.approx(0.02)
    assert np.mean(np.array(shares) <= stated.highest) >= 0.95


def test_the_threshold_is_the_first_percentile_of_held_out_images():
    relative = np.arange(101) / 100
    nearest = Nearest(np.zeros(101, int), relative, relative)
    thresholds = compute_thresholds({"features": nearest, "pixels": nearest})
    # The first value, 0, equals a training image and sets no threshold: 100 values from 0.01 to 1 stay.
    assert thresholds["features"] == pytest.approx(0.0101)  # the 1.01th of 100
    assert is_found({"features": nearest, "pixels": nearest}, thresholds).sum() == 2
