"""Copies of training images, changed a little, that a check for memorisation should find: its sensitivity."""

from collections.abc import Callable

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageFilter

Images = UInt8[np.ndarray, "image height width channel"]

_SHIFT = 1 / 32  # of the width and the height: 4 pixels of 128
_CONTRAST, _BRIGHTNESS = 0.75, 20.0
_BLUR = 1 / 128  # standard deviation, of the width: 1 pixel of 128
_NOISE = 8.0  # standard deviation, in gray levels

CHANGES = {
    "unchanged": "none",
    "shifted": "by 1/32 of the width and of the height, borders repeated",
    "contrast": "0.75 of the contrast, 20 gray levels brighter",
    "blurred": "Gaussian, standard deviation 1/128 of the width",
    "noisy": "Gaussian noise, standard deviation 8 gray levels",
}
"""What is done to the copies, by name."""


def plant_copies(images: Images, rng: np.random.Generator) -> dict[str, Images]:
    """Returns changed copies of the images for each of `CHANGES`.

    Args:
      images: some training images.
      rng: draws the noise and the direction of the shifts.
    """
    signs = rng.choice((-1, 1), size=(len(images), 2))
    changes: dict[str, Callable[[], Images]] = {
        "unchanged": images.copy,
        "shifted": lambda: np.stack([_shift(image, *sign) for image, sign in zip(images, signs, strict=True)]),
        "contrast": lambda: _round(images * _CONTRAST + _BRIGHTNESS),
        "blurred": lambda: np.stack([_blur(image) for image in images]),
        "noisy": lambda: _round(images + rng.normal(0.0, _NOISE, images.shape)),
    }
    return {name: changes[name]() for name in CHANGES}


def _shift(image: UInt8[np.ndarray, "h w c"], down: int, right: int) -> UInt8[np.ndarray, "h w c"]:
    height, width = image.shape[:2]
    rows = np.clip(np.arange(height) - down * max(round(height * _SHIFT), 1), 0, height - 1)
    columns = np.clip(np.arange(width) - right * max(round(width * _SHIFT), 1), 0, width - 1)
    return image[rows[:, None], columns]


def _blur(image: UInt8[np.ndarray, "h w c"]) -> UInt8[np.ndarray, "h w c"]:
    blur = ImageFilter.GaussianBlur(image.shape[1] * _BLUR)
    channels = [Image.fromarray(np.ascontiguousarray(channel)).filter(blur) for channel in np.moveaxis(image, -1, 0)]
    return np.stack([np.asarray(channel) for channel in channels], axis=-1)


def _round(values: np.ndarray) -> Images:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
