"""TIFF as tifffile writes it: every depth, sign, photometry, arrangement and byte order, against NumPy."""

import io
import itertools

import numpy as np
import pytest
import tifffile

from dcgan_jax.data.images import read_gray, read_stored
from dcgan_jax.data.intensity import DepthRange, to_8_bits
from dcgan_jax.data.reading.stored_image import EIGHT_BITS, BadImageError, SampleType

SHAPE = 6, 10
TYPES = ["u1", "i1", "u2", "i2", "u4", "i4", "f2", "f4", "f8"]
KINDS = {"u": "unsigned", "i": "signed", "f": "float"}
WHITE_IS_ZERO, BLACK_IS_ZERO = "miniswhite", "minisblack"


def write(values, **options):
    content = io.BytesIO()
    tifffile.imwrite(content, values, metadata=None, **options)
    return content.getvalue()


def make_values(kind, *samples):
    """Random values from one end of the type to the other; floats from 0 to 1."""
    dtype, rng = np.dtype(kind), np.random.default_rng(0)
    if dtype.kind == "f":
        return rng.uniform(0, 1, (*SHAPE, *samples)).astype(dtype)
    limits = np.iinfo(dtype)
    return rng.integers(limits.min, limits.max, (*SHAPE, *samples), dtype, endpoint=True)


def sample_of(kind):
    return SampleType(KINDS[kind[0]], 8 * int(kind[1:]))


def invert(values, kind):
    """Black and white exchanged, in exact arithmetic."""
    if kind[0] == "f":
        return 1 - values
    low, high = np.iinfo(kind).min, np.iinfo(kind).max
    return (low + high - values.astype(object)).astype(kind)


def luma(values):
    return values.astype(np.float64) @ [0.299, 0.587, 0.114]


@pytest.mark.parametrize("compression", [None, "lzw", "zlib", "packbits"])
@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("photometric", [WHITE_IS_ZERO, BLACK_IS_ZERO])
@pytest.mark.parametrize("kind", TYPES)
def test_gray_is_exact(kind, photometric, byteorder, compression):
    values = make_values(kind)
    stored = read_stored(write(values, photometric=photometric, byteorder=byteorder, compression=compression), "x")
    assert stored.sample == sample_of(kind)
    np.testing.assert_array_equal(stored.values, invert(values, kind) if photometric == WHITE_IS_ZERO else values)


@pytest.mark.parametrize("predictor", [2, 3])
def test_predictors_are_undone(predictor):
    values = make_values("f4" if predictor == 3 else "u2")
    content = write(values, photometric=BLACK_IS_ZERO, compression="zlib", predictor=predictor)
    np.testing.assert_array_equal(read_stored(content, "x").values, values)


@pytest.mark.parametrize("bits", [9, 10, 12, 14])
@pytest.mark.parametrize("photometric", [WHITE_IS_ZERO, BLACK_IS_ZERO])
def test_packed_bits_are_exact(bits, photometric):
    values = np.random.default_rng(0).integers(0, 2**bits, SHAPE, np.uint16)
    values[0, :2] = 0, 2**bits - 1
    stored = read_stored(write(values, photometric=photometric, bitspersample=bits), "x")
    assert stored.sample == SampleType("unsigned", bits)
    shown = 2**bits - 1 - values if photometric == WHITE_IS_ZERO else values
    np.testing.assert_array_equal(stored.values, shown)


@pytest.mark.parametrize(
    ("kind", "planar", "byteorder"), list(itertools.product(TYPES, ["contig", "separate"], ["<", ">"]))
)
def test_color_is_exact_and_becomes_luma(kind, planar, byteorder):
    values = make_values(kind, 3)
    written = np.moveaxis(values, -1, 0) if planar == "separate" else values
    content = write(written, photometric="rgb", planarconfig=planar, byteorder=byteorder)
    np.testing.assert_array_equal(read_stored(content, "x", color=True).values, values)
    gray = read_stored(content, "x")
    assert gray.sample == sample_of(kind)
    one = 1 if kind in ("u1", "i1") else 1e-6 * np.abs(luma(values)).max()
    np.testing.assert_allclose(gray.values.astype(float), luma(values), rtol=0, atol=one if kind != "f2" else 1e-3)


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_gray_stored_as_color_is_exact(kind, planar):
    gray = make_values(kind)
    written = np.stack([gray] * 3, axis=0 if planar == "separate" else -1)
    np.testing.assert_array_equal(read_stored(write(written, photometric="rgb", planarconfig=planar), "x").values, gray)


@pytest.mark.parametrize("kind", ["u1", "u2", "f4"])
@pytest.mark.parametrize("colors", [1, 3])
def test_opacity_is_laid_over_black(kind, colors):
    values = make_values(kind, colors + 1)
    opaque = 1 if kind == "f4" else np.iinfo(kind).max
    values[..., -1] = opaque
    values[:3, :, -1] = 0
    content = write(values, photometric="rgb" if colors == 3 else BLACK_IS_ZERO, extrasamples=["unassalpha"],
                    planarconfig="contig")  # fmt: skip
    stored = read_stored(content, "x", color=colors == 3)
    shown = values[..., :-1] * (values[..., -1:] / opaque)
    np.testing.assert_array_equal(stored.values, shown if colors == 3 else shown[..., 0])
    assert not stored.is_hidden


def test_all_of_it_transparent_is_said():
    values = make_values("u2", 2)
    values[..., 1] = 0
    stored = read_stored(write(values, photometric=BLACK_IS_ZERO, extrasamples=["unassalpha"]), "x")
    assert stored.is_hidden
    assert not stored.values.any()


def test_opacity_that_is_in_the_colors_already_is_left_out():
    values = make_values("u2", 4)
    content = write(values, photometric="rgb", extrasamples=["assocalpha"])
    np.testing.assert_array_equal(read_stored(content, "x", color=True).values, values[..., :3])


def test_twelve_bits_in_color_of_sixteen_have_the_range_that_they_use():
    values = np.random.default_rng(0).integers(0, 4096, SHAPE, np.uint16)
    content = write(np.stack([values] * 3, axis=-1), photometric="rgb")
    assert read_gray(content, "x", "image").max() == 255
    shown = to_8_bits(read_stored(content, "x").values, DepthRange(0, 4095))
    np.testing.assert_array_equal(shown, np.rint(values * 255.0 / 4095).astype(np.uint8))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_is_applied_to_values_that_pillow_does_not_read(orientation):
    values = make_values("i2")
    upright = {
        1: values,
        2: values[:, ::-1],
        3: values[::-1, ::-1],
        4: values[::-1],
        5: values.T,
        6: np.rot90(values, -1),
        7: np.rot90(values, 2).T,
        8: np.rot90(values),
    }[orientation]
    content = write(values, photometric=BLACK_IS_ZERO, extratags=[(274, 3, 1, orientation, True)])
    np.testing.assert_array_equal(read_stored(content, "x").values, upright)


def test_tiles_and_big_tiff_are_exact():
    values = np.random.default_rng(0).integers(-3000, 3000, (70, 50), np.int16)
    content = write(values, photometric=BLACK_IS_ZERO, tile=(32, 16), bigtiff=True, compression="zlib")
    np.testing.assert_array_equal(read_stored(content, "x").values, values)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (write(make_values("f4").astype(np.complex64), photometric=BLACK_IS_ZERO), "in sample format 6"),
        (write(make_values("u2", 5), photometric=BLACK_IS_ZERO, planarconfig="contig"), "of 5 samples of 16 bits"),
        (write(make_values("u2", 4), photometric="separated"), "photometric interpretation"),
        (write(np.stack([make_values("i2")] * 2), photometric=BLACK_IS_ZERO), "2 pages"),
        (write(np.array([[0, np.inf]]), photometric=BLACK_IS_ZERO), "infinite"),
        (write(make_values("i2"), photometric=BLACK_IS_ZERO)[:300], "truncated or broken"),
        (b"II*\0" + b"\xff" * 40, "header is broken"),
        (write(make_values("u1", 4), photometric="cielab"), "TIFF"),
    ],
)  # fmt: skip
def test_what_is_refused_is_refused_for_its_true_reason(content, reason):
    with pytest.raises(BadImageError, match=reason) as caught:
        read_stored(content, "x")
    assert "known format" not in caught.value.reason


def claim(values, *tags):
    """Returns a file in which these tags, of width or height, have another type, count and value: 10 bytes."""
    content = bytearray(write(make_values("i2"), photometric=BLACK_IS_ZERO, byteorder="<"))
    for tag in tags:
        starts = [tag.to_bytes(2, "little") + kind for kind in (b"\x03\x00", b"\x04\x00")]  # of 2 and 4 bytes
        place = next(content.index(start) for start in starts if start in content)
        content[place + 2 : place + 12] = values
    return bytes(content)


def test_a_claim_of_more_pixels_than_are_allowed_is_refused_before_they_are_read():
    one_number = b"\x04\x00\x01\x00\x00\x00" + (10_000).to_bytes(4, "little")
    with pytest.raises(BadImageError, match="10,000 x 10,000 pixels"):
        read_stored(claim(one_number, 256, 257), "x")


@pytest.mark.parametrize("tag", [256, 257])
def test_a_size_of_two_numbers_is_a_broken_header(tag):
    two_numbers = b"\x03\x00\x02\x00\x00\x00" + bytes([10, 0, 10, 0])
    with pytest.raises(BadImageError, match="header is broken"):
        read_stored(claim(two_numbers, tag), "x")


def test_eight_bits_need_no_range():
    assert read_stored(write(make_values("u1"), photometric=BLACK_IS_ZERO), "x").sample == EIGHT_BITS
