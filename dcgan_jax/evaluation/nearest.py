"""The nearest training image of an image, in feature space and in pixels."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float64, Int, UInt8

from dcgan_jax.evaluation.neighbours import squared_distance_blocks

NEIGHBOURS = 50
"""k of the relative distance, as in Carlini et al. 2023 (section 4.2)."""

SIGNATURE_SIZE = 32
"""Pixels a side to which images are reduced before they are compared."""

_LUMA = np.array([0.299, 0.587, 0.114])  # of ITU-R BT.601, as Pillow's "L"


class Nearest(NamedTuple):
    """Of each image, its nearest training image.

    Attributes:
      position: which one.
      distance: to it.
      relative: that distance over the mean distance to the k nearest training images, from 0 to 1: small where one
        image is much closer than the others around it (Carlini et al. 2023, without their constant factor).
    """

    position: Int[np.ndarray, " image"]
    distance: Float64[np.ndarray, " image"]
    relative: Float64[np.ndarray, " image"]


def find_nearest(
    queries: Float[np.ndarray, "image dims"], training: Float[np.ndarray, "n dims"], neighbours: int = NEIGHBOURS
) -> Nearest:
    """Returns the nearest training vector of each query by Euclidean distance in float64.

    Args:
      queries: vectors of generated or held-out images.
      training: vectors of the training images, at least one.
      neighbours: k; at most all of them are taken.
    """
    queries, training = np.asarray(queries, np.float64), np.asarray(training, np.float64)
    k = min(neighbours, len(training))
    parts = []
    for rows, squares in squared_distance_blocks(queries, training):
        position = squares.argmin(axis=1)
        # Expanded squares lose small distances to rounding, and these are the ones that matter.
        exact = np.linalg.norm(queries[rows] - training[position], axis=1)
        mean = np.sqrt(np.partition(squares, k - 1, axis=1)[:, :k]).mean(axis=1)
        parts.append((position, exact, np.divide(exact, mean, out=np.ones_like(exact), where=mean > 0)))
    position, distance, relative = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Nearest(position, distance, np.minimum(relative, 1.0))


def to_gray(images: UInt8[np.ndarray, "image height width channel"]) -> UInt8[np.ndarray, "image height width"]:
    """Returns one channel: the only one, or the luma of three."""
    if images.shape[-1] == 1:
        return images[..., 0]
    return np.rint(images @ _LUMA).astype(np.uint8)


def compute_signatures(
    images: UInt8[np.ndarray, "image height width channel"],
) -> Float64[np.ndarray, "image 1024"]:
    """Returns unit vectors of the gray image in 32x32 means, its mean subtracted.

    Brightness and contrast do not change them. Their scalar product is the correlation of two images, and their
    squared distance twice what it lacks to 1. Flat images give zeros: a correlation of 0 with everything.

    Args:
      images: 8-bit images, each side a multiple of 32 pixels.
    """
    gray = to_gray(images).astype(np.float64)
    count, height, width = gray.shape
    cell = (height // SIGNATURE_SIZE, width // SIGNATURE_SIZE)
    means = gray.reshape(count, SIGNATURE_SIZE, cell[0], SIGNATURE_SIZE, cell[1]).mean(axis=(2, 4)).reshape(count, -1)
    centred = means - means.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    return np.divide(centred, lengths, out=np.zeros_like(centred), where=lengths > 1e-9)


def compute_similarities(
    images: UInt8[np.ndarray, "image height width channel"], training_signatures: Float64[np.ndarray, "n 1024"]
) -> tuple[Float64[np.ndarray, " image"], Int[np.ndarray, " image"]]:
    """Returns each image's largest correlation with a training image, from -1 to 1, and which image that is.

    What `generate.max_similarity` limits; no Inception weights are needed.

    Args:
      images: generated images.
      training_signatures: `compute_signatures` of the training images; compute them once.
    """
    correlations = compute_signatures(images) @ training_signatures.T
    nearest = correlations.argmax(axis=1)
    return np.clip(correlations[np.arange(len(images)), nearest], -1.0, 1.0), nearest
