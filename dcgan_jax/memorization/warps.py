"""Small changes of place: an image turned, scaled or moved, and reduced to cells, as one sparse matrix."""

from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np
import scipy.sparse
from jaxtyping import Float64, UInt8

CELLS = 32
"""Cells a side to which images are reduced, each the mean of its pixels."""

SCALES = (0.9, 1.0, 1 / 0.9)
ROTATIONS = (-3.0, 0.0, 3.0)  # degrees
NUM_TURNS = len(SCALES) * len(ROTATIONS)
"""Operators that scale and turn, that which does neither among them; the first ones."""

HALF_CELL = 0.5
"""Steps between the whole cells by which the search moves an image anyway."""

Operator = Any
"""scipy.sparse [CELLS * CELLS, height * width]."""


def reduce_images(
    gray: UInt8[np.ndarray, "image height width"], operator: Operator | None = None
) -> Float64[np.ndarray, "image 32 32"]:
    """Returns images in cells, by one of `create_operators`: by default the first, which moves nothing.

    Each side of the images is a multiple of 32 pixels.
    """
    chosen = create_operators(*gray.shape[1:])[0] if operator is None else operator
    cells = chosen @ gray.reshape(len(gray), -1).T.astype(np.float64)
    return np.ascontiguousarray(cells.T).reshape(len(gray), CELLS, CELLS)


@lru_cache(maxsize=8)
def create_operators(height: int, width: int) -> tuple[Operator, ...]:
    """Returns the reduction alone, then after each change that is tried: every other pair of `SCALES` and `ROTATIONS`,
    then half a cell down or right or both; about the center, bilinear, borders repeated.
    """
    reduction = _create_reduction(height, width)
    cell = np.array([height, width]) / CELLS
    halves = [(np.eye(2), cell * step) for step in product((0.0, HALF_CELL), repeat=2) if any(step)]
    turned = [
        (_rotation(degrees) / scale, np.zeros(2))
        for scale, degrees in product(SCALES, ROTATIONS)
        if (scale, degrees) != (1.0, 0.0)
    ]
    changed = (reduction @ _create_warp(height, width, matrix, offset) for matrix, offset in [*turned, *halves])
    return (reduction, *changed)


def shift(images: UInt8[np.ndarray, "image h w *c"], down: float, right: float) -> UInt8[np.ndarray, "image h w *c"]:
    """Returns images moved down and to the right by shares of their height and width, borders repeated."""
    height, width = images.shape[1:3]
    rows = np.clip(np.arange(height) - round(down * height), 0, height - 1)
    columns = np.clip(np.arange(width) - round(right * width), 0, width - 1)
    return images[:, rows[:, None], columns]


def _create_reduction(height: int, width: int) -> Operator:
    rows, columns = (
        scipy.sparse.kron(scipy.sparse.identity(CELLS), np.full((1, side // CELLS), CELLS / side))
        for side in (height, width)
    )
    return scipy.sparse.kron(rows, columns).tocsr()


def _create_warp(
    height: int, width: int, matrix: Float64[np.ndarray, "2 2"], offset: Float64[np.ndarray, " 2"]
) -> Operator:
    """Returns the matrix to the image whose pixel at x from the center is the given one's at matrix @ x + offset."""
    center = (np.array([height, width]) - 1) / 2
    grid = np.indices((height, width)).reshape(2, -1).T - center
    place = np.clip(grid @ matrix.T + offset + center, 0, [height - 1, width - 1])
    low = np.floor(place).astype(int)
    high = np.minimum(low + 1, [height - 1, width - 1])
    down, right = (place - low).T
    corners = [
        (low[:, 0], low[:, 1], (1 - down) * (1 - right)),
        (low[:, 0], high[:, 1], (1 - down) * right),
        (high[:, 0], low[:, 1], down * (1 - right)),
        (high[:, 0], high[:, 1], down * right),
    ]
    pixels = height * width
    shape, rows = (pixels, pixels), np.arange(pixels)
    return sum(scipy.sparse.csr_matrix((weight, (rows, y * width + x)), shape) for y, x, weight in corners)


def _rotation(degrees: float) -> Float64[np.ndarray, "2 2"]:
    cosine, sine = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    return np.array([[cosine, -sine], [sine, cosine]])
