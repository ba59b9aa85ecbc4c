"""How alike two X-rays are in their pixels: the correlation of reduced images, at the best of some small shifts.

It needs no Inception weights. Brightness, contrast, fine noise and small shifts hardly change it, which is what a copy
would hide behind.
"""

from collections.abc import Iterator
from itertools import product

import numpy as np
from jaxtyping import Float64, Int, UInt8

SIGNATURE_SIZE = 32
"""Pixels a side to which images are reduced."""

SHIFTS = (0.0, -1 / 64, 1 / 64, -1 / 32, 1 / 32)
"""Shifts that are tried down and to the right, in heights and widths of the image."""

_LUMA = np.array([0.299, 0.587, 0.114])  # of ITU-R BT.601, as Pillow's "L"
_BLOCK = 64
_FLAT = 1e-9

Images = UInt8[np.ndarray, "image height width channel"]
Signatures = Float64[np.ndarray, "image 1024"]


def to_gray(images: Images) -> UInt8[np.ndarray, "image height width"]:
    """Returns one channel: the only one, or the luma of three."""
    if images.shape[-1] == 1:
        return images[..., 0]
    return np.rint(images @ _LUMA).astype(np.uint8)


def compute_signatures(images: Images) -> Signatures:
    """Returns unit vectors of the gray images in 32x32 means, their mean subtracted.

    The scalar product of two is the correlation of the reduced images. Flat images give zeros: a correlation of 0 with
    everything.

    Args:
      images: 8-bit images, each side a multiple of 32 pixels.
    """
    return _reduce(to_gray(images))


def correlation_blocks(
    images: Images, training: Signatures
) -> Iterator[tuple[slice, Float64[np.ndarray, "rows training"]]]:
    """Yields the largest correlation over `SHIFTS` of some images at a time with every training image, -1 to 1.

    Args:
      images: the ones that are shifted, with borders repeated.
      training: `compute_signatures` of the training images.
    """
    for start in range(0, len(images), _BLOCK):
        rows = slice(start, min(start + _BLOCK, len(images)))
        gray = to_gray(images[rows])
        shifted = np.concatenate([_reduce(shift(gray, down, right)) for down, right in product(SHIFTS, SHIFTS)])
        correlations = (shifted @ training.T).reshape(-1, len(gray), len(training))
        yield rows, np.clip(correlations.max(axis=0), -1.0, 1.0)


def compute_similarities(
    images: Images, training: Signatures
) -> tuple[Float64[np.ndarray, " image"], Int[np.ndarray, " image"]]:
    """Returns each image's largest correlation with a training image, and which image that is.

    What `generate.max_similarity` limits.

    Args:
      images: generated images.
      training: `compute_signatures` of the training images; compute them once.
    """
    blocks = [(best.max(axis=1), best.argmax(axis=1)) for _, best in correlation_blocks(images, training)]
    similarities, positions = (np.concatenate(part) for part in zip(*blocks, strict=True))
    return similarities, positions


def shift(images: UInt8[np.ndarray, "image h w *c"], down: float, right: float) -> UInt8[np.ndarray, "image h w *c"]:
    """Returns images moved down and to the right by shares of their height and width, borders repeated."""
    height, width = images.shape[1:3]
    rows = np.clip(np.arange(height) - round(down * height), 0, height - 1)
    columns = np.clip(np.arange(width) - round(right * width), 0, width - 1)
    return images[:, rows[:, None], columns]


def _reduce(gray: UInt8[np.ndarray, "image height width"]) -> Signatures:
    count, height, width = gray.shape
    cell = (height // SIGNATURE_SIZE, width // SIGNATURE_SIZE)
    means = gray.reshape(count, SIGNATURE_SIZE, cell[0], SIGNATURE_SIZE, cell[1]).mean(axis=(2, 4)).reshape(count, -1)
    centred = means - means.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    return np.divide(centred, lengths, out=np.zeros_like(centred), where=lengths > _FLAT)
