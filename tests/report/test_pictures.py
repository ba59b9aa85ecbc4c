"""Images of the page: the right ones, in their order, as large as there is room for."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from dcgan_jax.report.pictures import STRIP_LATENTS, STRIP_STEPS, encode_tiles, read_figure, read_pictures
from dcgan_jax.runs.figures import encode_png, tile


def decode(source):
    prefix, _, content = source.partition(",")
    assert prefix == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(content))))


def numbered(step):
    """64 images, each of one gray value that tells its step and its place."""
    return np.stack([np.full((16, 16, 1), step + number, np.uint8) for number in range(64)])


@pytest.fixture
def samples(tmp_path):
    for step in range(20):
        (tmp_path / f"step_{step:07d}.png").write_bytes(encode_png(tile(numbered(step), 8)))
    (tmp_path / "latest.png").write_bytes((tmp_path / "step_0000019.png").read_bytes())
    return tmp_path


def test_the_last_grid_is_shown_image_by_image(samples):
    pictures = read_pictures(samples, 16, 1)
    assert (pictures.step, pictures.grid.side, pictures.grid.of) == (19, 16, 16)
    assert [decode(source)[0, 0] for source in pictures.grid.sources] == list(range(19, 19 + 64))


def test_a_strip_shows_the_same_latents_from_first_to_last(samples):
    moments = read_pictures(samples, 16, 1).moments
    assert [moment.step for moment in moments] == [0, 3, 5, 8, 11, 14, 16, 19]
    assert len(moments) == STRIP_STEPS
    for moment in moments:
        assert [decode(source)[0, 0] - moment.step for source in moment.sources] == list(range(STRIP_LATENTS))


@pytest.mark.parametrize(
    ("classes", "places"), [(2, [0, 1, 2, 3, 32, 33, 34, 35]), (3, [0, 1, 21, 22, 42, 43]), (20, list(range(0, 24, 3)))]
)
def test_a_strip_shows_each_class_alike(samples, classes, places):
    first = read_pictures(samples, 16, classes).moments[0]
    assert [decode(source)[0, 0] for source in first.sources] == places


def test_what_is_no_grid_is_passed_over(samples):
    (samples / "step_0000020.png").write_bytes(b"\x89PNG\r\n\x1a\n half of it")
    (samples / "step_0000021.png").write_bytes(encode_png(np.zeros((30, 30, 1), np.uint8)))
    (samples / "step_0000022.png").mkdir()
    assert read_pictures(samples, 16, 1).step == 19
    assert read_pictures(samples / "nowhere", 16, 1).grid is None


def test_images_shrink_until_they_fit():
    noise = np.random.default_rng(0).integers(0, 256, (8, 256, 256, 3), np.uint8)
    tiles = encode_tiles(list(noise), 250_000)
    assert sum(map(len, tiles.sources)) <= 250_000
    assert (tiles.side, tiles.of) == (64, 256)
    assert decode(tiles.sources[0]).shape == (64, 64, 3)


def test_a_figure_shrinks_until_it_fits_and_nothing_is_made_of_what_cannot_be_read(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (600, 1200, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "figure.png")
    source = read_figure(tmp_path / "figure.png", 300_000)
    assert len(source) <= 300_000
    height, width, _ = decode(source).shape
    assert width / height == pytest.approx(2, rel=0.02)
    assert read_figure(tmp_path / "none.png", 300_000) == ""
