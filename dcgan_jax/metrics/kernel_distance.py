"""The kernel distance: an unbiased estimate of the squared maximum mean discrepancy (Binkowski et al. 2018, "KID")."""

import numpy as np
from jaxtyping import Float, Float64

from dcgan_jax.errors import UserError

_BLOCK = 1024


def compute_kernel_distance(a: Float[np.ndarray, "m a_dims"], b: Float[np.ndarray, "n b_dims"]) -> float:
    """Returns the unbiased estimate over all pairs, with the kernel (x . y / dims + 1)^3; it may be negative.

    Source: Gretton et al. 2012, equation 3; the kernel is Binkowski et al.'s.

    Raises:
      UserError: fewer than two images on a side, or different dimensions.
    """
    return float(_estimate(a, b, np.ones((len(a), 1)), np.ones((len(b), 1)))[0])


def compute_kernel_distances(
    a: Float[np.ndarray, "m a_dims"],
    b: Float[np.ndarray, "n b_dims"],
    rng: np.random.Generator,
    subsets: int = 100,
    subset_size: int = 1000,
) -> Float64[np.ndarray, " subset"]:
    """Returns the estimate for random subsets of both sides, drawn without replacement: their mean and spread are KID.

    A subset has `subset_size` images of each side, but at most half of the smaller side: subsets that share most of
    their images would hide the spread.
    """
    size = max(2, min(subset_size, len(a) // 2, len(b) // 2))
    return _estimate(a, b, _draw_members(len(a), size, subsets, rng), _draw_members(len(b), size, subsets, rng))


def _draw_members(count: int, size: int, subsets: int, rng: np.random.Generator) -> Float64[np.ndarray, "image subset"]:
    """Returns 1 where an image is in a subset, else 0."""
    if count < size:
        raise UserError(f"The kernel distance needs at least 2 images a side, and there is a side with {count}.")
    members = np.zeros((count, subsets))
    for subset in range(subsets):
        members[rng.choice(count, size, replace=False), subset] = 1.0
    return members


def _estimate(
    a: Float[np.ndarray, "m a_dims"],
    b: Float[np.ndarray, "n b_dims"],
    members_a: Float64[np.ndarray, "m subset"],
    members_b: Float64[np.ndarray, "n subset"],
) -> Float64[np.ndarray, " subset"]:
    """Returns the estimate for every subset, from one pass over all pairs."""
    if min(len(a), len(b)) < 2:
        raise UserError(f"The kernel distance needs at least 2 images a side, and there are {len(a)} and {len(b)}.")
    if a.shape[1] != b.shape[1]:
        raise UserError(f"The two sides have {a.shape[1]} and {b.shape[1]} dimensions: compare features of one length.")
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    size_a, size_b = members_a.sum(axis=0), members_b.sum(axis=0)
    within = 0.0
    for x, members, size in ((a, members_a, size_a), (b, members_b, size_b)):
        diagonal = ((x * x).sum(axis=1) / x.shape[1] + 1) ** 3
        within = within + (_sum_kernel(x, x, members, members) - diagonal @ members) / (size * (size - 1))
    return within - 2 * _sum_kernel(a, b, members_a, members_b) / (size_a * size_b)


def _sum_kernel(
    a: Float64[np.ndarray, "m dims"],
    b: Float64[np.ndarray, "n dims"],
    members_a: Float64[np.ndarray, "m subset"],
    members_b: Float64[np.ndarray, "n subset"],
) -> Float64[np.ndarray, " subset"]:
    """Returns the sum of the kernel over the pairs of every subset."""
    total = np.zeros(members_a.shape[1])
    # In blocks, so that memory does not grow with the product of the counts.
    for start in range(0, len(a), _BLOCK):
        rows = slice(start, start + _BLOCK)
        kernel = (a[rows] @ b.T / a.shape[1] + 1) ** 3
        total += (members_a[rows] * (kernel @ members_b)).sum(axis=0)
    return total
