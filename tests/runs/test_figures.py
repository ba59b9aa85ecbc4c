"""Figures show every image and every curve."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from dcgan_jax.runs.figures import (
    GAP,
    GRID_SIDE,
    count_per_class,
    encode_png,
    save_closest_pairs,
    save_comparison,
    tile,
    tile_classes,
)


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
    (tmp_path / "image.png").write_bytes(encode_png(image))
    read = Image.open(tmp_path / "image.png")
    assert read.mode == mode
    np.testing.assert_array_equal(np.asarray(read).reshape(image.shape), image)


def drawn(save, path):
    """Returns what a figure shows, as gray values."""
    save(path)
    return np.asarray(Image.open(path).convert("L"))


def test_real_images_stand_beside_generated_ones(tmp_path):
    dark, bright = (np.full((4, 16, 16, 1), value, np.uint8) for value in (40, 220))
    picture = drawn(lambda path: save_comparison([dark], [bright], path), tmp_path / "comparison.png")
    half = picture.shape[1] // 2
    for side, own, other in ((picture[:, :half], 40, 220), (picture[:, half:], 220, 40)):
        assert (side == own).mean() > 0.5
        assert (side == other).mean() < 0.01  # but for the edges of letters


@pytest.mark.parametrize("channels", [1, 3])
def test_closest_pairs_are_drawn_above_each_other_for_gray_and_color_generators(tmp_path, channels):
    generated, training = np.full((3, 16, 16, channels), 220, np.uint8), np.full((3, 16, 16, 1), 40, np.uint8)
    picture = drawn(lambda path: save_closest_pairs(generated, training, path), tmp_path / "pairs.png")
    rows_of = {value: np.flatnonzero((picture == value).sum(axis=1) > 50) for value in (220, 40)}
    assert len(rows_of[220])
    assert len(rows_of[40])
    assert rows_of[220].max() < rows_of[40].min()


def test_each_pair_has_its_caption_below_it(tmp_path, monkeypatch):
    figures = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, path, **_: figures.append(figure))
    images = np.zeros((2, 16, 16, 1), np.uint8)
    save_closest_pairs(images, images, tmp_path / "pairs.png", ["a.png\n0.10", "b.png\n0.20"])
    (axes,) = figures[0].axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["a.png\n0.10", "b.png\n0.20"]
    assert list(axes.get_xticks()) == [8, 16 + GAP + 8]
