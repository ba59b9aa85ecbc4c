"""TIFF files that are not simply 8 bits unsigned: any depth, sign, float, photometry, arrangement and byte order."""

import io
import logging
import operator
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from dcgan_jax.data.reading.deep_values import store_deep
from dcgan_jax.data.reading.pillow_reader import check_pages, check_size
from dcgan_jax.data.reading.stored_image import (
    MAX_PIXELS,
    ORIENTATION_TAG,
    BadImageError,
    SampleType,
    StoredImage,
    set_upright,
)

if TYPE_CHECKING:
    from tifffile import TiffPage

# It logs what it finds odd in a file; the reason why one can't be used is in the error.
logging.getLogger("tifffile").setLevel(logging.CRITICAL)

_KINDS: dict[int, Literal["unsigned", "signed", "float"]] = {1: "unsigned", 2: "signed", 3: "float"}  # SampleFormat
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB = 0, 1, 2  # PhotometricInterpretation
_COLORS = {_WHITE_IS_ZERO: 1, _BLACK_IS_ZERO: 1, _RGB: 3}
_PREMULTIPLIED, _OPACITY = 1, 2  # ExtraSamples


def open_page(content: bytes, file: str) -> "TiffPage":
    """Returns the one page of a file, of which the tags alone are read.

    Raises:
      BadImageError: the tags are broken, or tell of several pages or of too many pixels.
    """
    from tifffile import TiffFile  # takes half a second to import, which who has no such files should not wait for

    try:
        tiff = TiffFile(io.BytesIO(content))
        pages = len(tiff.pages)
        page = tiff.pages.first
        size = page.imagewidth, page.imagelength, page.imagedepth, page.tilewidth, page.tilelength
        width, height, depth, tile_width, tile_height = map(operator.index, size)  # damage can make several of one
    except Exception as error:  # a broken file raises almost anything
        raise BadImageError(file, f"its TIFF header is broken ({error})") from error
    check_pages(pages, file)
    check_size(width, height * max(depth, 1), file)
    check_size(tile_width, tile_height, file)
    if width * height * depth == 0:
        raise BadImageError(file, "its TIFF header is broken (it has no pixels)")
    return page


def is_simple(page: "TiffPage") -> bool:
    """Returns whether Pillow reads such a file exactly: unsigned, with 8 bits or fewer."""
    return page.sampleformat in (None, 1) and max(_list_bits(page), default=1) <= 8


def decode_page(page: "TiffPage", file: str, color: bool) -> StoredImage:
    """Returns the values of a page, with 0 or the least value as black whichever is black in the file.

    Raises:
      BadImageError: it is broken, or of a kind that is no gray or color image.
    """
    sample, opacity = _find_type(page, file)
    try:
        values = np.squeeze(page.asarray(maxworkers=1))
    except Exception as error:  # as above
        raise BadImageError(file, f"it is truncated or broken ({error})") from error
    shape = page.imagelength, page.imagewidth
    samples = page.samplesperpixel
    if page.planarconfig == 2 and samples > 1:
        values = np.moveaxis(values.reshape(samples, *shape), 0, -1)
    values = values.reshape(shape if samples == 1 else (*shape, samples))
    colors = _COLORS[page.photometric]
    if samples > colors and opacity not in (_PREMULTIPLIED, _OPACITY):
        values, samples = values[..., :colors], colors
    if values.ndim == 3 and values.shape[-1] == 1:
        values = values[..., 0]
    if page.photometric == _WHITE_IS_ZERO:
        values = _invert(values, sample)
    values = set_upright(values, _read_tag(page, ORIENTATION_TAG))
    return store_deep(values, sample, file, color, premultiplied=opacity == _PREMULTIPLIED)


def _find_type(page: "TiffPage", file: str) -> tuple[SampleType, int | None]:
    """Returns what a sample of the page is, and what the sample beyond gray or color means."""
    bits, samples = _list_bits(page), page.samplesperpixel
    kind = _KINDS.get(page.sampleformat or 1)
    if kind is None or len(set(bits)) != 1 or page.dtype is None:
        raise BadImageError(
            file,
            f"it is a TIFF of {samples} samples of {bits} bits in sample format {page.sampleformat}, which is not read",
        )
    colors = _COLORS.get(page.photometric)
    if colors is None or samples not in (colors, colors + 1):
        raise BadImageError(
            file,
            f"it is a TIFF of {samples} samples of {bits[0]} bits with the photometric "
            f"interpretation {page.photometric!s}, which is not read",
        )
    if page.imagedepth > 1:
        raise BadImageError(file, f"it is a TIFF volume of {page.imagedepth} planes, and no image")
    sample = SampleType(kind, bits[0])
    needed = page.imagewidth * page.imagelength * samples * np.dtype(page.dtype).itemsize
    if needed > MAX_PIXELS * 8:
        raise BadImageError(file, f"it would take {needed:,} bytes of memory")
    return sample, int(page.extrasamples[0]) if page.extrasamples else None


def _list_bits(page: "TiffPage") -> tuple[int, ...]:
    bits: Any = page.bitspersample
    return tuple(bits) if isinstance(bits, tuple) else (bits,)


def _read_tag(page: "TiffPage", number: int) -> object:
    tag = page.tags.get(number)
    return tag.value if tag else None


def _invert(values: np.ndarray, sample: SampleType) -> np.ndarray:
    """Exchanges black and white of all but opacity."""
    shown = values[..., 0] if values.ndim == 3 else values
    if sample.kind == "float":
        inverted = 1 - shown
    elif sample.kind == "signed":
        inverted = -1 - shown
    else:
        inverted = np.asarray(sample.limits[1], values.dtype) - shown
    if values.ndim == 2:
        return inverted
    return np.stack([inverted, values[..., 1]], axis=-1)
