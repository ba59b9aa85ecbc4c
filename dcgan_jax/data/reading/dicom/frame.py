"""The pixels of a DICOM file -> stored values: the first gray frame, of any transfer syntax, without GPL code.

What is compressed is decoded by imagecodecs, which this package reads other formats with, and only where the image's
own header agrees with the file's about the size.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, BinaryIO, cast

import numpy as np
from jaxtyping import Integer, UInt, UInt16
from pydicom.encaps import generate_fragments, get_frame
from pydicom.uid import UID

from dcgan_jax.data.reading.codec_reader import DeepHeader, read_jpeg_2000_size, read_jpeg_frame
from dcgan_jax.data.reading.dicom.header import BIG_ENDIAN, DEFLATED, EXPLICIT, IMPLICIT, BoundedStream, Header
from dcgan_jax.data.reading.stored_image import MAX_PIXELS, BadImageError

_NATIVE = frozenset((IMPLICIT, EXPLICIT, BIG_ENDIAN, DEFLATED))
_RLE = "1.2.840.10008.1.2.5"
_JPEG = frozenset(f"1.2.840.10008.1.2.4.{number}" for number in (50, 51, 57, 70))
_JPEG_LS = frozenset(f"1.2.840.10008.1.2.4.{number}" for number in (80, 81))
_JPEG_2000 = frozenset(f"1.2.840.10008.1.2.4.{number}" for number in (90, 91, 201, 202, 203))
_JPEG_END = b"\xff\xd9"
_LONGEST_FRAGMENT = MAX_PIXELS * 4


@dataclass(frozen=True)
class Layout:
    """How pixels lie in a file."""

    rows: int
    columns: int
    allocated: int  # bits that a pixel takes, 8 or 16
    stored: int  # bits of those that are its value
    high: int  # place of the highest of them, from 0
    is_signed: bool  # whether the value is in two's complement


@dataclass(frozen=True)
class Frame:
    """Stored values of a frame."""

    indices: UInt16[np.ndarray, "rows columns"]  # values counted from the least that the type has
    bits: int  # of the type
    is_signed: bool  # whether the type is
    notes: tuple[str, ...] = ()  # what was odd about the pixels

    @property
    def least(self) -> int:
        """The value that index 0 stands for."""
        return -(1 << self.bits - 1) if self.is_signed else 0


def check_syntax(syntax: UID, file: str) -> None:
    """Raises BadImageError if files of this transfer syntax can't be decoded."""
    if syntax not in _NATIVE | _JPEG | _JPEG_LS | _JPEG_2000 | {_RLE}:
        name = syntax.name if syntax.name != syntax else "a private one"
        number = syntax if syntax.is_transfer_syntax else "unknown"
        raise BadImageError(
            file,
            f"there is no decoder for its transfer syntax ({name}, {number}): install python-gdcm, whose "
            "gdcmconv --raw writes it uncompressed",
        )


def read_frame(header: Header, layout: Layout, file: str) -> Frame:
    """Returns the first frame of a file whose syntax has passed `check_syntax`, of which 8 or 16 bits are allocated.

    Raises:
      BadImageError: the pixels are cut short or broken, or their own header contradicts the file's.
    """
    if header.syntax in _NATIVE:
        raw = _read_native(header, layout, file)
    elif header.syntax == _RLE:
        raw = _decode_rle(_join_fragments(header, file), layout, file)
    else:
        return _decode(_join_fragments(header, file), header.syntax, layout, file)
    return _index(raw, layout.stored, layout.high, layout.is_signed)


def _read_native(header: Header, layout: Layout, file: str) -> UInt[np.ndarray, "rows columns"]:
    assert header.pixels is not None
    dtype = np.dtype("u1" if layout.allocated == 8 else ">u2" if header.syntax == BIG_ENDIAN else "<u2")
    needed = layout.rows * layout.columns * dtype.itemsize
    header.stream.seek(header.pixels.start)
    content = header.stream.read(needed if header.pixels.length is None else min(needed, header.pixels.length))
    if len(content) < needed:
        raise BadImageError(file, f"it is truncated: {len(content):,} of {needed:,} bytes of its pixels are there")
    return np.frombuffer(content, dtype).reshape(layout.rows, layout.columns)


def _join_fragments(header: Header, file: str) -> bytes:
    """Returns the compressed frame; of one alone all fragments, whatever the table before them says of frames."""
    assert header.pixels is not None
    stream = BoundedStream(header.stream, _LONGEST_FRAGMENT)
    try:
        stream.seek(header.pixels.start)
        if (frames := header.elements.frames) > 1:
            content = get_frame(cast(BinaryIO, stream), 0, number_of_frames=frames)
        else:
            _, table = struct.unpack("<LL", stream.read(8))
            stream.seek(min(stream.tell() + table, stream.size))
            content = b"".join(generate_fragments(cast(BinaryIO, stream)))
    except Exception:
        raise BadImageError(file, "its compressed pixels are broken") from None
    if not content:
        raise BadImageError(file, "it is truncated: none of its compressed pixels are there")
    return content


def _decode_rle(content: bytes, layout: Layout, file: str) -> np.ndarray:
    import imagecodecs  # takes a moment to load

    dtype = np.dtype(f"<u{layout.allocated // 8}")
    needed = layout.rows * layout.columns * dtype.itemsize
    decoded = _run(lambda: imagecodecs.dicomrle_decode(content, dtype, out=needed), "RLE", file)
    if len(decoded) != needed:
        raise BadImageError(file, f"it is truncated: {len(decoded):,} of {needed:,} bytes of its pixels are there")
    return np.frombuffer(decoded, dtype).reshape(layout.rows, layout.columns)


def _decode(content: bytes, syntax: UID, layout: Layout, file: str) -> Frame:
    """Decodes JPEG, JPEG-LS and JPEG 2000.

    Of JPEG 2000 the number of bits is the codestream's. Which of them are negative, the file's header says: where the
    two disagree about the sign, the codestream holds the header's two's complement, cut to its bits (pydicom#1149).
    """
    import imagecodecs  # as above

    is_2000 = syntax in _JPEG_2000
    try:
        own = (read_jpeg_2000_size if is_2000 else read_jpeg_frame)(content)
    except (IndexError, struct.error):
        own = None
    _check_codestream(own, layout, file)
    assert own is not None
    decode_fn: Any = imagecodecs.jpeg2k_decode if is_2000 else imagecodecs.jpeg_decode
    if syntax in _JPEG_LS:
        decode_fn = imagecodecs.jpegls_decode
        content += _JPEG_END  # without a marker, CharLS never ends on some codestreams that are cut short
    values = np.asarray(_run(lambda: decode_fn(content), syntax.name, file))
    if values.shape != (layout.rows, layout.columns) or values.dtype.kind not in "iu" or values.itemsize > 2:
        raise BadImageError(file, "its compressed pixels are broken: they are not what their header tells")
    notes: tuple[str, ...] = ()
    if is_2000 and (own.sample.kind == "signed") != layout.is_signed:
        notes = (f"PixelRepresentation is {int(layout.is_signed)}, JPEG 2000 says {own.sample.kind}: the bits count",)
    bits = own.sample.bits if is_2000 else min(own.sample.bits, layout.stored)
    return replace(_index(values.view(f"u{values.itemsize}"), bits, bits - 1, layout.is_signed), notes=notes)


def _check_codestream(own: DeepHeader | None, layout: Layout, file: str) -> None:
    if own is None:
        raise BadImageError(file, "its compressed pixels are broken: they have no header")
    if (own.width, own.height) != (layout.columns, layout.rows):
        sizes = f"{layout.columns} x {layout.rows} pixels and the compressed image of {own.width} x {own.height}"
        raise BadImageError(file, f"its header tells of {sizes}")
    if own.samples != 1 or not 1 <= own.sample.bits <= 16:
        kind = f"{own.samples} samples of {own.sample.bits} bits a pixel"
        raise BadImageError(file, f"its compressed image has {kind}, which is not read")


def _run(decode_fn: Callable[[], Any], what: str, file: str) -> Any:
    try:
        return decode_fn()
    except ImportError as error:  # an imagecodecs that was built without this codec
        raise BadImageError(file, f"imagecodecs here is without a decoder for {what}: install it from PyPI") from error
    except Exception as error:  # each codec has errors of its own
        raise BadImageError(file, f"its compressed pixels are truncated or broken ({error})") from error


def _index(raw: Integer[np.ndarray, "rows columns"], bits: int, high: int, is_signed: bool) -> Frame:
    """Takes the stored bits out of their words; what is above or below them is no part of the value."""
    shift, mask = high + 1 - bits, (1 << bits) - 1
    # The order of the indices is that of the values: in two's complement, the sign bit turns it round.
    turned = 1 << bits - 1 if is_signed else 0
    indices = np.empty(raw.shape, np.uint16)
    for row in range(len(raw)):
        indices[row] = ((raw[row].astype(np.uint16) >> shift) & mask) ^ turned
    return Frame(indices, bits, is_signed)
