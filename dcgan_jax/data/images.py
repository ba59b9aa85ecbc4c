"""One image file -> its pixels: JPEG, PNG, TIFF, BMP, PNM, WebP, GIF, JPEG 2000 and DICOM, known by content.

- Color becomes luma (ITU-R 601, which leaves gray stored as color as it is); palettes and CMYK are resolved first.
- Transparent pixels become black, as air is in an X-ray.
- The orientation that a camera or a scanner recorded (EXIF) is applied.
- Files with several pages are refused: which page is the X-ray is not ours to guess.
- Values deeper than 8 bits stay what they are; `intensity.py` brings them to 8.

Pillow reads what has 8 bits a sample, tifffile and imagecodecs what Pillow would cut or scramble, pydicom the headers
of DICOM files (`reading/dicom`), which are shown as they ask for themselves where `intensity` is a range of many.
"""

import errno
import io
import os
import stat
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from dcgan_jax.data.equalization import equalize
from dcgan_jax.data.intensity import DepthGroup, choose_range, measure_depth, to_8_bits
from dcgan_jax.data.reading import codec_reader, pillow_reader, tiff_reader
from dcgan_jax.data.reading.formats import DICOM, HEAD_BYTES, FileFormat, find_format
from dcgan_jax.data.reading.stored_image import (
    ORIENTATION_TAG,
    BadImageError,
    StoredImage,
    UnreadableFileError,
    set_upright,
)

MAX_FILE_BYTES = 2**29
"""Larger files are refused before they are read."""

_WILL_NOT_CHANGE = (errno.ENOENT, errno.ELOOP, errno.ENOTDIR)  # links to nothing and to themselves


@dataclass(frozen=True)
class OpenedImage:
    """An image of which the header has been read."""

    num_bytes: int  # about what decoding takes of memory
    load: Callable[[], StoredImage]  # decodes it; raises BadImageError
    may_be_deep: bool = True  # whether its values may have to be brought to 8 bits


def read_file(path: Path) -> bytes:
    """Returns the content of a file that should be an image; raises as `opening`."""
    with opening(path) as file:
        return file.read()


@contextmanager
def opening(path: Path) -> Iterator[io.BufferedReader]:
    """Opens a file that should be an image.

    Raises:
      BadImageError: it is no regular file, too large, or a link to nothing.
      UnreadableFileError: the system does not give it, now.
    """
    try:
        # Opening a named pipe would wait for somebody to write into it.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise BadImageError(str(path), "it is no regular file")
            if status.st_size > MAX_FILE_BYTES:
                raise BadImageError(str(path), f"it is {status.st_size:,} bytes long, more than {MAX_FILE_BYTES:,}")
            yield file
    except OSError as error:
        kind = BadImageError if error.errno in _WILL_NOT_CHANGE else UnreadableFileError
        raise kind(str(path), f"it can't be read ({error.strerror})") from error


def open_stored(content: bytes, file: str, color: bool = False, admit: Collection[str] = ()) -> OpenedImage:
    """Reads the header of an image file; see `read_stored`."""
    if not content:
        raise BadImageError(file, "it is empty")
    found = find_format(content[:HEAD_BYTES])
    if found is None:
        raise BadImageError(file, "its content is not an image of a known format")
    if not found.is_read:
        raise BadImageError(file, f"it is a {found.name} file, which is not read: save it as PNG or TIFF")
    if found == DICOM:
        from dcgan_jax.data.reading.dicom import reader  # pydicom takes a moment to import

        dicom, layout = reader.open_dicom(content, file, admit)
        return OpenedImage(16 * layout.rows * layout.columns, lambda: reader.load_dicom(dicom, layout, file))
    if found.name == "TIFF":
        page = tiff_reader.open_page(content, file)
        if not tiff_reader.is_simple(page):
            pixels = page.imagewidth * page.imagelength * page.samplesperpixel
            return OpenedImage(16 * pixels, lambda: tiff_reader.decode_page(page, file, color))
    if header := codec_reader.read_deep_header(content, found):
        pillow_reader.check_size(header.width, header.height, file)
        num_bytes = 16 * header.width * header.height * header.samples
        return OpenedImage(num_bytes, lambda: _decode_deep(content, header, file, found, color))
    image = pillow_reader.open_image(content, file, found)
    # Pillow keeps color in 4 bytes a pixel, beside which there is the luma.
    return OpenedImage(
        8 * image.width * image.height,
        lambda: pillow_reader.load_image(image, file, color),
        may_be_deep=image.mode in pillow_reader.DEEP_MODES,
    )


def read_stored(content: bytes, file: str, color: bool = False, admit: Collection[str] = ()) -> StoredImage:
    """Returns what an image file holds, given by its content and, for messages, its name; gray unless `color` is kept.

    DICOM files of the kinds in `data.admit` are read, too.

    Raises:
      BadImageError: when the file is no image, broken, of several pages or absurdly large.
    """
    return open_stored(content, file, color, admit).load()


def read_gray(
    content: bytes, file: str, intensity: str, admit: Collection[str] = (), groups: Sequence[DepthGroup] = ()
) -> UInt8[np.ndarray, "height width"]:
    """Returns the pixels of one image file, given by its content and, for messages, its name.

    The intensity says which values of a file deeper than 8 bits become 0 and 255: "container" (the ends of the type, 0
    and 1 for floats), "image" (the file's own), "equalize" (those, with an equalized histogram) or "dataset" (those of
    the one of the groups that holds the file, and where none does the file's own).

    Raises:
      BadImageError: as `read_stored`.
    """
    return show(read_stored(content, file, admit=admit), file, intensity, groups)


def read_color(
    content: bytes, file: str, intensity: str, groups: Sequence[DepthGroup] = ()
) -> UInt8[np.ndarray, "height width channel"]:
    """As `read_gray`, with color kept: one channel where all three are equal, three elsewhere.

    For scores, which must see the colors that other tools see; an RGB file with gray content gives one channel with
    exactly the values of each of its three.
    """
    pixels = show(read_stored(content, file, color=True), file, intensity, groups)
    if pixels.ndim == 2:
        return pixels[..., None]
    is_gray = (pixels == pixels[..., :1]).all()
    return pixels[..., :1] if is_gray else pixels


def show(
    stored: StoredImage, file: str, intensity: str, groups: Sequence[DepthGroup] = ()
) -> UInt8[np.ndarray, "height width *color"]:
    """Returns the 8 bits of an image; see `read_gray`."""
    shown = find_shown(stored, intensity)
    if not shown.is_deep:
        return shown.values
    return to_8_bits(shown.values, choose_range(measure_depth(shown), file, intensity, groups))


def find_shown(stored: StoredImage, intensity: str) -> StoredImage:
    """Returns the values of an image that are brought to 8 bits, which may have that already.

    With the intensity "dataset" a DICOM file is shown by the window or table that it brings, with the others by its
    modality values, as if it brought none.
    """
    if intensity == "dataset":
        return stored.as_displayed()
    if intensity == "equalize" and stored.is_deep:
        return StoredImage(equalize(stored.values), is_hidden=stored.is_hidden, steps=stored.steps)
    return stored


def _decode_deep(
    content: bytes, header: codec_reader.DeepHeader, file: str, found: FileFormat, color: bool
) -> StoredImage:
    stored = codec_reader.decode_deep(content, header, file, found, color)
    if found.name != "PNG":
        return stored
    try:
        orientation = pillow_reader.open_image(content, file, found).getexif().get(ORIENTATION_TAG)
    except Exception:  # what is no orientation turns nothing
        return stored
    return StoredImage(set_upright(stored.values, orientation), stored.sample, stored.is_hidden)
