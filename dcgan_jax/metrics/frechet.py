"""The Frechet distance between two sets of feature vectors, taken as Gaussians (Heusel et al. 2017)."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float64

from dcgan_jax.errors import UserError

_ROOT_TOLERANCE = 1e-8  # of the trace, relative


class Gaussian(NamedTuple):
    """What the distance sees of a set of feature vectors: their mean and their covariance (divisor N - 1)."""

    mean: Float64[np.ndarray, " dims"]
    covariance: Float64[np.ndarray, "dims dims"]


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
    (mean_a, x), (mean_b, y) = ((mean, _reduce(centered)) for mean, centered in map(_center, (a, b)))
    shift = mean_a - mean_b
    root = np.linalg.svd(x @ y.T, compute_uv=False).sum()
    return max(float(shift @ shift + (x * x).sum() + (y * y).sum() - 2 * root), 0.0)


def fit_gaussian(features: Float[np.ndarray, "image dims"]) -> Gaussian:
    """Returns mean and covariance, summed in float64.

    Raises:
      UserError: fewer than two images, or features that are not finite.
    """
    if len(features) < 2:
        raise UserError(f"A covariance needs at least 2 images, and there is {len(features)}: add images.")
    mean, centered = _center(features)
    return Gaussian(mean, centered.T @ centered / (len(features) - 1))


def compute_frechet_distance(a: Gaussian, b: Gaussian) -> float:
    """Returns |m_a - m_b|^2 + tr(C_a) + tr(C_b) - 2 tr((C_a C_b)^(1/2)), at least 0 (Dowson and Landau 1982).

    Covariances may be singular, as those of fewer images than dimensions are.

    Raises:
      UserError: different dimensions.
    """
    if a.mean.shape != b.mean.shape:
        raise UserError(
            f"The two sides have {a.mean.size} and {b.mean.size} dimensions: compare features of one length."
        )
    shift = a.mean - b.mean
    spread = np.trace(a.covariance) + np.trace(b.covariance) - 2 * compute_root_trace(a.covariance, b.covariance)
    return max(float(shift @ shift + spread), 0.0)


def compute_root_trace(a: Float64[np.ndarray, "dims dims"], b: Float64[np.ndarray, "dims dims"]) -> float:
    """Returns tr((a b)^(1/2)) of two symmetric positive semi-definite matrices.

    With a = F F^T the eigenvalues of a b are those of the symmetric F^T b F. Where so many of them are so small that
    the roots of their rounding errors would count, they are taken as squared singular values of F^T G, b = G G^T.
    """
    factor = _factor(a)
    if not factor.size:
        return 0.0
    squares = np.linalg.eigvalsh(factor.T @ b @ factor)
    rounding = np.finfo(np.float64).eps * abs(squares[-1])
    roots = np.sqrt(np.maximum(squares, rounding))
    # The derivative of the root is 1 / (2 root): what rounding can have done to the sum.
    if rounding > 0 and rounding * (0.5 / roots).sum() <= _ROOT_TOLERANCE * roots.sum():
        return float(np.sqrt(np.maximum(squares, 0.0)).sum())
    return float(np.linalg.svd(factor.T @ _factor(b), compute_uv=False).sum())  # several times slower


def _factor(covariance: Float64[np.ndarray, "dims dims"]) -> Float64[np.ndarray, "dims rank"]:
    """Returns F with F F^T = covariance, leaving out directions that are zero to rounding."""
    try:
        return np.linalg.cholesky(covariance)
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(covariance)
        kept = values > values[-1] * len(values) * np.finfo(np.float64).eps
        return vectors[:, kept] * np.sqrt(values[kept])


def _center(
    features: Float[np.ndarray, "image dims"],
) -> tuple[Float64[np.ndarray, " dims"], Float64[np.ndarray, "image dims"]]:
    """Returns the mean, and what each image differs from it by, in float64."""
    values = np.asarray(features, np.float64)
    if not np.isfinite(values).all():
        raise UserError("Some features are not finite: the images or the weights are damaged.")
    mean = values.mean(axis=0)
    return mean, values - mean


def _reduce(centered: Float64[np.ndarray, "image dims"]) -> Float64[np.ndarray, "rows dims"]:
    """Returns rows whose products sum to the covariance: at most as many as there are dimensions."""
    rows = centered / np.sqrt(len(centered) - 1)
    return rows if len(rows) <= rows.shape[1] else np.asarray(np.linalg.qr(rows, mode="r"))
