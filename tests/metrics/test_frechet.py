import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st

from dcgan_jax.metrics.frechet import Gaussian, compute_fid, compute_frechet_distance, compute_root_trace, fit_gaussian
from tests.refusals import refused


def pytorch_fid_distance(a, b):
    """calculate_frechet_distance of pytorch-fid, from scratch."""
    root = scipy.linalg.sqrtm(a.covariance @ b.covariance)
    difference = a.mean - b.mean
    return difference @ difference + np.trace(a.covariance) + np.trace(b.covariance) - 2 * np.trace(root.real)


def draw(count, dims, seed, shift=0.0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(count, dims)) * np.exp(-np.arange(dims) / dims * 4) + shift


def test_equals_the_formula_of_pytorch_fid():
    a, b = fit_gaussian(draw(300, 100, 0)), fit_gaussian(draw(250, 100, 1, 0.1))
    assert compute_frechet_distance(a, b) == pytest.approx(pytorch_fid_distance(a, b), rel=1e-9)


def test_of_shifted_and_stretched_gaussians_is_the_analytic_value():
    # |m|^2 + sum (s_i - t_i)^2 for diagonal covariances s^2 and t^2.
    a = Gaussian(np.zeros(3), np.diag([1.0, 4.0, 9.0]))
    b = Gaussian(np.array([1.0, 2.0, 2.0]), np.diag([4.0, 4.0, 0.0]))
    assert compute_frechet_distance(a, b) == pytest.approx(9 + 1 + 0 + 9, abs=1e-12)


@pytest.mark.parametrize("count", [50, 100, 101, 400])
def test_of_a_set_with_itself_is_zero_even_if_singular(count):
    gaussian = fit_gaussian(draw(count, 100, 0).astype(np.float32))
    assert compute_frechet_distance(gaussian, gaussian) < 1e-10


def test_constant_dimensions_are_fine():
    features = draw(200, 20, 0)
    features[:, 3] = 7.0
    a, b = fit_gaussian(features), fit_gaussian(features + 1.0)
    assert compute_frechet_distance(a, b) == pytest.approx(20.0)


def test_constant_sets_differ_by_their_means():
    a, b = fit_gaussian(np.zeros((5, 4))), fit_gaussian(np.full((5, 4), 0.5))
    assert compute_frechet_distance(a, b) == pytest.approx(1.0)


def test_a_constant_set_and_a_varied_one():
    constant, varied = fit_gaussian(np.zeros((50, 4))), fit_gaussian(draw(50, 4, 0))
    expected = varied.mean @ varied.mean + np.trace(varied.covariance)
    assert compute_frechet_distance(constant, varied) == pytest.approx(expected)
    assert compute_frechet_distance(varied, constant) == pytest.approx(expected)


def test_root_trace_of_nearly_singular_matrices_is_accurate():
    # Commuting matrices: the root of the product has the products of the roots as eigenvalues.
    rng = np.random.default_rng(0)
    vectors = np.linalg.qr(rng.normal(size=(60, 60)))[0]
    a, b = (np.logspace(0, -end, 60) for end in (14, 9))
    found = compute_root_trace(vectors * a @ vectors.T, vectors * b @ vectors.T)
    assert found == pytest.approx(np.sqrt(a * b).sum(), rel=1e-8)


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.integers(2, 40), st.integers(1, 12))
def test_is_symmetric_and_never_negative(seed, count, dims):
    a, b = fit_gaussian(draw(count, dims, seed)), fit_gaussian(draw(count + 1, dims, seed + 1, 0.3))
    there, back = compute_frechet_distance(a, b), compute_frechet_distance(b, a)
    assert there >= 0
    assert there == pytest.approx(back, rel=1e-6, abs=1e-9)


def test_statistics_are_those_of_numpy():
    features = draw(30, 5, 0)
    mean, covariance = fit_gaussian(features)
    np.testing.assert_allclose(mean, features.mean(0))
    np.testing.assert_allclose(covariance, np.cov(features, rowvar=False))


@pytest.mark.parametrize(
    ("features", "named"),
    [
        (np.zeros((1, 4)), "2 images"),
        (np.full((5, 4), np.nan), "finite"),
        (np.zeros((0, 4)), "2 images"),
    ],
)
def test_hopeless_features_are_refused(features, named):
    with refused(named):
        fit_gaussian(features)


def test_different_dimensions_are_refused():
    with refused("3 and 4 dimensions"):
        compute_frechet_distance(fit_gaussian(draw(9, 3, 0)), fit_gaussian(draw(9, 4, 0)))


@pytest.mark.parametrize(("m", "n"), [(12, 30), (12, 9), (90, 15), (15, 90), (90, 80)])
def test_fid_is_the_distance_of_the_covariances_for_few_images_and_many(m, n):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(m, 40)) @ rng.normal(size=(40, 40)), rng.normal(size=(n, 40)) + 0.5
    expected = compute_frechet_distance(fit_gaussian(a), fit_gaussian(b))
    assert compute_fid(a, b) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("count", [10, 60])
def test_fid_of_a_set_with_itself_is_zero(count):
    features = np.random.default_rng(0).normal(size=(count, 40)).astype(np.float32)
    assert compute_fid(features, features) < 1e-10


@pytest.mark.parametrize(
    ("a", "b", "named"),
    [
        (np.zeros((1, 4)), np.zeros((3, 4)), ("2 images",)),
        (np.zeros((3, 4)), np.zeros((3, 5)), ("4 and 5 dimensions",)),
        (np.zeros((9, 4)), np.zeros((9, 5)), ("4 and 5 dimensions",)),
        (np.full((3, 4), np.nan), np.zeros((3, 4)), ("finite",)),
    ],
)
def test_what_has_no_fid_is_refused(a, b, named):
    with refused(*named):
        compute_fid(a, b)
