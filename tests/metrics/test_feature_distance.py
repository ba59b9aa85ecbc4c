import numpy as np
import pytest

from dcgan_jax.metrics.feature_distance import compute_fid
from dcgan_jax.metrics.frechet import compute_frechet_distance, fit_gaussian
from tests.refusals import refused


@pytest.mark.parametrize(("m", "n"), [(12, 30), (12, 9), (90, 15), (15, 90), (90, 80)])
def test_equals_the_distance_of_the_covariances_for_few_images_and_many(m, n):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(m, 40)) @ rng.normal(size=(40, 40)), rng.normal(size=(n, 40)) + 0.5
    expected = compute_frechet_distance(fit_gaussian(a), fit_gaussian(b))
    assert compute_fid(a, b) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("count", [10, 60])
def test_of_a_set_with_itself_is_zero(count):
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
def test_what_has_no_distance_is_refused(a, b, named):
    with refused(*named):
        compute_fid(a, b)
