"""The orientation that a camera or a scanner recorded, as EXIF and TIFF number it."""

import numpy as np
from jaxtyping import Shaped

TAG = 274


def set_upright(values: Shaped[np.ndarray, "rows columns *color"], orientation: object) -> np.ndarray:
    """Returns stored pixels as they should be shown, by an orientation of 2 to 8; any other leaves them."""
    if orientation in (5, 6, 7, 8):
        values = values.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        values = values[::-1]
    if orientation in (2, 3, 6, 7):
        values = values[:, ::-1]
    return values
