"""Deep values -> 8 bits as MIMIC-CXR-JPG was made of its DICOM files: each image by its own range, then equalized."""

import numpy as np
from jaxtyping import Int, Shaped, UInt8

_ROWS_AT_ONCE = 256


def equalize(values: Shaped[np.ndarray, "height width"]) -> UInt8[np.ndarray, "height width"]:
    """Returns 8 bits, of finite values, of which all gray levels are about equally frequent.

    The least value is subtracted, the greatest that is left divided by, and what is no whole number cut off (Johnson et
    al., arXiv:1901.07042); then the histogram is equalized as OpenCV's equalizeHist does. A flat image is black.
    """
    low, high = float(values.min()), float(values.max())
    scaled = np.empty(values.shape, np.uint8)
    histogram = np.zeros(256, np.int64)
    for top in range(0, len(values), _ROWS_AT_ONCE):
        rows = values[top : top + _ROWS_AT_ONCE].astype(np.float64)
        scaled[top : top + _ROWS_AT_ONCE] = (rows - low) / ((high - low) or 1.0) * 255
        histogram += np.bincount(scaled[top : top + _ROWS_AT_ONCE].ravel(), minlength=256)
    return _list_levels(histogram)[scaled]


def _list_levels(histogram: Int[np.ndarray, "256"]) -> UInt8[np.ndarray, "256"]:
    """Returns what each gray level becomes: the share of the pixels up to it, without those of the darkest."""
    first = int(np.flatnonzero(histogram)[0])
    below = np.cumsum(histogram) - histogram[first]
    return np.rint(np.maximum(below, 0) * 255.0 / (below[-1] or 1)).astype(np.uint8)
