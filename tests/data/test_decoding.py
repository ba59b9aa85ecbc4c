"""All images of a source at once: who is good, who is bad, and what is in whose slot."""

import hashlib
import io
import tracemalloc
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from dcgan_jax.data.decoding import decode_all
from dcgan_jax.data.pixel_file import PixelFile
from dcgan_jax.data.sources.source import Source, SourceImage

SIZE = 64


def encode(pixels, file_format="PNG"):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, file_format)
    return buffer.getvalue()


def flat(value, dtype=np.uint8, height=SIZE, width=SIZE):
    return np.full((height, width), value, dtype)


def deep(low, high):
    """16 bits, a ramp from one value to the other."""
    return np.repeat(np.linspace(low, high, SIZE).astype(np.uint16)[None], SIZE, axis=0)


class MemorySource(Source):
    """Files in memory, which counts how often each is read."""

    name = fingerprint = "memory"

    def __init__(self, files):
        self.files, self.reads = files, Counter()

    def list_images(self):
        return [SourceImage("train", "A", file) for file in self.files]

    def read_file(self, image):
        self.reads[image.file] += 1
        return self.files[image.file]

    def num_bytes(self, image):
        return len(self.files[image.file])


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
    assert (decoded.bad, decoded.depth_groups) == ([], [])


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
    assert [(group.low, group.high, group.files) for group in decoded.depth_groups] == [(1000, 3000, 2)]
    ends = {file: (content[0, 0], content[0, -1]) for file, content in pixels.items()}
    assert ends == {"a": (0, 128), "b": (77, 77), "c": (64, 255)}  # 255 / 2 and 255 / 4, rounded
    assert [good.image.file for good in decoded.good] == ["a", "b", "c"]


@pytest.mark.parametrize(("intensity", "ends"), [("image", (0, 255)), ("container", (4, 8))])
def test_without_a_shared_range_there_is_none_to_report(decode, intensity, ends):
    decoded, pixels = decode(MemorySource({"a": encode(deep(1000, 2000))}), intensity=intensity)
    assert decoded.depth_groups == []
    assert (pixels["a"][0, 0], pixels["a"][0, -1]) == ends  # 1000 and 2000 of 65,535 are 3.9 and 7.8 of 255


def test_each_file_is_read_once_deep_or_not(decode):
    source = MemorySource({"a": encode(deep(1000, 2000)), "b": encode(flat(7)), "c": encode(deep(0, 9)), "d": b""})
    decode(source, intensity="dataset")
    assert source.reads == {"a": 1, "b": 1, "c": 1, "d": 1}


def test_the_hash_of_a_deep_file_does_not_depend_on_those_beside_it(decode):
    one = MemorySource({"a": encode(deep(1000, 2000))})
    two = MemorySource({"a": encode(deep(1000, 2000), "TIFF"), "b": encode(deep(0, 3000))})
    (alone,), (beside, other) = decode(one)[0].good, decode(two)[0].good
    assert alone.sha256 == beside.sha256 != other.sha256


@pytest.mark.parametrize(
    ("pixels", "flaw"),
    [
        (flat(7), "blank"),
        (flat(0), "blank"),
        (
            np.arange(SIZE * SIZE, dtype=np.uint32).reshape(SIZE, SIZE).astype(np.uint8) % 25,
            "limited to fewer than a tenth of the gray levels",
        ),
        (np.arange(SIZE * SIZE, dtype=np.uint32).reshape(SIZE, SIZE).astype(np.uint8) % 26, None),
        (deep(1000, 1010), "limited to fewer"),  # alone, it has the range to itself: 11 values
        (np.zeros((SIZE, SIZE, 4), np.uint8) + np.array([90, 90, 90, 0], np.uint8), "black, because"),
    ],
)
def test_what_is_hardly_an_image_is_said(decode, pixels, flaw):
    (good,) = decode(MemorySource({"a": encode(pixels)}), intensity="dataset")[0].good
    assert (good.flaw or "").startswith(flaw or "")
    assert bool(good.flaw) == bool(flaw)


def test_a_deep_image_that_the_others_leave_few_levels_is_said(decode):
    narrow = {"b": encode(deep(3000, 3200)), "c": encode(deep(3000, 3300))}  # of 2,500 values, 20 and 31 levels
    good = decode(MemorySource({"a": encode(deep(1000, 3500)), **narrow}), intensity="dataset")[0].good
    assert [image.flaw for image in good] == [None, "limited to fewer than a tenth of the gray levels", None]


def test_masks_are_refused_one_by_one(decode):
    disk = np.hypot(*np.mgrid[-32:32, -32:32]) < 20
    as_jpeg = io.BytesIO()
    Image.fromarray(disk.astype(np.uint8) * 255).resize((640, 640), Image.Resampling.NEAREST).save(as_jpeg, "JPEG")
    files = {
        "bits.png": encode(disk),
        "labels.png": encode(disk.astype(np.uint8)),
        "deep.png": encode(disk.astype(np.uint16) * 65535),
        "lossy.jpg": as_jpeg.getvalue(),
        "xray.png": encode(np.arange(SIZE * SIZE).reshape(SIZE, SIZE).astype(np.uint8)),
    }
    decoded, _ = decode(MemorySource(files))
    assert [good.image.file for good in decoded.good] == ["xray.png"]
    assert {error.reason for error in decoded.bad} == {"it has two gray levels only, as masks have"}


def test_what_cannot_be_used_is_not_kept_in_memory(decode):
    mask, broken = flat(0, height=2000, width=2000), encode(flat(7, height=2000, width=2000), "BMP")[:-9]
    mask[:1000] = 255
    source = MemorySource({f"{index}": encode(mask) if index % 2 else broken for index in range(8)})
    tracemalloc.start()
    try:
        decoded, _ = decode(source)
        assert tracemalloc.get_traced_memory()[0] < 4_000_000  # bytes: less than one of them
    finally:
        tracemalloc.stop()
    assert len(decoded.bad) == 8


def test_one_dead_pixel_leaves_the_others_their_range(decode):
    files = {f"{index}": encode(deep(0, 4095)) for index in range(4)}
    spoiled = deep(0, 4095)
    spoiled[5, 5] = 65535
    decoded, pixels = decode(MemorySource({**files, "dead": encode(spoiled)}), intensity="dataset")
    assert [(group.low, group.high) for group in decoded.depth_groups] == [(0, 4095)]
    for content in pixels.values():
        assert (content[0, 0], content[0, -1]) == (0, 255)
    assert pixels["dead"][5, 5] == 255


def test_twelve_bits_sixteen_bits_and_floats_beside_each_other_have_their_own_ranges(decode):
    files = {
        "twelve": encode(deep(10, 4095)),
        "thirteen": encode(deep(0, 5000)),
        "sixteen": encode(deep(0, 65000)),
        "float": encode(np.repeat(np.linspace(0, 1, SIZE, dtype=np.float32)[None], SIZE, axis=0), "TIFF"),
    }
    decoded, pixels = decode(MemorySource(files), intensity="dataset")
    found = {(group.sample, group.used_bits, group.low, group.high, group.files) for group in decoded.depth_groups}
    assert found == {
        ("16-bit unsigned", 13, 0, 5000, 2),
        ("16-bit unsigned", 16, 0, 65000, 1),
        ("32-bit float", 1, 0, 1, 1),
    }
    ends = {file: (content[0, 0], content[0, -1]) for file, content in pixels.items()}
    assert ends == {"twelve": (1, 209), "thirteen": (0, 255), "sixteen": (0, 255), "float": (0, 255)}
