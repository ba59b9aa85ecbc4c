"""Structural similarity at several scales between images (Wang et al. 2003): how alike the images of a set are."""

import numpy as np
from jaxtyping import Float64, UInt8

from dcgan_jax.errors import UserError

_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
_WINDOW = 11
_SIGMA = 1.5
_RANGE = 255.0
_LUMINANCE_CONSTANT = (0.01 * _RANGE) ** 2
_CONTRAST_CONSTANT = (0.03 * _RANGE) ** 2
_PAIRS_AT_ONCE = 64

Images = UInt8[np.ndarray, "image height width"]


def compute_similarity(
    a: UInt8[np.ndarray, "*a_shape"], b: UInt8[np.ndarray, "*b_shape"]
) -> Float64[np.ndarray, " image"]:
    """Returns MS-SSIM of each 8-bit gray image of `a` with the one of `b` in the same place; 1 for equal images.

    Wang et al.'s five scales need 176 pixels a side. Smaller images use as many scales as the 11-pixel window fits (3
    at 64 pixels, 4 at 128), with the weights of these brought to a sum of 1; compare only values at one size.
    Negative contrast terms count as 0, as usual.

    Raises:
      UserError: different shapes, or images smaller than the window.
    """
    if a.shape != b.shape or a.ndim != 3:
        raise UserError(f"MS-SSIM compares gray images of one size, and these are {a.shape} and {b.shape}.")
    scales = count_scales(min(a.shape[1:]))
    weights = np.array(_WEIGHTS[:scales]) / sum(_WEIGHTS[:scales])
    x, y = a.astype(np.float64), b.astype(np.float64)
    similarity = np.ones(len(a))
    for scale, weight in enumerate(weights):
        luminance, contrast = _compare(x, y)
        term = (luminance * contrast if scale == scales - 1 else contrast).mean(axis=(1, 2))
        similarity *= np.maximum(term, 0.0) ** weight
        x, y = _halve(x), _halve(y)
    return similarity


def compute_mean_similarity(images: Images, pairs: int, rng: np.random.Generator) -> float:
    """Returns the mean MS-SSIM of so many random pairs of different images: the higher, the less diverse the set.

    Raises:
      UserError: fewer than two images, or images smaller than the window.
    """
    if len(images) < 2:
        raise UserError(f"MS-SSIM needs at least 2 images, and there is {len(images)}.")
    first = rng.integers(len(images), size=pairs)
    second = (first + rng.integers(1, len(images), size=pairs)) % len(images)
    parts = [slice(start, start + _PAIRS_AT_ONCE) for start in range(0, pairs, _PAIRS_AT_ONCE)]
    values = [compute_similarity(images[first[part]], images[second[part]]) for part in parts]
    return float(np.concatenate(values).mean())


def count_scales(size: int) -> int:
    """Returns how many scales fit images whose shorter side has `size` pixels; raises UserError if not even one."""
    scales = sum(size // 2**scale >= _WINDOW for scale in range(len(_WEIGHTS)))
    if not scales:
        raise UserError(f"MS-SSIM needs images of at least {_WINDOW} pixels a side, and these have {size}.")
    return scales


def _compare(
    x: Float64[np.ndarray, "image height width"], y: Float64[np.ndarray, "image height width"]
) -> tuple[Float64[np.ndarray, "image h w"], Float64[np.ndarray, "image h w"]]:
    """Returns the luminance term and the product of the contrast and structure terms, at every pixel."""
    mean_x, mean_y = _blur(x), _blur(y)
    variances = _blur(x * x + y * y) - mean_x**2 - mean_y**2
    covariance = _blur(x * y) - mean_x * mean_y
    luminance = (2 * mean_x * mean_y + _LUMINANCE_CONSTANT) / (mean_x**2 + mean_y**2 + _LUMINANCE_CONSTANT)
    return luminance, (2 * covariance + _CONTRAST_CONSTANT) / (variances + _CONTRAST_CONSTANT)


def _blur(x: Float64[np.ndarray, "image height width"]) -> Float64[np.ndarray, "image h w"]:
    """Returns the Gaussian mean of every window that lies inside the image."""
    return _band(x.shape[1]) @ x @ _band(x.shape[2]).T


def _band(size: int) -> Float64[np.ndarray, "positions size"]:
    offsets = np.arange(_WINDOW) - _WINDOW // 2
    window = np.exp(-(offsets**2) / (2 * _SIGMA**2))
    window /= window.sum()
    positions = size - _WINDOW + 1
    band = np.zeros((positions, size))
    for offset, weight in enumerate(window):
        band[np.arange(positions), np.arange(positions) + offset] = weight
    return band


def _halve(x: Float64[np.ndarray, "image height width"]) -> Float64[np.ndarray, "image h w"]:
    """Returns the means of 2x2 pixels, an odd last row or column left out."""
    height, width = x.shape[1] // 2, x.shape[2] // 2
    return x[:, : 2 * height, : 2 * width].reshape(-1, height, 2, width, 2).mean(axis=(2, 4))
