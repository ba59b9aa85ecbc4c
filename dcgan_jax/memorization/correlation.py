"""How alike two X-rays are in their pixels: the correlation of reduced images, where one lies best on the other.

It needs no Inception weights. Brightness, contrast and fine noise hardly change it, and what augmentation may
have moved is moved back: shifts by up to an eighth, 10% of scale, 3 degrees. Mirrored copies are not looked for, since
training mirrors nothing.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float32, Float64, Int, UInt8

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
_NEARLY_FLAT = 1e-3  # gray levels: a length in which rounding would count

Images = UInt8[np.ndarray, "image height width channel"]
Signatures = Float64[np.ndarray, "n 576"]


class Candidates(NamedTuple):
    """For each image, the training images that resemble it most."""

    position: Int[np.ndarray, "image candidate"]  # which ones, in no order; the first `CANDIDATES`, or all
    correlation: Float64[np.ndarray, "image candidate"]  # with each, -1 to 1


def to_gray(images: Images) -> UInt8[np.ndarray, "image height width"]:
    """Returns one channel: the only one, or the luma of three."""
    if images.shape[-1] == 1:
        return images[..., 0]
    return np.rint(images @ _LUMA).astype(np.uint8)


def compute_signatures(images: Images) -> Signatures:
    """Returns unit vectors of the middle of the reduced gray images, their mean subtracted.

    The scalar product of two is the correlation of the two middles. Flat images give zeros: a correlation of 0 with
    everything. Each side is a multiple of 32 pixels.
    """
    edge = (CELLS - WINDOW) // 2
    middles = reduce_images(to_gray(images))[:, edge:-edge, edge:-edge]
    return _normalize(middles.reshape(len(images), -1))


def find_candidates(images: Images, training: Signatures) -> Candidates:
    """Returns the training images, by their signatures, that resemble each image most where it lies best on them."""
    halved = _normalize(_halve(training.reshape(-1, WINDOW, WINDOW)).reshape(len(training), -1)).astype(np.float32)
    found: list[Candidates] = []
    for start in range(0, len(images), _BLOCK):
        gray = to_gray(images[start : start + _BLOCK])
        moved = [reduce_images(gray, operator) for operator in create_operators(*gray.shape[1:])]
        found += [_find(of_image, training, halved) for of_image in np.stack(moved, axis=1)]
    return Candidates(*(np.stack(part) for part in zip(*found, strict=True)))


def compute_similarities(
    images: Images, training: Signatures
) -> tuple[Float64[np.ndarray, " image"], Int[np.ndarray, " image"]]:
    """Returns each image's largest correlation with a training image, given by its signature, and which image that is.

    What `generate.max_similarity` limits.
    """
    found = find_candidates(images, training)
    best = found.correlation.argmax(axis=1)[:, None]
    return (
        np.take_along_axis(found.correlation, best, axis=1)[:, 0],
        np.take_along_axis(found.position, best, axis=1)[:, 0],
    )


def _find(
    moved: Float64[np.ndarray, "change 32 32"], training: Signatures, halved: Float32[np.ndarray, "n 144"]
) -> Candidates:
    """Returns the candidates of one image.

    Single precision chooses the candidates, and the place of each; double precision measures them there, since a copy
    has to come out as one to the last digits.
    """
    alike = _correlate(_halve(moved[:NUM_TURNS]), halved).max(axis=0)
    count = min(CANDIDATES, len(training))
    position = np.argpartition(-alike, count - 1)[:count]
    known = training[position]
    best = _correlate(moved, known.astype(np.float32)).argmax(axis=0)
    windows = _list_windows(moved, WINDOW)
    lying_best = windows[np.unravel_index(best, windows.shape[:3])].reshape(count, -1)
    correlation = (_normalize(lying_best) * known).sum(axis=1)
    return Candidates(position, np.clip(correlation, -1.0, 1.0))


def _correlate(
    cells: Float64[np.ndarray, "change side side"], known: Float32[np.ndarray, "n cells"]
) -> Float32[np.ndarray, "place n"]:
    """Returns the correlation of the cells in a window at each of its places with each signature of that size."""
    size = int(np.sqrt(known.shape[1]))
    # Small numbers keep single precision; that a window's own mean is not subtracted makes no difference to a product
    # with a signature, whose mean is 0.
    centered = cells - cells.mean(axis=(1, 2), keepdims=True)
    windows = _list_windows(centered.astype(np.float32), size).reshape(-1, size * size)
    products = windows @ known.T
    sums, squares = _sum_windows(centered, size), _sum_windows(centered * centered, size)
    lengths = np.sqrt(np.maximum(squares - sums * sums / (size * size), 0.0)).astype(np.float32).reshape(-1, 1)
    return np.divide(products, lengths, out=np.zeros_like(products), where=lengths > _NEARLY_FLAT)


def _list_windows(
    cells: Float[np.ndarray, "change side side"], size: int
) -> Float[np.ndarray, "change down right size size"]:
    """Returns a view of a window of `size` cells a side at each of its places."""
    return np.lib.stride_tricks.sliding_window_view(cells, (size, size), axis=(1, 2))


def _sum_windows(cells: Float64[np.ndarray, "change side side"], size: int) -> Float64[np.ndarray, "change down right"]:
    """Returns the sum over the window at each of its places."""
    offset = np.arange(cells.shape[-1]) - np.arange(cells.shape[-1] - size + 1)[:, None]
    inside = ((offset >= 0) & (offset < size)).astype(np.float64)
    return inside @ cells @ inside.T


def _halve(cells: Float64[np.ndarray, "image side side"]) -> Float64[np.ndarray, "image half half"]:
    half = cells.shape[1] // 2
    return cells.reshape(len(cells), half, 2, half, 2).mean(axis=(2, 4))


def _normalize(vectors: Float[np.ndarray, "*rows size"]) -> Float[np.ndarray, "*rows size"]:
    centered = vectors - vectors.mean(axis=-1, keepdims=True)
    lengths = np.linalg.norm(centered, axis=-1, keepdims=True)
    return np.divide(centered, lengths, out=np.zeros_like(centered), where=lengths > _FLAT)
