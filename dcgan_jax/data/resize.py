"""Pixels of any size -> a square of the wanted size."""

from typing import Literal

import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image

_FILTERS = {
    # Pillow's bicubic averages over all the pixels that fall into one, as a photograph reduced with care is.
    "antialias": Image.Resampling.BICUBIC,
    "nearest": Image.Resampling.NEAREST,
}


def resize(
    pixels: UInt8[np.ndarray, "height width"] | Float32[np.ndarray, "height width"],
    size: int,
    method: Literal["antialias", "nearest"],
    aspect: Literal["ignore", "pad"],
) -> UInt8[np.ndarray, "size size"] | Float32[np.ndarray, "size size"]:
    """Returns the image as a square.

    Args:
      pixels: gray, 0 to 255; or floats of any range.
      size: pixels a side of the result.
      method: "antialias" (bicubic over the whole footprint of a pixel) or "nearest" (one source pixel each, as Keras
        loads images and so the paper).
      aspect: "ignore" stretches to the square; "pad" keeps the shape, centered, with black borders (NaN for floats,
        whose black is not known yet).
    """
    image = Image.fromarray(pixels)
    if aspect == "ignore":
        return np.array(image.resize((size, size), _FILTERS[method]))
    longest = max(image.size)
    width, height = (max(1, round(side * size / longest)) for side in image.size)
    square = Image.new(image.mode, (size, size), float("nan") if image.mode == "F" else 0)
    square.paste(image.resize((width, height), _FILTERS[method]), ((size - width) // 2, (size - height) // 2))
    return np.array(square)
