"""What the gray levels of an image say of it: that it is a mask and no X-ray, or hardly an X-ray."""

import numpy as np
from jaxtyping import Int

_FEW_LEVELS = 26  # fewer are fewer than a tenth of 256
_NEAR_THE_ENDS = 16  # gray levels; a mask that was saved as JPEG has such about its edges
_MASK_SHARE = 0.995
_LEAST_SHARE = 0.001  # of either end, so that a black picture with a lead marker is none


def is_mask(histogram: Int[np.ndarray, "256"]) -> bool:
    """Returns whether an image, given by how many pixels have each gray level, is a mask.

    It has two values only, or all but two as black and white as JPEG leaves them.
    """
    if np.count_nonzero(histogram) == 2:
        return True
    dark, bright = histogram[: _NEAR_THE_ENDS + 1].sum(), histogram[255 - _NEAR_THE_ENDS :].sum()
    total = histogram.sum()
    return bool(dark + bright >= _MASK_SHARE * total and min(dark, bright) >= _LEAST_SHARE * total)


def describe_flaw(num_levels: int, is_hidden: bool) -> str | None:
    """Returns why an image that can be used is hardly one, None of others: by how many of the 256 gray levels it uses,
    and whether transparency hides all of it.
    """
    if is_hidden:
        return "black, because all of it is transparent"
    if num_levels <= 1:
        return "blank"
    return "limited to fewer than a tenth of the gray levels" if num_levels < _FEW_LEVELS else None
