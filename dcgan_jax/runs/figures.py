"""Figures of images: grids, real beside generated ones, the closest pairs."""

import io
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from matplotlib.figure import Figure
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from dcgan_jax.storage import atomic_file

Images = UInt8[np.ndarray, "_ height width channels"]
Grid = UInt8[np.ndarray, "grid_height grid_width channels"]

HOLDS_REAL = "with_real_images"
"""In the name of every figure that shows real images: they may be private, and no export takes it along."""

COMPARISON, CURVES = f"comparison_{HOLDS_REAL}.png", "curves.png"

GAP = 2
"""Pixels between the images of a grid."""

GRID_SIDE = 8
"""Images in a row of a grid that shows training or several classes, and rows in all, which the classes share."""


def save_figure(figure: Figure, path: Path, dpi: int = 100) -> None:
    """Writes a figure as PNG, whole or not at all."""
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=dpi)
    atomic_file.write_bytes(path, content.getvalue())


def to_pillow(image: UInt8[np.ndarray, "height width channels"]) -> Image.Image:
    """Returns one image, gray or RGB, as Pillow has it."""
    return Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)


def encode_png(image: UInt8[np.ndarray, "height width channels"], chunks: PngInfo | None = None) -> bytes:
    """Returns one image, gray or RGB, as a PNG file with chunks of text."""
    content = io.BytesIO()
    to_pillow(image).save(content, format="PNG", pnginfo=chunks)
    return content.getvalue()


def count_per_class(num_classes: int) -> int:
    """Returns how many images of each class a grid shows: whole rows, all classes together as many as they are wide."""
    return GRID_SIDE * max(1, GRID_SIDE // max(1, num_classes))


def tile(images: Images, columns: int | None = None) -> Grid:
    """Returns the images as one grid, row by row, with as many columns as rows unless given otherwise."""
    count, height, width, channels = images.shape
    columns = columns or math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    grid = np.full((rows * (height + GAP) - GAP, columns * (width + GAP) - GAP, channels), 255, np.uint8)
    for index, image in enumerate(images):
        top, left = (index // columns) * (height + GAP), (index % columns) * (width + GAP)
        grid[top : top + height, left : left + width] = image
    return grid


def tile_classes(classes: Sequence[Images]) -> Grid:
    """Returns one grid of the images of each class: square for one class; of several, each begins a row."""
    if len(classes) == 1:
        return tile(classes[0])
    grids = [tile(images, GRID_SIDE) for images in classes]
    gap = np.full((GAP, *grids[0].shape[1:]), 255, np.uint8)
    return np.concatenate([part for grid in grids for part in (gap, grid)][1:])


def save_comparison(
    real: Sequence[Images],
    generated: Sequence[UInt8[np.ndarray, "_ height width generated_channels"]],
    path: Path,
) -> None:
    """Draws the real images of each class beside its generated ones (the paper's Figure 3)."""
    figure = Figure(figsize=(12, 6.4), layout="constrained")
    for axes, classes, title in zip(figure.subplots(1, 2), (real, generated), ("Real", "Generated"), strict=True):
        axes.imshow(tile_classes(classes).squeeze(), cmap="gray", vmin=0, vmax=255)
        axes.set_title(title)
        axes.set_axis_off()
    save_figure(figure, path)


def save_closest_pairs(
    generated: UInt8[np.ndarray, "pair height width channels"],
    training: UInt8[np.ndarray, "pair height width training_channels"],
    path: Path,
    captions: Sequence[str] = (),
) -> None:
    """Draws generated images, the most suspicious first, above the training images they are closest to.

    There are as many of both, of the same size; captions stand under each pair, in short lines.
    """
    channels = max(generated.shape[-1], training.shape[-1])
    rows = [np.broadcast_to(images, (*images.shape[:-1], channels)) for images in (generated, training)]
    figure = Figure(figsize=(1 + 1.5 * len(generated), 3.6 + 0.5 * bool(captions)), layout="constrained")
    axes = figure.subplots()
    axes.imshow(tile(np.concatenate(rows), columns=len(generated)).squeeze(), cmap="gray", vmin=0, vmax=255)
    height, width = generated.shape[1:3]
    axes.set_yticks([height / 2, height * 1.5 + GAP], ["generated", "nearest in\ntraining"])
    axes.set_xticks([place * (width + GAP) + width / 2 for place in range(len(captions))], captions, fontsize=7)
    axes.tick_params(bottom=False)
    axes.set_title("Closest pairs: evidence, not proof")
    save_figure(figure, path)
