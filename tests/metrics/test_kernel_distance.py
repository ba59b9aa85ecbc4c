import numpy as np
import pytest
from sklearn.metrics.pairwise import polynomial_kernel

from dcgan_jax.metrics import kernel_distance
from dcgan_jax.metrics.kernel_distance import compute_kernel_distance, compute_kernel_distances
from tests.refusals import refused


def draw(count, dims=8, seed=0, shift=0.0):
    return np.random.default_rng(seed).normal(size=(count, dims)) + shift


def test_equals_scikit_learns_kernel_summed_by_definition(monkeypatch):
    a, b = draw(30), draw(41, seed=1, shift=0.2)
    kernels = [polynomial_kernel(x, y, degree=3, coef0=1) for x, y in ((a, a), (b, b), (a, b))]
    within = [(k.sum() - np.trace(k)) / (len(k) * (len(k) - 1)) for k in kernels[:2]]
    expected = sum(within) - 2 * kernels[2].mean()
    assert compute_kernel_distance(a, b) == pytest.approx(expected, rel=1e-10)
    monkeypatch.setattr(kernel_distance, "_BLOCK", 7)
    assert compute_kernel_distance(a, b) == pytest.approx(expected, rel=1e-10)


def test_by_hand():
    # One dimension, kernel (x y + 1)^3: within a 1 and 27, across (1, 8) and (1, 8): (1 + 8) / 2 each.
    a, b = np.array([[0.0], [1.0]]), np.array([[1.0], [2.0]])
    assert compute_kernel_distance(a, b) == 1.0 + 27.0 - 2 * (1 + 1 + 8 + 27) / 4


def test_is_unbiased():
    # Of equal distributions it is as often negative as positive.
    values = [compute_kernel_distance(draw(40, seed=i), draw(40, seed=1000 + i)) for i in range(200)]
    assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(len(values))
    assert min(values) < 0 < max(values)


def test_subsets_scatter_around_the_full_estimate():
    a, b = draw(200), draw(150, seed=1, shift=0.5)
    values = compute_kernel_distances(a, b, np.random.default_rng(0), subsets=200, subset_size=50)
    assert values.shape == (200,)
    assert values.mean() == pytest.approx(compute_kernel_distance(a, b), abs=4 * values.std() / np.sqrt(200))
    again = compute_kernel_distances(a, b, np.random.default_rng(0), subsets=200, subset_size=50)
    np.testing.assert_array_equal(values, again)


def test_subsets_leave_out_half_of_the_smaller_side():
    values = compute_kernel_distances(draw(20), draw(30, seed=1), np.random.default_rng(0), subsets=5)
    assert np.isfinite(values).all()
    assert values.std() > 0
    with refused("2 images", "1"):
        compute_kernel_distances(draw(1), draw(30, seed=1), np.random.default_rng(0))


def test_too_few_images_are_refused():
    with refused("2 images", "1 and 5"):
        compute_kernel_distance(draw(1), draw(5))


def test_different_dimensions_are_refused():
    with refused("8 and 9 dimensions"):
        compute_kernel_distance(draw(5), draw(5, dims=9))
