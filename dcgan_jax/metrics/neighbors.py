"""Scores from nearest neighbors in feature space: precision and recall, density and coverage."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float64

from dcgan_jax.errors import UserError

PRECISION_NEIGHBORS = 3
"""k of precision and recall, as in Kynkaanniemi et al. 2019."""

DENSITY_NEIGHBORS = 5
"""k of density and coverage, as in Naeem et al. 2020."""

_BLOCK = 1024


class NeighborScores(NamedTuple):
    """Shares of images, from 0 to 1 (density may exceed 1)."""

    precision: float  # generated images within the reach of the real ones (Kynkaanniemi et al. 2019)
    recall: float  # real images within the reach of the generated ones
    density: float  # how many real images reach a generated one, over k (Naeem et al. 2020)
    coverage: float  # real images that have a generated one within their reach


def compute_neighbor_scores(
    real: Float[np.ndarray, "m dims"],
    generated: Float[np.ndarray, "n dims"],
    precision_neighbors: int = PRECISION_NEIGHBORS,
    density_neighbors: int = DENSITY_NEIGHBORS,
) -> NeighborScores:
    """Returns precision, recall, density and coverage, with Euclidean distances in float64.

    The reach of an image is the distance to its k-th nearest other image of the same set, the boundary included.

    Raises:
      UserError: a side has no more images than neighbors are asked for.
    """
    needed = max(precision_neighbors, density_neighbors) + 1
    if min(len(real), len(generated)) < needed:
        raise UserError(
            f"Precision, recall, density and coverage need at least {needed} images a side, and there are "
            f"{len(real)} and {len(generated)}."
        )
    real, generated = np.asarray(real, np.float64), np.asarray(generated, np.float64)
    precision_reach, density_reach = compute_knn_radii(real, (precision_neighbors, density_neighbors))
    (recall_reach,) = compute_knn_radii(generated, (precision_neighbors,))
    is_precise = np.zeros(len(generated), bool)
    recalled, covered, reached = [], [], 0
    for rows, squares in squared_distance_blocks(real, generated):
        is_precise |= (squares <= precision_reach[rows, None]).any(axis=0)
        recalled.append((squares <= recall_reach).any(axis=1))
        within = squares <= density_reach[rows, None]
        covered.append(within.any(axis=1))
        reached += int(within.sum())
    return NeighborScores(
        precision=float(is_precise.mean()),
        recall=float(np.concatenate(recalled).mean()),
        density=reached / (density_neighbors * len(generated)),
        coverage=float(np.concatenate(covered).mean()),
    )


def compute_knn_radii(
    features: Float64[np.ndarray, "n dims"], neighbors: tuple[int, ...]
) -> list[Float64[np.ndarray, " n"]]:
    """Returns, for each k, every vector's squared distance to its k-th nearest other vector."""
    parts = []
    for rows, squares in squared_distance_blocks(features, features):
        # A vector is not a neighbor of itself; its rounded distance to itself need not be the smallest.
        squares[np.arange(len(squares)), np.arange(rows.start, rows.stop)] = np.inf
        parts.append(np.partition(squares, [k - 1 for k in neighbors], axis=1)[:, [k - 1 for k in neighbors]])
    return list(np.concatenate(parts).T)


def squared_distance_blocks(
    a: Float64[np.ndarray, "m dims"], b: Float64[np.ndarray, "n dims"]
) -> Iterator[tuple[slice, Float64[np.ndarray, "rows n"]]]:
    """Yields squared Euclidean distances for some rows of `a` at a time, so that memory stays bounded."""
    norms_a, norms_b = (a * a).sum(axis=1), (b * b).sum(axis=1)
    for start in range(0, len(a), _BLOCK):
        rows = slice(start, min(start + _BLOCK, len(a)))
        squares = norms_a[rows, None] + norms_b - 2 * (a[rows] @ b.T)
        yield rows, np.maximum(squares, 0.0)
