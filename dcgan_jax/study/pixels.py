"""One treatment for real and generated images alike, so that nothing but the picture tells them apart.

Readers look at pixels, and so might a program of theirs: every image that is served has the same size in bytes, uses
every gray level from 0 to 255, and has the same black frame, where the padding of convolutions or the edges of scans
would show.
"""

import numpy as np
from jaxtyping import UInt8

LEVELS = 256
BLANK_SD = 4.0
"""Standard deviation in gray levels below which an image counts as blank: a generator that failed."""

Image = UInt8[np.ndarray, "size size"]


def frame_width(size: int) -> int:
    """Returns the pixels at each edge that are black."""
    return max(1, size // 64)


def is_blank(image: Image) -> bool:
    """Returns whether there is next to nothing in an image."""
    return float(image.std()) < BLANK_SD


def normalize(image: Image, rng: np.random.Generator) -> Image:
    """Returns an image as readers see it.

    Its least and greatest values become 0 and 255; noise of at most one level either way, which no eye sees, fills the
    levels that stretching or another bit depth left empty; the frame is black. A blank image is not stretched: what it
    shows is that nothing came out.
    """
    frame = frame_width(len(image))
    inner = image[frame:-frame, frame:-frame].astype(np.float64)
    if not is_blank(image):
        low, high = inner.min(), inner.max()
        inner = (inner - low) * ((LEVELS - 1) / max(high - low, 1.0))
    levels = np.clip(np.rint(inner + rng.uniform(-1, 1, inner.shape)), 0, LEVELS - 1).astype(np.uint8)
    if not is_blank(image):
        levels = _use_all_levels(levels, rng)
    framed = np.zeros_like(image)
    framed[frame:-frame, frame:-frame] = levels
    return framed


def _use_all_levels(image: UInt8[np.ndarray, "height width"], rng: np.random.Generator) -> Image:
    """Returns the image with one pixel moved to each level that none has, from the nearest level that can spare one."""
    flat = image.ravel().copy()
    counts = np.bincount(flat, minlength=LEVELS)
    for level in np.flatnonzero(counts == 0):
        spare = np.flatnonzero(counts > 1)
        nearest = spare[np.abs(spare - level).argmin()]
        flat[rng.choice(np.flatnonzero(flat == nearest))] = level
        counts[nearest] -= 1
        counts[level] += 1
    return flat.reshape(image.shape)
