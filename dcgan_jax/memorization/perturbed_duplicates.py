"""Copies of training images, changed a little, that a search for copies should find: its sensitivity."""

from collections.abc import Callable

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageFilter

from dcgan_jax.memorization.warps import shift

Images = UInt8[np.ndarray, "image height width channel"]

_MOST_SHIFT = 1 / 25  # of the width and the height: 5 pixels of 128
_FAR_SHIFT = 1 / 8  # what cxr_best's augmentation moves an image by at most
_CROP = 0.1  # of the width and the height
_DEGREES = 3.0
_CONTRAST, _BRIGHTNESS = 0.75, 20.0
_BLUR = 1 / 128  # standard deviation, of the width: 1 pixel of 128
_NOISE = 8.0  # standard deviation, in gray levels

CHANGES = {
    "unchanged": "none",
    "shifted": "at random, by at most 1/25 of the width and of the height, borders repeated",
    "contrast": "0.75 of the contrast, 20 gray levels brighter",
    "blurred": "Gaussian, standard deviation 1/128 of the width",
    "noisy": "Gaussian noise, standard deviation 8 gray levels",
    "shifted_far": "by 1/8 of the width and of the height, black borders",
    "cropped": "to the middle 90% of the width and of the height, and enlarged to the whole",
    "rotated": "by 3 degrees to either side, black corners",
    "blended": "the mean with another training image",
}
"""What is done to the copies, by name."""


def create_duplicates(images: Images, rng: np.random.Generator) -> dict[str, Images]:
    """Returns changed copies of some training images for each of `CHANGES`; blended ones are means of two of these."""
    changes: dict[str, Callable[[], Images]] = {
        "unchanged": images.copy,
        "shifted": lambda: np.concatenate([_shift(image[None], rng) for image in images]),
        "contrast": lambda: _round(images * _CONTRAST + _BRIGHTNESS),
        "blurred": lambda: _apply(images, lambda image: image.filter(ImageFilter.GaussianBlur(image.width * _BLUR))),
        "noisy": lambda: _round(images + rng.normal(0.0, _NOISE, images.shape)),
        "shifted_far": lambda: np.stack([_shift_far(image, rng) for image in images]),
        "cropped": lambda: _apply(images, _crop),
        "rotated": lambda: _apply(images, lambda image: _rotate(image, rng)),
        "blended": lambda: _round((images.astype(np.float64) + np.roll(images, 1, axis=0)) / 2),
    }
    return {name: changes[name]() for name in CHANGES}


def _shift(image: UInt8[np.ndarray, "1 h w c"], rng: np.random.Generator) -> UInt8[np.ndarray, "1 h w c"]:
    most = max(round(image.shape[1] * _MOST_SHIFT), 1)
    sizes, signs = rng.integers(1, most + 1, size=2), rng.choice((-1, 1), size=2)
    down, right = sizes * signs / image.shape[1:3]
    return shift(image, down, right)


def _shift_far(image: UInt8[np.ndarray, "h w c"], rng: np.random.Generator) -> UInt8[np.ndarray, "h w c"]:
    height, width = image.shape[:2]
    padding = [(reach := round(height * _FAR_SHIFT), reach), (across := round(width * _FAR_SHIFT), across), (0, 0)]
    down, right = rng.choice((0, 2), size=2) * (reach, across)
    return np.pad(image, padding)[down : down + height, right : right + width]


def _crop(image: Image.Image) -> Image.Image:
    across, down = (side * _CROP / 2 for side in image.size)
    box = (across, down, image.width - across, image.height - down)
    return image.resize(image.size, Image.Resampling.BILINEAR, box=box)


def _rotate(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    return image.rotate(_DEGREES * rng.choice((-1, 1)), Image.Resampling.BILINEAR)


def _apply(images: Images, change: Callable[[Image.Image], Image.Image]) -> Images:
    """Returns the images after a change that Pillow makes, all channels of one in one go."""

    def apply(image: UInt8[np.ndarray, "h w c"]) -> UInt8[np.ndarray, "h w c"]:
        pixels = image[..., 0] if image.shape[-1] == 1 else image
        return np.asarray(change(Image.fromarray(pixels))).reshape(image.shape)

    return np.stack([apply(image) for image in images])


def _round(values: np.ndarray) -> Images:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
