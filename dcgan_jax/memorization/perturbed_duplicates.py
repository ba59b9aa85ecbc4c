"""Copies of training images, changed a little, that a check for memorisation should find: its sensitivity."""

from collections.abc import Callable

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageFilter

from dcgan_jax.memorization.correlation import shift

Images = UInt8[np.ndarray, "image height width channel"]

_MOST_SHIFT = 1 / 25  # of the width and the height: 5 pixels of 128
_CONTRAST, _BRIGHTNESS = 0.75, 20.0
_BLUR = 1 / 128  # standard deviation, of the width: 1 pixel of 128
_NOISE = 8.0  # standard deviation, in gray levels

CHANGES = {
    "unchanged": "none",
    "shifted": "at random, by at most 1/25 of the width and of the height, borders repeated",
    "contrast": "0.75 of the contrast, 20 gray levels brighter",
    "blurred": "Gaussian, standard deviation 1/128 of the width",
    "noisy": "Gaussian noise, standard deviation 8 gray levels",
}
"""What is done to the copies, by name."""


def plant_copies(images: Images, rng: np.random.Generator) -> dict[str, Images]:
    """Returns changed copies of the images for each of `CHANGES`.

    Args:
      images: some training images.
      rng: draws the noise and the shifts.
    """
    changes: dict[str, Callable[[], Images]] = {
        "unchanged": images.copy,
        "shifted": lambda: np.concatenate([_shift(image[None], rng) for image in images]),
        "contrast": lambda: _round(images * _CONTRAST + _BRIGHTNESS),
        "blurred": lambda: np.stack([_blur(image) for image in images]),
        "noisy": lambda: _round(images + rng.normal(0.0, _NOISE, images.shape)),
    }
    return {name: changes[name]() for name in CHANGES}


def _shift(image: UInt8[np.ndarray, "1 h w c"], rng: np.random.Generator) -> UInt8[np.ndarray, "1 h w c"]:
    most = max(round(image.shape[1] * _MOST_SHIFT), 1)
    sizes, signs = rng.integers(1, most + 1, size=2), rng.choice((-1, 1), size=2)
    down, right = sizes * signs / image.shape[1:3]
    return shift(image, down, right)


def _blur(image: UInt8[np.ndarray, "h w c"]) -> UInt8[np.ndarray, "h w c"]:
    blur = ImageFilter.GaussianBlur(image.shape[1] * _BLUR)
    channels = [Image.fromarray(np.ascontiguousarray(channel)).filter(blur) for channel in np.moveaxis(image, -1, 0)]
    return np.stack([np.asarray(channel) for channel in channels], axis=-1)


def _round(values: np.ndarray) -> Images:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
