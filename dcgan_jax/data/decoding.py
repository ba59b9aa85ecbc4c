"""All images of a source -> pixels of the wanted size, on all cores, before anything is written as records.

The pixels wait in one plain file, because how many images are good, and the range that deep ones share, is known only
at the end.
"""

import hashlib
import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
from jaxtyping import UInt8

from dcgan_jax.data.images import BadImageError, DepthRange, measure_depth_range, read_gray
from dcgan_jax.data.resize import resize
from dcgan_jax.data.source import Source, SourceImage
from dcgan_jax.data.synthetic_marks import is_marked
from dcgan_jax.runtime.progress import track
from dcgan_jax.settings import DataSettings


class DecodedImage(NamedTuple):
    """One good image; `slot` says where its pixels are, `is_synthetic` whether its file says that of itself."""

    image: SourceImage
    slot: int
    sha256: str
    width: int
    height: int
    is_synthetic: bool


@dataclass(frozen=True)
class Decoded:
    """What became of the images of a source.

    Attributes:
      good: those that could be read, in the source's order.
      bad: one error for each of the others.
      depth_range: what deep files were brought to 8 bits by, when they share one.
    """

    good: list[DecodedImage]
    bad: list[BadImageError]
    depth_range: DepthRange | None


class PixelFile:
    """Pixels of images of one size, in numbered slots of a file."""

    def __init__(self, path: Path, size: int):
        self._size = size
        self._file = path.open("w+b", buffering=0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, slot: int, pixels: UInt8[np.ndarray, "size size"]) -> None:
        """Fills a slot; threads may do so at once. (A full disk is an OSError here, and a crash in a memory map.)"""
        content, written = pixels.tobytes(), 0
        while written < len(content):
            written += os.pwrite(self._file.fileno(), content[written:], slot * self._size**2 + written)

    def read(self, slot: int) -> UInt8[np.ndarray, "size size"]:
        """Returns what was written to a slot."""
        content = os.pread(self._file.fileno(), self._size**2, slot * self._size**2)
        return np.frombuffer(content, np.uint8).reshape(self._size, self._size)


def decode_all(source: Source, images: Sequence[SourceImage], data: DataSettings, pixels: PixelFile) -> Decoded:
    """Decodes and resizes images into the slots of `pixels`, slot by slot in the order of `images`.

    Files deeper than 8 bits that share one range wait for a second pass, when the range is known.
    """
    shares_range = data.intensity == "dataset"

    def decode(slot: int, depth_range: DepthRange | str) -> DecodedImage:
        image = images[slot]
        content = source.read_file(image)
        gray = read_gray(content, image.file, depth_range)
        pixels.write(slot, resize(gray, data.image_size, data.resize, data.aspect))
        height, width = gray.shape
        sha256 = hashlib.sha256(gray.tobytes()).hexdigest()
        return DecodedImage(image, slot, sha256, width, height, is_marked(content))

    def first_pass(slot: int) -> DecodedImage | DepthRange | BadImageError:
        try:
            if shares_range:
                deep = measure_depth_range(source.read_file(images[slot]), images[slot].file)
                return deep or decode(slot, "image")
            return decode(slot, data.intensity)
        except BadImageError as error:
            return error

    def second_pass(slot: int, depth_range: DepthRange) -> DecodedImage | BadImageError:
        try:
            return decode(slot, depth_range)
        except BadImageError as error:  # gone, or changed, since the first pass
            return error

    with ThreadPoolExecutor(os.cpu_count()) as threads:
        slots = range(len(images))
        outcomes = list(track(threads.map(first_pass, slots), len(images), "preparing", "images"))
        deep = [slot for slot in slots if isinstance(outcomes[slot], DepthRange)]
        shared = _join(outcome for outcome in outcomes if isinstance(outcome, DepthRange))
        if shared:
            decoded = threads.map(second_pass, deep, repeat(shared))
            for slot, outcome in zip(deep, track(decoded, len(deep), "bringing to 8 bits", "images"), strict=True):
                outcomes[slot] = outcome
    good = [outcome for outcome in outcomes if isinstance(outcome, DecodedImage)]
    bad = [outcome for outcome in outcomes if isinstance(outcome, BadImageError)]
    return Decoded(good, bad, shared)


def _join(ranges: Iterable[DepthRange]) -> DepthRange | None:
    listed = list(ranges)
    return DepthRange(min(r.low for r in listed), max(r.high for r in listed)) if listed else None
