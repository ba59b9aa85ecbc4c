"""Damaged image files, read by the decoder of every data set: a picture or the named error, and nothing else.

Run by hand: `python -m tests.fuzz_decoder --cases=10000`.
"""

import io
import sys

import imagecodecs
import numpy as np
import tifffile
from PIL import Image

from dcgan_jax.data.images import read_color, read_gray
from tests.fuzzing import main

_GRAY = (np.hypot(*np.mgrid[-40:40, -30:30]) * 5).astype(np.uint8)
_DEEP = _GRAY.astype(np.uint16) * 16


def create_samples() -> list[bytes]:
    """Returns a small file of every format and kind that has a path of its own through the decoder."""
    color, deep_color = np.stack([_GRAY, _GRAY.T[:60].repeat(2, 0)[:80, :60], _GRAY], -1), np.stack([_DEEP] * 3, -1)
    return [
        *(_save(_GRAY, name) for name in ("PNG", "JPEG", "TIFF", "BMP", "PPM", "WEBP", "GIF", "JPEG2000")),
        *(_save(color, name) for name in ("PNG", "JPEG", "TIFF", "BMP", "PPM", "WEBP", "JPEG2000")),
        _save(_GRAY, "JPEG", progressive=True),
        _save(_DEEP, "PNG"),
        _save(np.dstack([color, _GRAY]), "PNG"),
        _save(_GRAY, "TIFF", compression="tiff_lzw"),
        imagecodecs.png_encode(deep_color),
        imagecodecs.jpeg2k_encode(_DEEP, bitspersample=12, level=0, reversible=True),
        imagecodecs.jpeg8_encode(_DEEP, bitspersample=12),
        imagecodecs.ljpeg_encode(_DEEP, bitspersample=12),
        _save_tiff(_DEEP.astype(np.int16)),
        _save_tiff(_DEEP.astype(np.float32), compression="zlib", predictor=3),
        _save_tiff(_DEEP, compression="lzw"),
        _save_tiff(np.moveaxis(deep_color, -1, 0), photometric="rgb", planarconfig="separate"),
        _save_tiff(_DEEP.astype(np.int16), tile=(16, 16), compression="packbits"),
        _save_tiff(_DEEP, bitspersample=12),
    ]


def read(content: bytes) -> None:
    """Reads a file as preparation and as the scores do."""
    for pixels in (read_gray(content, "x", "image"), read_color(content, "x", "image")):
        assert pixels.dtype == np.uint8
        assert pixels.size


def _save(pixels: np.ndarray, file_format: str, **options: object) -> bytes:
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, file_format, **options)
    return content.getvalue()


def _save_tiff(values: np.ndarray, **options: object) -> bytes:
    content = io.BytesIO()
    tifffile.imwrite(content, values, metadata=None, **{"photometric": "minisblack", **options})
    return content.getvalue()


if __name__ == "__main__":
    sys.exit(main(read, create_samples()))
