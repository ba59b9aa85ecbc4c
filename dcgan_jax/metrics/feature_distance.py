"""The Frechet distance straight from features, fast where there are fewer images than dimensions."""

import numpy as np
from jaxtyping import Float, Float64

from dcgan_jax.errors import UserError
from dcgan_jax.metrics.frechet import compute_frechet_distance, fit_gaussian


def compute_fid(a: Float[np.ndarray, "m a_dims"], b: Float[np.ndarray, "n b_dims"]) -> float:
    """Returns the Frechet distance between the Gaussians of two sets of features.

    With centered features X and Y the covariances are X^T X / (m - 1) and Y^T Y / (n - 1), and the trace of the root of
    their product is the sum of the singular values of X Y^T / ((m - 1) (n - 1))^(1/2): for few images a much smaller
    matrix than a covariance.

    Raises:
      UserError: fewer than two images on a side, different dimensions, or features that are not finite.
    """
    dims = a.shape[1]
    if not 2 <= min(len(a), len(b)) <= dims:
        return compute_frechet_distance(fit_gaussian(a), fit_gaussian(b))
    if b.shape[1] != dims:
        raise UserError(f"The two sides have {dims} and {b.shape[1]} dimensions: compare features of one length.")
    (mean_a, x), (mean_b, y) = _center(a), _center(b)
    shift = mean_a - mean_b
    root = np.linalg.svd(x @ y.T, compute_uv=False).sum()
    return max(float(shift @ shift + (x * x).sum() + (y * y).sum() - 2 * root), 0.0)


def _center(
    features: Float[np.ndarray, "image dims"],
) -> tuple[Float64[np.ndarray, " dims"], Float64[np.ndarray, "rows dims"]]:
    """Returns the mean, and rows whose products sum to the covariance: at most as many as there are dimensions."""
    values = np.asarray(features, np.float64)
    if not np.isfinite(values).all():
        raise UserError("Some features are not finite: the images or the weights are damaged.")
    mean = values.mean(axis=0)
    rows = (values - mean) / np.sqrt(len(values) - 1)
    return mean, rows if len(rows) <= rows.shape[1] else np.asarray(np.linalg.qr(rows, mode="r"))
