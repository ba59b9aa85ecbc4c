"""Files that Pillow would cut to 8 bits or not open, written by imagecodecs, whose values must come back."""

import io

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from dcgan_jax.data.images import read_stored
from dcgan_jax.data.reading.stored_image import BadImageError, SampleType

RNG = np.random.default_rng(0)
TWELVE = RNG.integers(0, 4096, (16, 24), np.uint16)
SIXTEEN = RNG.integers(0, 65536, (16, 24), np.uint16)


def gray_as_color(values):
    return np.stack([values] * 3, axis=-1)


def with_opacity(values, opacity):
    return np.concatenate([values.reshape(16, 24, -1), np.broadcast_to(opacity, (16, 24))[..., None]], axis=-1)


@pytest.mark.parametrize("values", [TWELVE, SIXTEEN])
@pytest.mark.parametrize(
    "arrange",
    [
        lambda values: values,
        gray_as_color,
        lambda values: with_opacity(values, np.uint16(65535)),
        lambda values: with_opacity(gray_as_color(values), np.uint16(65535)),
    ],
)
def test_png_of_sixteen_bits_is_exact_in_every_color_type(values, arrange):
    stored = read_stored(imagecodecs.png_encode(arrange(values)), "x")
    assert stored.sample == SampleType("unsigned", 16)
    np.testing.assert_array_equal(stored.values, values)


def test_png_color_of_sixteen_bits_is_kept_or_becomes_luma():
    color = RNG.integers(0, 65536, (16, 24, 3), np.uint16)
    content = imagecodecs.png_encode(color)
    np.testing.assert_array_equal(read_stored(content, "x", color=True).values, color)
    np.testing.assert_allclose(read_stored(content, "x").values, color @ [0.299, 0.587, 0.114], atol=0.05)


@pytest.mark.parametrize("share", [0, 32768, 65535])
def test_png_opacity_of_sixteen_bits_is_laid_over_black(share):
    stored = read_stored(imagecodecs.png_encode(with_opacity(SIXTEEN, np.uint16(share))), "x")
    np.testing.assert_allclose(stored.values, SIXTEEN * (share / 65535), atol=0.01)
    assert stored.is_hidden == (share == 0)


@pytest.mark.parametrize("orientation", [1, 6])
def test_png_of_deep_color_is_turned_as_recorded(orientation):
    content = io.BytesIO()
    exif = Image.Exif()
    exif[274] = orientation
    Image.new("RGB", (1, 1)).save(content, "PNG", exif=exif)
    start = content.getvalue().index(b"eXIf") - 4
    chunk = content.getvalue()[start : start + 12 + int.from_bytes(content.getvalue()[start : start + 4], "big")]
    plain = imagecodecs.png_encode(gray_as_color(TWELVE))
    stored = read_stored(plain[:33] + chunk + plain[33:], "x")
    np.testing.assert_array_equal(stored.values, TWELVE if orientation == 1 else np.rot90(TWELVE, -1))


@pytest.mark.parametrize("values", [TWELVE, gray_as_color(TWELVE)])
@pytest.mark.parametrize(("dtype", "kind"), [(np.uint16, "unsigned"), (np.int16, "signed")])
@pytest.mark.parametrize("codec", ["j2k", "jp2"])
def test_jpeg_2000_deeper_than_eight_bits_is_exact(values, dtype, kind, codec):
    values = (values.astype(np.int32) - (2048 if kind == "signed" else 0)).astype(dtype)
    content = imagecodecs.jpeg2k_encode(values, codecformat=codec, bitspersample=12, reversible=True, level=0)
    stored = read_stored(content, "x")
    assert stored.sample == SampleType(kind, 12)
    np.testing.assert_array_equal(stored.values, values if values.ndim == 2 else values[..., 0])


def test_jpeg_2000_of_eight_bits_is_pillows():
    gray = (TWELVE // 16).astype(np.uint8)
    content = io.BytesIO()
    Image.fromarray(gray).save(content, "JPEG2000", irreversible=False)
    stored = read_stored(content.getvalue(), "x")
    assert not stored.is_deep
    np.testing.assert_array_equal(stored.values, gray)


def test_jpeg_of_twelve_bits_is_read():
    smooth = np.linspace(0, 4095, 16 * 24).reshape(16, 24).astype(np.uint16)
    stored = read_stored(imagecodecs.jpeg8_encode(smooth, bitspersample=12, level=100), "x")
    assert stored.sample == SampleType("unsigned", 12)
    np.testing.assert_allclose(stored.values.astype(int), smooth, atol=4)


@pytest.mark.parametrize(("values", "bits"), [(TWELVE, 12), (SIXTEEN, 16)])
def test_lossless_jpeg_is_exact(values, bits):
    stored = read_stored(imagecodecs.ljpeg_encode(values, bitspersample=bits), "x")
    assert stored.sample == SampleType("unsigned", bits)
    np.testing.assert_array_equal(stored.values, values)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (imagecodecs.png_encode(gray_as_color(SIXTEEN))[:-200], "truncated or broken"),
        (imagecodecs.ljpeg_encode(TWELVE, bitspersample=12)[:40], "JPEG header is broken"),
        (b"P3 2 2 4095 " + b"1 " * 12, "PNM of color deeper than 8 bits"),
        (b"P6 2 2 65535 " + bytes(24), "PNM of color deeper than 8 bits"),
    ],
)
def test_what_is_broken_or_not_read_is_named(content, reason):
    with pytest.raises(BadImageError, match=reason):
        read_stored(content, "x")
