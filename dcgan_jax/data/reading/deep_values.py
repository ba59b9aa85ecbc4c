"""Values deeper than 8 bits, of any number of samples a pixel -> gray or color without transparency."""

import numpy as np
from jaxtyping import Shaped

from dcgan_jax.data.reading.stored_image import BadImageError, SampleType, StoredImage

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R 601, as Pillow weighs 8 bits


def store_deep(
    values: Shaped[np.ndarray, "height width *samples"],
    sample: SampleType,
    file: str,
    color: bool,
    premultiplied: bool = False,
) -> StoredImage:
    """Returns the image of decoded values, of what type they are is `sample`.

    Values have one sample a pixel, two (gray and opacity), three (colors) or four (colors and opacity). Gray stored as
    color becomes gray whether color is kept or not, exactly. Premultiplied colors are what they are over black already,
    so opacity is left out.

    Raises:
      BadImageError: a value is no finite number.
    """
    if sample.kind == "float" and not np.isfinite(values).all():
        raise BadImageError(file, "some of its pixels are infinite or not a number")
    if values.ndim == 2:
        return StoredImage(values, sample)
    channels, opacity = values, None
    if values.shape[-1] in (2, 4):
        channels, opacity = values[..., :-1], values[..., -1]
    gray = channels[..., 0]
    if channels.shape[-1] == 3 and not all(np.array_equal(gray, channels[..., index]) for index in (1, 2)):
        gray = channels if color else channels.astype(np.float32) @ _LUMA
    if opacity is None or premultiplied:
        return StoredImage(gray, sample)
    opaque = sample.limits[1]
    if (opacity == opaque).all():
        return StoredImage(gray, sample)
    share = opacity.astype(np.float32) / np.float32(opaque)
    shown = gray * (share if gray.ndim == 2 else share[..., None])
    return StoredImage(shown, sample, is_hidden=not opacity.any())
