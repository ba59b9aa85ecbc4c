"""Figures show every image and every curve."""

import numpy as np
import pytest
from PIL import Image

from dcgan_jax.runs.figures import (
    GAP,
    GRID_SIDE,
    count_per_class,
    save_closest_pairs,
    save_comparison,
    save_curves,
    save_image,
    tile,
    tile_classes,
)
from dcgan_jax.training.step import METRICS


def test_a_grid_holds_every_image_in_order():
    images = np.stack([np.full((4, 6, 1), value, np.uint8) for value in (10, 20, 30, 40, 50)])
    grid = tile(images)
    assert grid.shape == (2 * 4 + GAP, 3 * 6 + 2 * GAP, 1)
    assert [grid[0, column * (6 + GAP), 0] for column in range(3)] == [10, 20, 30]
    assert [grid[4 + GAP, column * (6 + GAP), 0] for column in range(3)] == [40, 50, 255]
    assert tile(images, columns=5).shape == (4, 5 * 6 + 4 * GAP, 1)


def test_every_class_begins_a_row():
    classes = [np.full((count, 4, 6, 1), value, np.uint8) for count, value in ((GRID_SIDE + 1, 10), (1, 20))]
    grid = tile_classes(classes)
    assert grid.shape == (3 * 4 + 2 * GAP, GRID_SIDE * (6 + GAP) - GAP, 1)
    places = [(0, 0), (0, 8), (6, 0), (6, 8), (12, 0), (12, 8), (4, 0), (10, 0)]
    assert [int(grid[place][0]) for place in places] == [10, 10, 10, 255, 20, 255, 255, 255]
    np.testing.assert_array_equal(tile_classes(classes[:1]), tile(classes[0]))


def test_a_grid_has_whole_rows_of_each_class_and_is_square_where_they_allow_it():
    assert [count_per_class(number) for number in (0, 1, 2, 3, 8, 20)] == [64, 64, 32, 16, 8, 8]


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB")])
def test_an_image_is_written_exactly(tmp_path, channels, mode):
    image = np.random.default_rng(0).integers(0, 256, (8, 8, channels), np.uint8)
    save_image(image, tmp_path / "image.png")
    read = Image.open(tmp_path / "image.png")
    assert read.mode == mode
    np.testing.assert_array_equal(np.asarray(read).reshape(image.shape), image)


def test_curves_and_comparison_are_pictures(tmp_path):
    rows = [{"step": step, **dict.fromkeys(METRICS, 0.5 + step / 10)} for step in range(1, 4)]
    save_curves(rows, tmp_path / "curves.png")
    images = np.random.default_rng(0).integers(0, 256, (5, 16, 16, 1), np.uint8)
    save_comparison([images], [255 - images], tmp_path / "comparison.png")
    for name in ("curves.png", "comparison.png"):
        assert np.asarray(Image.open(tmp_path / name).convert("L")).std() > 5


@pytest.mark.parametrize("channels", [1, 3])
def test_closest_pairs_are_drawn_for_gray_and_colour_generators(tmp_path, channels):
    training = np.random.default_rng(0).integers(0, 256, (10, 16, 16, 1), np.uint8)
    save_closest_pairs(np.repeat(training, channels, axis=-1), training, tmp_path / "pairs.png")
    assert np.asarray(Image.open(tmp_path / "pairs.png").convert("L")).std() > 5
