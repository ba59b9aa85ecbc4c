"""Pixels of any size -> a square of the wanted size."""

from typing import Literal

import numpy as np
from jaxtyping import Float32, Shaped, UInt8
from PIL import Image

_FILTERS = {
    # Pillow's bicubic averages over all the pixels that fall into one, as a photograph reduced with care is.
    "antialias": Image.Resampling.BICUBIC,
    "nearest": Image.Resampling.NEAREST,
}


_ROWS_AT_ONCE = 256


def resize(
    pixels: Shaped[np.ndarray, "height width"],
    size: int,
    method: Literal["antialias", "nearest"],
    aspect: Literal["ignore", "pad"],
) -> UInt8[np.ndarray, "size size"] | Float32[np.ndarray, "size size"]:
    """Returns gray pixels as a square of `size` pixels a side: of uint8 as uint8, of any other type as float32.

    "antialias" is bicubic over the whole footprint of a pixel; "nearest" takes one source pixel each, as Keras loads
    images and so the paper. "ignore" stretches to the square; "pad" keeps the shape, centered, with black borders (NaN
    in floats, whose black is not known yet).
    """
    width, height = size, size
    if aspect == "pad":
        longest = max(pixels.shape)
        height, width = (max(1, round(side * size / longest)) for side in pixels.shape)
    is_deep = pixels.dtype != np.uint8
    image = _narrow(pixels, width, _FILTERS[method]) if is_deep else Image.fromarray(pixels)
    resized = image.resize((width, height), _FILTERS[method])
    if aspect == "ignore":
        return np.array(resized)
    square = Image.new(image.mode, (size, size), float("nan") if is_deep else 0)
    square.paste(resized, ((size - width) // 2, (size - height) // 2))
    return np.array(square)


def _narrow(pixels: Shaped[np.ndarray, "height width"], width: int, method: Image.Resampling) -> Image.Image:
    """Returns an image of floats of that width and the old height.

    Rows and columns are resized one after the other, so it can be done a few rows at a time, without floats of all.
    """
    narrow = np.empty((len(pixels), width), np.float32)
    for top in range(0, len(pixels), _ROWS_AT_ONCE):
        rows = Image.fromarray(pixels[top : top + _ROWS_AT_ONCE].astype(np.float32))
        narrow[top : top + _ROWS_AT_ONCE] = np.asarray(rows.resize((width, rows.height), method))
    return Image.fromarray(narrow)
