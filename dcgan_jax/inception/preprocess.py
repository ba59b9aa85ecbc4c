"""From the pixels of an image to what Inception-V3 looks at, by name: the choice moves every score.

- `pytorch_fid`: bilinear without antialiasing, from the image's own size (mseitzer/pytorch-fid).
- `pillow`: resized by Pillow and rounded to 8 bits first, then as above (the paper's evaluation).
- `clean`: resized by Pillow with antialiasing and without rounding, then clipped to [0, 255], beyond which bicubic
  shoots at edges (Parmar et al. 2022, clean-fid's resize.py); scaled by (x - 128) / 128, as in clean-fid's network.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image

from dcgan_jax.errors import FieldError
from dcgan_jax.inception.network import INPUT_SIZE, resize_bilinear

PreprocessName = Literal["pytorch_fid", "pillow", "clean"]
FilterName = Literal["bicubic", "nearest"]

Pixels = UInt8[np.ndarray, "height width channel"]
NetworkInput = Float32[np.ndarray, "299 299 channel"]

_FILTERS = {"bicubic": Image.Resampling.BICUBIC, "nearest": Image.Resampling.NEAREST}
_SIZE = (INPUT_SIZE, INPUT_SIZE)


@dataclass(frozen=True)
class Preprocess:
    """A named way to prepare images.

    Raises:
      UserError: a name that is not known, or a filter other than bicubic where the name fixes it.
    """

    name: str = "pytorch_fid"  # "pytorch_fid", "pillow" or "clean"
    resize_filter: str = "bicubic"  # of "pillow" only: "bicubic" (Pillow's default since 2.7) or "nearest" (before)

    def __post_init__(self) -> None:
        if self.name not in get_args(PreprocessName):
            known = ", ".join(get_args(PreprocessName))
            raise FieldError("preprocess", self.name, f"is not known: choose one of {known}.")
        if self.resize_filter not in get_args(FilterName):
            known = ", ".join(get_args(FilterName))
            raise FieldError("resize_filter", self.resize_filter, f"is not known: choose one of {known}.")
        if self.resize_filter != "bicubic" and self.name != "pillow":
            goes_with = f"goes with preprocess=pillow: {self.name} has a filter of its own."
            raise FieldError("resize_filter", self.resize_filter, goes_with)

    @property
    def filter_label(self) -> str:
        """What a score's record says about the resize."""
        return {
            "pytorch_fid": "bilinear, not antialiased",
            "pillow": f"Pillow {self.resize_filter}, 8 bits",
            "clean": "Pillow bicubic, float32, clipped",
        }[self.name]

    def __call__(self, pixels: Pixels) -> NetworkInput:
        """Returns one image (gray or RGB) as the network looks at it, in [-1, 1]."""
        prepare: dict[str, Callable[[Pixels], NetworkInput]] = {
            "pytorch_fid": _prepare_bilinear,
            "pillow": lambda pixels: _prepare_bilinear(_resize_rounded(pixels, _FILTERS[self.resize_filter])),
            "clean": _prepare_clean,
        }
        return prepare[self.name](pixels)


def _prepare_bilinear(pixels: Pixels) -> NetworkInput:
    scaled = pixels[None].astype(np.float32) / 255.0
    return (2.0 * resize_bilinear(scaled) - 1.0)[0]


def _resize_rounded(pixels: Pixels, resample: Image.Resampling) -> UInt8[np.ndarray, "299 299 channel"]:
    image = Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
    return np.asarray(image.resize(_SIZE, resample)).reshape(*_SIZE, -1)


def _prepare_clean(pixels: Pixels) -> NetworkInput:
    channels = [Image.fromarray(channel.astype(np.float32)) for channel in np.moveaxis(pixels, -1, 0)]
    resized = np.stack([np.asarray(channel.resize(_SIZE, Image.Resampling.BICUBIC)) for channel in channels], axis=-1)
    return (resized.clip(0.0, 255.0) - 128.0) / 128.0
