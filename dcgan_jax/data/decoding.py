"""All images of a source -> pixels of the wanted size, on all cores, each file read and decoded once.

The pixels wait in one plain file, because how many images are good is known only at the end. Those of files deeper than
8 bits wait as floats in another, until the ranges are known that they share.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from dcgan_jax.data.appearance import describe_flaw, is_mask
from dcgan_jax.data.class_tells import UNKNOWN_KIND, FileKind, describe_inks, read_kind
from dcgan_jax.data.images import find_shown, open_stored
from dcgan_jax.data.intensity import (
    Depth,
    DepthGroup,
    choose_range,
    count_levels,
    group_depths,
    measure_depth,
    to_8_bits,
)
from dcgan_jax.data.memory_budget import MemoryBudget
from dcgan_jax.data.pixel_file import PixelFile
from dcgan_jax.data.reading.dicom.steps import DicomSteps
from dcgan_jax.data.reading.stored_image import DISPLAY, BadImageError, StoredImage
from dcgan_jax.data.report import LeftOut
from dcgan_jax.data.resize import resize
from dcgan_jax.data.sources.source import Source, SourceImage
from dcgan_jax.data.synthetic_marks import is_marked
from dcgan_jax.runtime.progress import track
from dcgan_jax.settings import DataSettings

_MEMORY = 2**29  # bytes that decoding threads hold together, but for one image that is larger
Shown = Literal["as stored", "by its own window or table", "by a range", "equalized"]
"""How values come to 8 bits: they have 8, or by what became black and white."""

IS_MASK = "it has two gray levels only, as masks have"
"""Why a mask is left out."""


@dataclass(frozen=True)
class DecodedImage:
    """One good image."""

    image: SourceImage
    slot: int  # where its pixels are
    sha256: str  # of its values before resizing
    width: int  # of the file, in pixels
    height: int  # of the file, in pixels
    is_synthetic: bool  # its file says so of itself
    flaw: str | None = None  # why it is hardly an X-ray; None of others
    depth: Depth | None = None  # of its values, where they are deeper than 8 bits
    kind: FileKind = UNKNOWN_KIND  # how its file stores them
    shown: Shown = "as stored"  # how its values came to 8 bits
    steps: DicomSteps | None = None  # what was done to the values of a DICOM file; None of others


@dataclass(frozen=True)
class Decoded:
    """What became of the images of a source."""

    good: list[DecodedImage]  # those that could be read, in the source's order
    bad: list[LeftOut]  # the others
    depth_groups: list[DepthGroup]  # deep files that shared a range


def decode_all(source: Source, images: Sequence[SourceImage], data: DataSettings, pixels: PixelFile) -> Decoded:
    """Decodes and resizes images into the slots of `pixels`, slot by slot in the order of `images`."""
    with ExitStack() as stack:
        deep = stack.enter_context(PixelFile(Path(pixels.path).with_name("deep"), data.image_size, np.float32))
        threads = stack.enter_context(ThreadPoolExecutor(os.cpu_count()))
        decoder = _Decoder(source, data, pixels, deep)
        decoded = threads.map(decoder.decode, images, range(len(images)))
        outcomes = list(track(decoded, len(images), "preparing", "images"))
        depths = [outcome.depth for outcome in outcomes if isinstance(outcome, DecodedImage) and outcome.depth]
        groups = group_depths(depths) if data.intensity == "dataset" else []
        outcomes = list(threads.map(lambda outcome: decoder.bring_to_8_bits(outcome, groups), outcomes))
    good = [outcome for outcome in outcomes if isinstance(outcome, DecodedImage)]
    bad = [outcome for outcome in outcomes if isinstance(outcome, LeftOut)]
    return Decoded(good, bad, groups)


class _Decoder:
    """Decodes single images; all threads share it."""

    def __init__(self, source: Source, data: DataSettings, pixels: PixelFile, deep: PixelFile):
        self._source, self._data, self._pixels, self._deep = source, data, pixels, deep
        self._budget = MemoryBudget(_MEMORY)

    def decode(self, image: SourceImage, slot: int) -> DecodedImage | LeftOut:
        try:
            with self._budget.holding(self._source.num_bytes(image)):
                content = self._source.read_file(image)
                opened = open_stored(content, image.file, admit=self._data.admit)
                is_synthetic, kind = is_marked(content), read_kind(content)
                del content  # it is held as long as it is needed, and the values no longer than in this call
                with self._budget.working(opened.num_bytes):
                    kept = self._keep(opened.load(), image, slot, is_synthetic)
                return replace(kept, kind=kind, flaw=kept.flaw or describe_inks(kind))
        except BadImageError as error:
            return LeftOut.of(error)

    def _keep(self, stored: StoredImage, image: SourceImage, slot: int, is_synthetic: bool) -> DecodedImage:
        height, width = stored.values.shape
        decoded = DecodedImage(image, slot, stored.sha256(), width, height, is_synthetic, steps=stored.steps)
        square = self._data.image_size, self._data.resize, self._data.aspect
        is_deep, stored = stored.is_deep, find_shown(stored, self._data.intensity)
        decoded = replace(decoded, shown=_name_way(is_deep, stored))
        if stored.is_deep:
            depth = measure_depth(stored)
            if depth.num_values == 2:
                raise BadImageError(image.file, IS_MASK)
            self._deep.write(slot, resize(stored.values, *square))
            return replace(decoded, depth=depth, flaw=describe_flaw(depth.num_values, stored.is_hidden))
        histogram = np.array(Image.fromarray(stored.values).histogram())
        if is_mask(histogram):
            raise BadImageError(image.file, IS_MASK)
        self._pixels.write(slot, resize(stored.values, *square))
        return replace(decoded, flaw=describe_flaw(int(np.count_nonzero(histogram)), stored.is_hidden))

    def bring_to_8_bits(self, outcome: DecodedImage | LeftOut, groups: Sequence[DepthGroup]) -> DecodedImage | LeftOut:
        if isinstance(outcome, LeftOut) or outcome.depth is None:
            return outcome
        depth = outcome.depth
        try:
            shared = choose_range(depth, outcome.image.file, self._data.intensity, groups)
        except BadImageError as error:
            return LeftOut.of(error)
        values = self._deep.read(outcome.slot)
        self._pixels.write(outcome.slot, to_8_bits(np.where(np.isnan(values), shared.low, values), shared))
        return replace(outcome, flaw=outcome.flaw or describe_flaw(count_levels(depth, shared), is_hidden=False))


def _name_way(was_deep: bool, shown: StoredImage) -> Shown:
    if not shown.is_deep:
        return "equalized" if was_deep else "as stored"
    return "by its own window or table" if shown.sample == DISPLAY else "by a range"
