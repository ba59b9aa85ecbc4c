import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dcgan_jax.data.image_files import find_images
from dcgan_jax.data.images import read_gray, read_stored
from dcgan_jax.data.intensity import group_depths, measure_depth
from dcgan_jax.data.reading import pillow_reader
from dcgan_jax.data.reading.stored_image import BadImageError

GRAY = np.arange(48, dtype=np.uint8).reshape(6, 8) * 5


def encode(image, file_format, **options):
    content = io.BytesIO()
    if isinstance(image, np.ndarray):
        image = Image.fromarray(image)
    image.save(content, file_format, **options)
    return content.getvalue()


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "BMP", "PPM"])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_gray_content_is_kept_exactly(file_format, mode):
    content = encode(Image.fromarray(GRAY).convert(mode), file_format)
    np.testing.assert_array_equal(read_gray(content, "x", "dataset"), GRAY)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_opaque_modes_are_kept_exactly(mode):
    content = encode(Image.fromarray(GRAY).convert(mode), "PNG")
    np.testing.assert_array_equal(read_gray(content, "x", "dataset"), GRAY)


def test_color_becomes_luma():
    content = encode(Image.new("RGB", (2, 1), (255, 0, 0)), "PNG")
    np.testing.assert_array_equal(read_gray(content, "x", "dataset"), [[76, 76]])  # 0.299 * 255


@pytest.mark.parametrize(("mode", "color"), [("LA", (200, 128)), ("RGBA", (200, 200, 200, 128))])
def test_transparent_pixels_become_black(mode, color):
    content = encode(Image.new(mode, (2, 2), color), "PNG")
    np.testing.assert_array_equal(read_gray(content, "x", "dataset"), np.full((2, 2), 100))  # 200 * 128 / 255


def test_a_transparent_palette_entry_becomes_black():
    image = Image.new("P", (2, 1), 1)
    image.putpalette([9, 9, 9, 250, 250, 250])
    image.putpixel((0, 0), 0)
    np.testing.assert_array_equal(read_gray(encode(image, "PNG", transparency=1), "x", "dataset"), [[9, 0]])


@pytest.mark.parametrize("file_format", ["PNG", "TIFF"])
def test_one_bit_becomes_black_and_white(file_format):
    bits = np.array([[True, False, True]])
    np.testing.assert_array_equal(read_gray(encode(bits, file_format), "x", "dataset"), [[255, 0, 255]])


@pytest.mark.parametrize("options", [{}, {"progressive": True}])
@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_jpeg_of_every_kind(mode, options):
    flat = Image.new("L", (16, 16), 180).convert(mode)
    pixels = read_gray(encode(flat, "JPEG", **options), "x", "dataset")
    np.testing.assert_allclose(pixels, np.full((16, 16), 180), atol=2)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("file_format", ["PNG", "TIFF"])
def test_recorded_orientation_is_applied(orientation, deep, file_format):
    # What each value of the EXIF standard asks for, written with numpy.
    upright = {
        1: GRAY,
        2: GRAY[:, ::-1],
        3: GRAY[::-1, ::-1],
        4: GRAY[::-1],
        5: GRAY.T,
        6: np.rot90(GRAY, -1),
        7: np.rot90(GRAY, 2).T,
        8: np.rot90(GRAY),
    }[orientation]
    exif = Image.Exif()
    exif[0x112] = orientation
    stored = GRAY.astype(np.uint16) if deep else GRAY
    np.testing.assert_array_equal(read_stored(encode(stored, file_format, exif=exif), "x").values, upright)


@pytest.mark.parametrize("dtype", [np.uint16, np.int32, np.float32])
def test_deep_files_follow_the_range_of_their_group(dtype):
    content = encode(np.array([[0, 100, 200, 300, 400]], dtype), "TIFF")
    depth = measure_depth(read_stored(content, "x"))
    group = group_depths([depth])[0].model_copy(update={"low": 100, "high": 300})
    pixels = read_gray(content, "x", "dataset", groups=[group])
    np.testing.assert_array_equal(pixels, [[0, 0, 128, 255, 255]])
    assert (depth.least, depth.greatest, depth.low, depth.high) == (0, 400, 0, 400)
    np.testing.assert_array_equal(read_gray(content, "x", "image"), [[0, 64, 128, 191, 255]])


def test_the_container_range_is_that_of_the_type():
    sixteen = np.array([[0, 257, 65535]], np.uint16)
    for file_format in ("PNG", "TIFF", "PPM"):
        np.testing.assert_array_equal(read_gray(encode(sixteen, file_format), "x", "container"), [[0, 1, 255]])
    signed = np.array([[-(2**31), 0, 2**31 - 1]], np.int32)
    np.testing.assert_array_equal(read_gray(encode(signed, "TIFF"), "x", "container"), [[0, 128, 255]])
    floats = np.array([[0, 0.2, 1]], np.float32)
    np.testing.assert_array_equal(read_gray(encode(floats, "TIFF"), "x", "container"), [[0, 51, 255]])


def test_sixteen_bit_tiff_with_white_as_zero_is_inverted():
    content = encode(np.array([[0, 65535]], np.uint16), "TIFF", tiffinfo={262: 0})
    np.testing.assert_array_equal(read_gray(content, "x", "container"), [[255, 0]])


def test_a_flat_deep_image_is_black():
    content = encode(np.full((2, 2), 7, np.uint16), "PNG")
    np.testing.assert_array_equal(read_gray(content, "x", "image"), np.zeros((2, 2)))


def test_eight_bit_files_have_no_depth_range():
    assert not read_stored(encode(GRAY, "PNG"), "x").is_deep


def test_file_names_of_all_cases_are_listed_and_rubbish_is_not(tmp_path):
    for name in ("b.JPG", "a/c.Png", "a/d.txt", ".DS_Store", "._b.jpg", "__MACOSX/b.jpg", "a/.hidden/b.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    assert find_images(tmp_path).images == ["a/c.Png", "b.JPG"]


def bomb():
    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", b"") + png_chunk(b"IEND", b"")


def pages():
    return encode(GRAY, "TIFF", save_all=True, append_images=[Image.fromarray(GRAY)])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b"no image at all", "not an image of a known format"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "it is a PostScript file, which is not read"),
        (encode(np.tile(GRAY, (20, 20)), "JPEG")[:-900], "truncated or broken"),
        (encode(np.tile(GRAY, (20, 20)), "PNG")[:-60], "truncated or broken"),
        (encode(np.array([[0, np.nan]], np.float32), "TIFF"), "not a number"),
        (encode(np.array([[0, np.inf]], np.float32), "TIFF"), "infinite"),
        (bomb(), "pixels"),
        (pages(), "2 pages"),
    ],
)
def test_bad_files_are_named_with_the_reason(content, reason):
    with pytest.raises(BadImageError, match=rf"^folder/file\.jpg can't be used: .*{reason}") as caught:
        read_gray(content, "folder/file.jpg", "image")
    assert caught.value.file == "folder/file.jpg"


def test_an_image_beyond_the_limit_is_refused(monkeypatch):
    monkeypatch.setattr(pillow_reader, "MAX_PIXELS", 47)
    with pytest.raises(BadImageError, match="8 x 6 pixels, more than 47"):
        read_gray(encode(GRAY, "PNG"), "x", "dataset")


def test_a_further_page_that_is_none_is_damage():
    content = bytearray(encode(GRAY.astype(np.float32), "TIFF"))
    directory = int.from_bytes(content[4:8], "little")
    end = directory + 2 + 12 * int.from_bytes(content[directory : directory + 2], "little")
    content[end : end + 4] = len(content).to_bytes(4, "little")  # where the next page's directory starts
    content += bytes(16)  # an empty one
    with pytest.raises(BadImageError, match="page"):
        read_gray(bytes(content), "x", "image")


def test_floats_beyond_one_have_no_container_range():
    content = encode(np.array([[0, 1.5]], np.float32), "TIFF")
    with pytest.raises(BadImageError, match="intensity=container"):
        read_gray(content, "x", "container")


SAMPLES = [
    encode(GRAY, "PNG"),
    encode(GRAY, "JPEG"),
    encode(GRAY, "JPEG", progressive=True),
    encode(GRAY.astype(np.float32), "TIFF"),
    encode(GRAY.astype(np.uint16) * 200, "PNG"),
    encode(Image.fromarray(GRAY).convert("RGBA"), "TIFF", compression="tiff_lzw"),
    encode(GRAY, "WEBP"),
]


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@given(st.sampled_from(SAMPLES), st.data())
def test_damage_gives_pixels_or_a_named_bad_image_and_nothing_else(sample, data):
    position = data.draw(st.integers(0, len(sample) - 1))
    replacement = data.draw(st.binary(max_size=6))
    rest = data.draw(st.sampled_from([sample[position + len(replacement) :], b""]))
    content = sample[:position] + replacement + rest
    try:
        pixels = read_gray(content, "x", "image")
    except BadImageError:
        return
    assert pixels.dtype == np.uint8
    assert pixels.ndim == 2
    assert pixels.size > 0
