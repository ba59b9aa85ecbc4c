"""The nearest training image of an image, in feature space and in pixels, and how far it stands out."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float64, Int

from dcgan_jax.memorization.correlation import Images, Signatures, find_candidates
from dcgan_jax.metrics.neighbors import squared_distance_blocks

NEIGHBORS = 50
"""k of the relative distance, as in Carlini et al. 2023 (section 4.2)."""


class Nearest(NamedTuple):
    """Of each image, its nearest training image."""

    position: Int[np.ndarray, " image"]  # which one
    distance: Float64[np.ndarray, " image"]  # to it
    # That distance over the mean distance to the k nearest training images, from 0 to 1: small where one image is
    # much closer than the others around it (Carlini et al. 2023, without their constant factor).
    relative: Float64[np.ndarray, " image"]


def find_nearest(
    queries: Float[np.ndarray, "image dims"], training: Float[np.ndarray, "n dims"], neighbors: int = NEIGHBORS
) -> Nearest:
    """Returns the nearest training vector of each query by Euclidean distance in float64; at least one of both.

    Of the relative distance k is `neighbors`, or all training vectors where they are fewer.
    """
    queries, training = np.asarray(queries, np.float64), np.asarray(training, np.float64)
    parts = []
    for rows, squares in squared_distance_blocks(queries, training):
        position = squares.argmin(axis=1)
        # Expanded squares lose small distances to rounding, and these are the ones that matter.
        exact = np.linalg.norm(queries[rows] - training[position], axis=1)
        parts.append(_relate(position, exact, np.sqrt(squares), neighbors))
    return join(parts)


def find_nearest_pixels(images: Images, training: Signatures, neighbors: int = NEIGHBORS) -> Nearest:
    """Returns the nearest training image of each image by the distance (2 - 2 r)^(1/2), r their correlation.

    That is the Euclidean distance of the two signatures (correlation.py) where one lies best on the other. Training
    images are given by their signatures; there must be at least one of both; k as in `find_nearest`.
    """
    found = find_candidates(images, training)
    distances = np.sqrt(2.0 - 2.0 * found.correlation)
    best = distances.argmin(axis=1)[:, None]
    position = np.take_along_axis(found.position, best, axis=1)[:, 0]
    return _relate(position, distances.min(axis=1), distances, neighbors)


def _relate(
    position: Int[np.ndarray, " image"],
    distance: Float64[np.ndarray, " image"],
    distances: Float64[np.ndarray, "image n"],
    neighbors: int,
) -> Nearest:
    k = min(neighbors, distances.shape[1])
    mean = np.partition(distances, k - 1, axis=1)[:, :k].mean(axis=1)
    relative = np.divide(distance, mean, out=np.ones_like(distance), where=mean > 0)
    return Nearest(position, distance, np.minimum(relative, 1.0))


def join(parts: Sequence[Nearest]) -> Nearest:
    """Returns what was found of several sets of images, one after another."""
    return Nearest(*(np.concatenate(part) for part in zip(*parts, strict=True)))
