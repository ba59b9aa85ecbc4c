"""All images of a source at once: who is good, who is bad, and what is in whose slot."""

import hashlib
import io
import os

import numpy as np
import pytest
from PIL import Image

from dcgan_jax.data.decoding import PixelFile, decode_all
from dcgan_jax.data.images import BadImageError, DepthRange
from dcgan_jax.data.source import SourceImage

SIZE = 64


def encode(pixels, file_format="PNG"):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, file_format)
    return buffer.getvalue()


def flat(value, dtype=np.uint8, height=SIZE, width=SIZE):
    return np.full((height, width), value, dtype)


def deep(low, high):
    """16 bits, half of it one value and half the other."""
    return np.repeat(np.array([[low] * (SIZE // 2) + [high] * (SIZE // 2)], np.uint16), SIZE, axis=0)


class MemorySource:
    """Files in memory; some may be read only so many times."""

    name, fingerprint = "memory", "memory"

    def __init__(self, files, reads=None):
        self.files, self.reads = files, reads or {}

    def list_images(self):
        return [SourceImage("train", "A", file) for file in self.files]

    def read_file(self, image):
        left = self.reads.get(image.file, 9)
        self.reads[image.file] = left - 1
        if left == 0:
            raise BadImageError(image.file, "it is gone")
        return self.files[image.file]


@pytest.fixture
def decode(tmp_path, settings):
    """Decodes the files of a source; returns what became of them, and the pixels of each good one by name."""

    def run(source, **overrides):
        with PixelFile(tmp_path / "pixels", SIZE) as pixels:
            decoded = decode_all(source, source.list_images(), settings(resize="nearest", **overrides), pixels)
            return decoded, {good.image.file: pixels.read(good.slot) for good in decoded.good}

    return run


def test_each_image_keeps_its_place_pixels_and_size_among_many(decode):
    files = {f"{value}.png": encode(flat(value, height=10 + value, width=20)) for value in range(100)}
    decoded, pixels = decode(MemorySource(files))
    assert [good.image.file for good in decoded.good] == list(files)
    assert [(good.width, good.height) for good in decoded.good] == [(20, 10 + value) for value in range(100)]
    for value in range(100):
        np.testing.assert_array_equal(pixels[f"{value}.png"], flat(value))
    assert (decoded.bad, decoded.depth_range) == ([], None)


def test_the_hash_is_of_the_gray_pixels_before_resizing_whatever_the_format(decode):
    gray = np.arange(30 * 50, dtype=np.uint16).reshape(30, 50).astype(np.uint8)
    rgb = np.repeat(gray[..., None], 3, axis=-1)
    decoded, _ = decode(MemorySource({"a.png": encode(gray), "b.bmp": encode(gray, "BMP"), "c.png": encode(rgb)}))
    assert {good.sha256 for good in decoded.good} == {hashlib.sha256(gray.tobytes()).hexdigest()}


def test_bad_files_are_listed_in_order_and_leave_the_others_as_they_are(decode):
    files = {"a": encode(flat(1)), "b": b"", "c": encode(flat(3)), "d": b"text", "e": encode(flat(5))}
    decoded, pixels = decode(MemorySource(files))
    assert [(error.file, error.reason) for error in decoded.bad] == [
        ("b", "it is empty"),
        ("d", "its content is not an image of a known format"),
    ]
    assert {file: content[0, 0] for file, content in pixels.items()} == {"a": 1, "c": 3, "e": 5}


def test_deep_files_share_one_range_and_shallow_ones_beside_them_stay(decode):
    files = {"a": encode(deep(1000, 2000)), "b": encode(flat(77)), "c": encode(deep(1500, 3000))}
    decoded, pixels = decode(MemorySource(files), intensity="dataset")
    assert decoded.depth_range == DepthRange(1000, 3000)
    ends = {file: (content[0, 0], content[0, -1]) for file, content in pixels.items()}
    assert ends == {"a": (0, 128), "b": (77, 77), "c": (64, 255)}  # 255 / 2 and 255 / 4, rounded
    assert [good.image.file for good in decoded.good] == ["a", "b", "c"]


@pytest.mark.parametrize(("intensity", "ends"), [("image", (0, 255)), ("container", (4, 8))])
def test_without_a_shared_range_there_is_none_to_report(decode, intensity, ends):
    decoded, pixels = decode(MemorySource({"a": encode(deep(1000, 2000))}), intensity=intensity)
    assert decoded.depth_range is None
    assert (pixels["a"][0, 0], pixels["a"][0, -1]) == ends  # 1000 and 2000 of 65,535 are 3.9 and 7.8 of 255


def test_a_deep_file_that_goes_away_between_the_passes_is_a_bad_one(decode):
    files = {"a": encode(deep(1000, 2000)), "b": encode(deep(1000, 2000))}
    decoded, pixels = decode(MemorySource(files, reads={"b": 1}), intensity="dataset")
    assert list(pixels) == ["a"]
    assert [(error.file, error.reason) for error in decoded.bad] == [("b", "it is gone")]


def test_slots_may_be_filled_in_any_order(tmp_path):
    with PixelFile(tmp_path / "pixels", 2) as pixels:
        for slot in (2, 0, 1):
            pixels.write(slot, flat(slot, height=2, width=2))
        assert [pixels.read(slot).tolist() for slot in range(3)] == [[[slot] * 2] * 2 for slot in range(3)]


def test_what_the_system_writes_in_part_is_written_on(tmp_path, monkeypatch):
    pwrite = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda file, content, offset: pwrite(file, content[:5], offset))
    image = np.arange(64, dtype=np.uint8).reshape(8, 8)
    with PixelFile(tmp_path / "pixels", 8) as pixels:
        pixels.write(1, image)
        np.testing.assert_array_equal(pixels.read(1), image)
