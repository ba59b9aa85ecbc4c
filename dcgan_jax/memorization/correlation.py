"""How alike two X-rays are in their pixels: the correlation of reduced images, where one lies best on the other.

It needs no Inception weights. Brightness, contrast and fine noise hardly change it, and what augmentation may
have moved is moved back: shifts by up to an eighth, 10% of scale, 3 degrees. Mirrored copies are not looked for, since
training mirrors nothing.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float64, Int, UInt8

from dcgan_jax.memorization.warps import CELLS, NUM_TURNS, create_operators, reduce_images

WINDOW = 24
"""Cells a side of the middle that is compared: it still lies within an image that was moved by an eighth."""

CANDIDATES = 100
"""Training images, the most alike at half of the resolution, that are compared at the whole of it."""

DESCRIPTION = (
    f"the middle {WINDOW}x{WINDOW} of {CELLS}x{CELLS} means of pixels, at the best of shifts by up to an eighth, "
    f"scales 0.9 to 1.11 and turns by 3 degrees (of the {CANDIDATES} most alike at half of that resolution)"
)

_LUMA = np.array([0.299, 0.587, 0.114])  # of ITU-R BT.601, as Pillow's "L"
_BLOCK = 16
_FLAT = 1e-9

Images = UInt8[np.ndarray, "image height width channel"]
Signatures = Float64[np.ndarray, "n 576"]


class Candidates(NamedTuple):
    """For each image, the training images that resemble it most.

    Attributes:
      position: which ones, in no order; the first `CANDIDATES`, or all.
      correlation: with each, -1 to 1.
    """

    position: Int[np.ndarray, "image candidate"]
    correlation: Float64[np.ndarray, "image candidate"]


def to_gray(images: Images) -> UInt8[np.ndarray, "image height width"]:
    """Returns one channel: the only one, or the luma of three."""
    if images.shape[-1] == 1:
        return images[..., 0]
    return np.rint(images @ _LUMA).astype(np.uint8)


def compute_signatures(images: Images) -> Signatures:
    """Returns unit vectors of the middle of the reduced gray images, their mean subtracted.

    The scalar product of two is the correlation of the two middles. Flat images give zeros: a correlation of 0 with
    everything.

    Args:
      images: 8-bit images, each side a multiple of 32 pixels.
    """
    edge = (CELLS - WINDOW) // 2
    middles = reduce_images(to_gray(images))[:, edge:-edge, edge:-edge]
    return _normalize(middles.reshape(len(images), -1))


def find_candidates(images: Images, training: Signatures) -> Candidates:
    """Returns the training images that resemble each image most, at the place where it lies best on them.

    Args:
      images: the ones that are moved.
      training: `compute_signatures` of the training images; compute them once.
    """
    blocks = [_find(images[start : start + _BLOCK], training) for start in range(0, len(images), _BLOCK)]
    return Candidates(*(np.concatenate(part) for part in zip(*blocks, strict=True)))


def compute_similarities(
    images: Images, training: Signatures
) -> tuple[Float64[np.ndarray, " image"], Int[np.ndarray, " image"]]:
    """Returns each image's largest correlation with a training image, and which image that is.

    What `generate.max_similarity` limits.

    Args:
      images: generated images.
      training: `compute_signatures` of the training images; compute them once.
    """
    found = find_candidates(images, training)
    best = found.correlation.argmax(axis=1)[:, None]
    return (
        np.take_along_axis(found.correlation, best, axis=1)[:, 0],
        np.take_along_axis(found.position, best, axis=1)[:, 0],
    )


def _find(images: Images, training: Signatures) -> Candidates:
    gray = to_gray(images)
    operators = create_operators(*gray.shape[1:])
    moved = [reduce_images(gray, operator) for operator in operators]
    position = _choose_candidates(moved[:NUM_TURNS], training)
    correlation = np.full(position.shape, -1.0)
    for cells in moved:
        windows = _list_windows(cells, WINDOW)
        for row, candidates in enumerate(position):
            # In float64: a copy has to come out as one to the last digits.
            best = (windows[row] @ training[candidates].T).max(axis=0)
            np.maximum(correlation[row], best, out=correlation[row])
    return Candidates(position, np.clip(correlation, -1.0, 1.0))


def _choose_candidates(
    moved: list[Float64[np.ndarray, "image 32 32"]], training: Signatures
) -> Int[np.ndarray, "image candidate"]:
    """Returns the positions of the training images that are the most alike at half of the resolution."""
    known = _halve(training.reshape(-1, WINDOW, WINDOW)).reshape(len(training), -1)
    known = _normalize(known).T.astype(np.float32)
    best = np.full((len(moved[0]), len(training)), -1.0, np.float32)
    for cells in moved:
        windows = _list_windows(_halve(cells), WINDOW // 2).astype(np.float32)
        products = windows.reshape(-1, len(known)) @ known
        np.maximum(best, products.reshape(len(cells), -1, len(training)).max(axis=1), out=best)
    count = min(CANDIDATES, len(training))
    return np.argpartition(-best, count - 1, axis=1)[:, :count]


def _list_windows(cells: Float64[np.ndarray, "image side side"], size: int) -> Float64[np.ndarray, "image place cells"]:
    """Returns the normalized cells of a window of `size` cells at each of its places, row by row."""
    windows = np.lib.stride_tricks.sliding_window_view(cells, (size, size), axis=(1, 2))
    return _normalize(windows.reshape(len(cells), -1, size * size))


def _halve(cells: Float64[np.ndarray, "image side side"]) -> Float64[np.ndarray, "image half half"]:
    half = cells.shape[1] // 2
    return cells.reshape(len(cells), half, 2, half, 2).mean(axis=(2, 4))


def _normalize(vectors: Float[np.ndarray, "*rows size"]) -> Float[np.ndarray, "*rows size"]:
    centered = vectors - vectors.mean(axis=-1, keepdims=True)
    lengths = np.linalg.norm(centered, axis=-1, keepdims=True)
    return np.divide(centered, lengths, out=np.zeros_like(centered), where=lengths > _FLAT)
