"""Files that Pillow would cut to 8 bits or not open: deep color in PNG and JPEG 2000, JPEG of 9 to 16 bits."""

import struct
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from PIL import Image

from dcgan_jax.data.reading.deep_values import store_deep
from dcgan_jax.data.reading.formats import FileFormat
from dcgan_jax.data.reading.pillow_reader import load_image
from dcgan_jax.data.reading.stored_image import EIGHT_BITS, BadImageError, SampleType, StoredImage

_JPEG_2000_SIZE = b"\xff\x4f\xff\x51"
_JPEG_FRAMES = frozenset({*range(0xC0, 0xD0), 0xF7}) - {0xC4, 0xC8, 0xCC}  # SOF0 to SOF15, JPEG-LS; not the tables
_FRAMES_OF_PILLOW = (0xC0, 0xC1, 0xC2)  # baseline, extended and progressive; not lossless
_PNG_SAMPLES = {2: 3, 4: 2, 6: 4}  # samples a pixel by the number of the color type; gray alone is Pillow's


class DeepHeader(NamedTuple):
    """What such a file says of itself."""

    width: int
    height: int
    samples: int
    sample: SampleType
    mark: int = 0
    """Which frame of JPEG it is: how it is compressed."""


def read_deep_header(content: bytes, file_format: FileFormat) -> DeepHeader | None:
    """Returns the header of a file that this module must decode, None of one that Pillow reads as it is."""
    readers: dict[str, Callable[[bytes], DeepHeader | None]]
    readers = {"PNG": _read_png, "JPEG": _read_jpeg, "JPEG 2000": _read_jpeg_2000}
    try:
        return readers[file_format.name](content) if file_format.name in readers else None
    except (IndexError, struct.error):  # cut short: Pillow says what is wrong
        return None


def decode_deep(content: bytes, header: DeepHeader, file: str, file_format: FileFormat, color: bool) -> StoredImage:
    """Returns the values of such a file.

    Raises:
      BadImageError: it is broken, or has another number of samples than gray or color has.
    """
    import imagecodecs  # takes a moment to load, and few files need it

    decoders = {
        "PNG": imagecodecs.png_decode,
        "JPEG": imagecodecs.jpeg_decode,
        "JPEG 2000": imagecodecs.jpeg2k_decode,
    }
    try:
        values = np.asarray(decoders[file_format.name](content))
    except Exception as error:  # each codec has errors of its own
        raise BadImageError(file, f"it is truncated or broken ({error})") from error
    if values.ndim == 3 and values.shape[-1] == 1:
        values = values[..., 0]
    if values.shape[:2] != (header.height, header.width) or values.shape[2:] not in ((), (2,), (3,), (4,)):
        reason = f"it has {header.samples} samples of {header.sample} a pixel, which is neither gray nor color"
        raise BadImageError(file, reason)
    if header.sample == EIGHT_BITS:
        return load_image(Image.fromarray(values), file, color)
    return store_deep(values, header.sample, file, color)


def _read_png(content: bytes) -> DeepHeader | None:
    width, height, bits, color = struct.unpack_from(">IIBB", content, 16)
    if bits != 16 or color not in _PNG_SAMPLES:
        return None
    return DeepHeader(width, height, _PNG_SAMPLES[color], SampleType("unsigned", 16))


def _read_jpeg_2000(content: bytes) -> DeepHeader | None:
    header = read_jpeg_2000_size(content)
    return None if header is None or header.sample == EIGHT_BITS else header


def _read_jpeg(content: bytes) -> DeepHeader | None:
    frame = read_jpeg_frame(content)
    return None if frame is None or (frame.sample == EIGHT_BITS and frame.mark in _FRAMES_OF_PILLOW) else frame


def read_jpeg_2000_size(content: bytes) -> DeepHeader | None:
    """Returns what the codestream of a JPEG 2000 file says of its first component, None where there is none.

    Raises struct.error or IndexError if it is cut short.
    """
    start = content.find(_JPEG_2000_SIZE)
    if start < 0:
        return None
    right, bottom, left, top = struct.unpack_from(">4I", content, start + 8)
    samples, depth = struct.unpack_from(">HB", content, start + 40)
    return DeepHeader(
        right - left, bottom - top, samples, SampleType("signed" if depth & 128 else "unsigned", (depth & 127) + 1)
    )


def read_jpeg_frame(content: bytes) -> DeepHeader | None:
    """Returns what the frame header of a JPEG or JPEG-LS file says, None where there is none; raises as above."""
    place = 2
    while content[place] == 0xFF:
        mark, length = content[place + 1], struct.unpack_from(">H", content, place + 2)[0]
        if mark in _JPEG_FRAMES:
            bits, height, width, samples = struct.unpack_from(">BHHB", content, place + 4)
            return DeepHeader(width, height, samples, SampleType("unsigned", bits), mark)
        place += 2 + length
    return None
