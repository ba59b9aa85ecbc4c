"""Images as the page carries them: small PNGs within it, so that it opens anywhere and asks for nothing."""

import base64
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from dcgan_jax.runs.figures import GAP, GRID_SIDE, to_pillow

SIDES = (128, 96, 64, 48, 32)
"""Pixels a side at which an image may be carried, the largest first; each that follows saves about half."""

MOST_OF_GRID, MOST_OF_STRIP = 900_000, 700_000
MOST_OF_COMPARISON, MOST_OF_CLOSEST, MOST_OF_FOOLED = 450_000, 450_000, 200_000
"""Characters at most that each part of the page may take up: together, with the rest, less than 3 MB."""

STRIP_STEPS, STRIP_LATENTS = 8, 8

_GRID_NAME = re.compile(r"step_(\d+)\.png")
_MOST_PIXELS = 64_000_000

Tile = UInt8[np.ndarray, "height width channels"]


class Tiles(NamedTuple):
    """Images of one size: sources of elements, row by row; pixels a side at which they are carried, of how many."""

    sources: tuple[str, ...]
    side: int
    of: int


class Moment(NamedTuple):
    """The fixed latents after some steps."""

    step: int
    sources: tuple[str, ...]


class Pictures(NamedTuple):
    """The images of a page.

    Attributes:
      grid: of the newest state.
      step: of that state.
      moments: the same latents as training goes on.
      comparison: real beside generated images; only where real ones may be shown.
      closest: by class, generated images above the nearest training images; likewise.
      fooled: images that misled readers; likewise.
    """

    grid: Tiles | None = None
    step: int = 0
    moments: tuple[Moment, ...] = ()
    comparison: str = ""
    closest: tuple[tuple[str, str], ...] = ()
    fooled: str = ""


def read_pictures(folder: Path, image_size: int, num_classes: int) -> Pictures:
    """Reads the grids that training left in samples/; the last of them whole, of the others the first latents.

    Args:
      folder: samples/ of the workdir; it may not be there.
      image_size: pixels a side of each image in a grid.
      num_classes: whose rows follow each other in a grid.
    """
    files = {int(match[1]): path for path in folder.glob("*.png") if (match := _GRID_NAME.fullmatch(path.name))}
    grids = {step: tiles for step, path in sorted(files.items()) if (tiles := _read_grid(path, image_size))}
    if not grids:
        return Pictures()
    last = max(grids)
    grid = encode_tiles(grids[last], MOST_OF_GRID)
    steps = sorted(grids)
    places = np.linspace(0, len(grids) - 1, min(STRIP_STEPS, len(grids))).round().astype(int)
    chosen = [steps[place] for place in places]
    shown = [tile for step in chosen for tile in _choose_latents(grids[step], num_classes)]
    per_step = len(shown) // len(chosen)
    strip = encode_tiles(shown, MOST_OF_STRIP).sources
    moments = (Moment(step, strip[at * per_step : (at + 1) * per_step]) for at, step in enumerate(chosen))
    return Pictures(grid, last, tuple(moments) if len(chosen) > 1 else ())


def read_figure(path: Path, most: int) -> str:
    """Returns the source of a figure's element, made smaller until it fits into so many characters; nothing if it
    can't be read.
    """
    pixels = _read_pixels(path)
    if pixels is None:
        return ""
    image = to_pillow(pixels)
    while len(source := _encode(image)) > most and max(image.size) > 1:
        _shrink(image, max(image.size) * 4 // 5)
    return source


def encode_tiles(tiles: Sequence[Tile], most: int) -> Tiles:
    """Returns images of one size as sources of elements, as large as fit into so many characters together."""
    of = max(tiles[0].shape[:2])
    for side in SIDES:
        images = [to_pillow(tile) for tile in tiles]
        for image in images:
            _shrink(image, side)
        sources = tuple(map(_encode, images))
        if sum(map(len, sources)) <= most:
            break
    return Tiles(sources, min(side, of), of)


def _read_grid(path: Path, size: int) -> list[Tile]:
    """Returns the images of a grid; none where it is no such grid, or is being written."""
    pixels = _read_pixels(path)
    pitch = size + GAP
    if pixels is None or pixels.shape[1] != GRID_SIDE * pitch - GAP or (pixels.shape[0] + GAP) % pitch:
        return []
    tops, lefts = (range(0, length, pitch) for length in pixels.shape[:2])
    return [pixels[top : top + size, left : left + size] for top in tops for left in lefts]


def _read_pixels(path: Path) -> Tile | None:
    try:
        with Image.open(path) as image:
            if image.format != "PNG" or image.width * image.height > _MOST_PIXELS:
                return None
            mode = "L" if image.mode in ("L", "1", "I;16") else "RGB"
            pixels = np.asarray(image.convert(mode))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    return pixels[..., None] if pixels.ndim == 2 else pixels


def _choose_latents(tiles: Sequence[Tile], num_classes: int) -> list[Tile]:
    """Returns the first images of each class, the same number of each, as many in all as a strip has room for."""
    count = max(1, num_classes)
    starts = range(0, len(tiles), max(1, len(tiles) // count))[: min(count, STRIP_LATENTS)]
    return [tile for start in starts for tile in tiles[start : start + STRIP_LATENTS // len(starts)]]


def _shrink(image: Image.Image, side: int) -> None:
    """Makes an image fit into a square, where it is larger."""
    image.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=None)


def _encode(image: Image.Image) -> str:
    content = io.BytesIO()
    image.save(content, format="PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(content.getvalue()).decode()}"
