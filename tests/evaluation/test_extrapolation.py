import numpy as np
import pytest

from dcgan_jax.evaluation.extrapolation import extrapolate_fid


def test_removes_what_the_number_of_generated_images_adds():
    # Against 4,000 generated images the distance of N(0, I) and N(m, I) still has their share of the excess; at
    # 1 / n = 0 only that of the real images stays: p / N + p (p + 1) / (4 (N - 1)).
    dims, shift, num_real = 8, 0.5, 4000
    rng = np.random.default_rng(0)
    found = [
        extrapolate_fid(rng.normal(size=(num_real, dims)), rng.normal(size=(4000, dims)) + shift, rng)["fid"]
        for _ in range(10)
    ]
    expected = dims * shift**2 + dims / num_real + dims * (dims + 1) / 4 / (num_real - 1)
    assert np.mean(found) == pytest.approx(expected, abs=3 * np.std(found, ddof=1) / np.sqrt(10))


def test_uses_counts_from_twice_the_dimensions_to_all():
    rng = np.random.default_rng(0)
    found = extrapolate_fid(rng.normal(size=(50, 5)), rng.normal(size=(100, 5)), rng)
    assert (found["counts"][0], found["counts"][-1]) == (10, 100)
    assert found["slope"] > 0


def test_there_is_none_from_few_images():
    rng = np.random.default_rng(0)
    assert extrapolate_fid(rng.normal(size=(50, 5)), rng.normal(size=(19, 5)), rng) is None
