"""Files are known by what is in them."""

import io

import numpy as np
import pytest
from PIL import Image

from dcgan_jax.data.images import read_gray
from dcgan_jax.data.reading.formats import find_format
from dcgan_jax.data.reading.stored_image import BadImageError

GRAY = np.arange(48, dtype=np.uint8).reshape(6, 8) * 5


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "TIFF", "BMP", "PPM", "WEBP", "GIF", "JPEG2000"])
def test_what_pillow_writes_is_known_and_read(file_format):
    content = io.BytesIO()
    Image.fromarray(GRAY).save(content, file_format)
    found = find_format(content.getvalue())
    assert found is not None
    assert found.pillow == file_format
    np.testing.assert_allclose(read_gray(content.getvalue(), "no suffix", "image"), GRAY, atol=6)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (bytes(128) + b"DICM" + b"1.2.840.10008.1.3.10", "DICOM directory"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
        (b"\0\0\0\x18ftypheic", "HEIF"),
        (b"%PDF-1.7", "PDF"),
        (bytes(344) + b"n+1\0", "NIfTI"),
    ],
)
def test_other_formats_are_called_by_their_names(content, name):
    with pytest.raises(BadImageError, match=f"it is a {name} file, which is not read"):
        read_gray(content, "x.png", "image")


@pytest.mark.parametrize("content", [b"", b"BMW and other cars", b"P7 is a file", b"P5", b"RIFF"])
def test_texts_are_no_images(content):
    assert find_format(content) is None


def test_several_frames_of_a_gif_are_refused():
    content = io.BytesIO()
    frames = [Image.fromarray(GRAY), Image.fromarray(GRAY[::-1])]
    frames[0].save(content, "GIF", save_all=True, append_images=frames[1:])
    with pytest.raises(BadImageError, match="2 pages"):
        read_gray(content.getvalue(), "x", "image")
