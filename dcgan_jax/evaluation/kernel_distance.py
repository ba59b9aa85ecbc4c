"""The kernel distance: an unbiased estimate of the squared maximum mean discrepancy (Binkowski et al. 2018, "KID")."""

import numpy as np
from jaxtyping import Float, Float64

from dcgan_jax.errors import UserError

_BLOCK = 1024


def compute_kernel_distance(a: Float[np.ndarray, "m dims"], b: Float[np.ndarray, "n dims"]) -> float:
    """Returns the unbiased estimate over all pairs, with the kernel (x . y / dims + 1)^3; it may be negative.

    Source: Gretton et al. 2012, equation 3; the kernel is Binkowski et al.'s.

    Raises:
      UserError: fewer than two images on a side, or different dimensions.
    """
    if min(len(a), len(b)) < 2:
        raise UserError(f"The kernel distance needs at least 2 images a side, and there are {len(a)} and {len(b)}.")
    if a.shape[1] != b.shape[1]:
        raise UserError(f"The two sides have {a.shape[1]} and {b.shape[1]} dimensions: compare features of one length.")
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    within = sum((_sum_kernel(x, x) - _sum_diagonal(x)) / (len(x) * (len(x) - 1)) for x in (a, b))
    return float(within - 2 * _sum_kernel(a, b) / (len(a) * len(b)))


def compute_kernel_distances(
    a: Float[np.ndarray, "m dims"],
    b: Float[np.ndarray, "n dims"],
    rng: np.random.Generator,
    subsets: int = 100,
    subset_size: int = 1000,
) -> Float64[np.ndarray, " subset"]:
    """Returns the estimate for random subsets of both sides, drawn without replacement: their mean and spread are KID.

    Args:
      a: features of one side.
      b: of the other.
      rng: draws the subsets.
      subsets: how many.
      subset_size: images of each side in a subset; at most as many as the smaller side has.
    """
    size = min(subset_size, len(a), len(b))
    return np.array(
        [
            compute_kernel_distance(
                a[rng.choice(len(a), size, replace=False)], b[rng.choice(len(b), size, replace=False)]
            )
            for _ in range(subsets)
        ]
    )


def _sum_kernel(a: Float64[np.ndarray, "m dims"], b: Float64[np.ndarray, "n dims"]) -> float:
    # In blocks, so that memory does not grow with the product of the counts.
    rows = (a[start : start + _BLOCK] for start in range(0, len(a), _BLOCK))
    return sum(float(((row @ b.T / a.shape[1] + 1) ** 3).sum()) for row in rows)


def _sum_diagonal(a: Float64[np.ndarray, "m dims"]) -> float:
    return float((((a * a).sum(axis=1) / a.shape[1] + 1) ** 3).sum())
