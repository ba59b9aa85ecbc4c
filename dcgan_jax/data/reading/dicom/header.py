"""The elements of a DICOM file that its pixels and its owner are known by, read with bounds of work and memory.

pydicom parses; it trusts lengths and nesting, so it is given a stream that ends the reading of a hostile file: after so
many reads, at a value that is far too long, and where deflated content does not stop growing.
"""

import io
import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import BinaryIO, cast

from pydicom.config import IGNORE
from pydicom.datadict import tag_for_keyword
from pydicom.filereader import data_element_generator
from pydicom.tag import BaseTag
from pydicom.uid import UID

from dcgan_jax.data.reading.dicom.elements import FUNCTIONAL_GROUPS, Element, Elements
from dcgan_jax.data.reading.dicom.signature import MARK, MARK_AT
from dcgan_jax.data.reading.stored_image import BadImageError

IMPLICIT = "1.2.840.10008.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
BIG_ENDIAN = "1.2.840.10008.1.2.2"
DEFLATED = "1.2.840.10008.1.2.1.99"
_KEYWORDS = (
    *("SOPClassUID", "PresentationIntentType", "PatientID", "IssuerOfPatientID", "ViewPosition"),
    *("SamplesPerPixel", "PhotometricInterpretation", "NumberOfFrames", "Rows", "Columns"),
    *("BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "PixelPaddingValue", "PixelPaddingRangeLimit"),
    *("BurnedInAnnotation", "RescaleSlope", "RescaleIntercept", "ModalityLUTSequence"),
    *("WindowCenter", "WindowWidth", "VOILUTFunction", "VOILUTSequence", "PresentationLUTShape"),
    "SharedFunctionalGroupsSequence",
)
PIXELS, FLOATS, DOUBLES = 0x7FE00010, 0x7FE00008, 0x7FE00009
_META = 2  # the group of a file's own elements, before those of the object
_LARGE_GROUP = 0x100
_UNDEFINED = 0xFFFFFFFF
_MOST_READS = 100_000  # a header of a radiograph takes some hundreds
_LONGEST_VALUE = 2**20  # bytes; a lookup table has 2**17
_LONGEST_INFLATED = 2**28  # bytes; `MAX_PIXELS` of 16 bits are fewer


class BoundedStream:
    """A stream for pydicom that gives no more than is there, in no more reads than any honest file needs."""

    def __init__(self, stream: io.BufferedIOBase, longest: int = _LONGEST_VALUE):
        self._stream, self._longest, self._reads = stream, longest, 0
        here = stream.tell()
        self.size = stream.seek(0, io.SEEK_END)
        stream.seek(here)

    def read(self, length: int = -1) -> bytes:
        """Returns the next bytes; fewer where the stream ends."""
        self._reads += 1
        left = max(self.size - self._stream.tell(), 0)
        length = left if length < 0 else min(length, left)
        if self._reads > _MOST_READS or length > self._longest:
            raise _EndlessError
        return self._stream.read(length)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """See `io.IOBase.seek`."""
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        """See `io.IOBase.tell`."""
        return self._stream.tell()


class _EndlessError(Exception):
    """A file asks for more than any honest one does."""


@dataclass(frozen=True)
class PixelElement:
    """Where the pixels are."""

    tag: int  # `PIXELS`, or `FLOATS` or `DOUBLES` of those that are no whole numbers
    start: int  # of the value in `Header.stream`
    length: int | None  # of the value in bytes; None where fragments follow each other to a delimiter


@dataclass(frozen=True)
class Header:
    """The elements of a file."""

    elements: Elements  # those that are needed, down to the pixels
    syntax: UID
    pixels: PixelElement | None
    stream: io.BufferedIOBase  # the file, inflated where it was deflated


def read_header(stream: io.BufferedIOBase, file: str, reads_frame_groups: bool = False) -> Header:
    """Returns the elements of a file from its beginning down to its pixels; the stream is read further when they are.

    What functional groups say of the first frame is among them; of a file of several, only where those are asked for,
    since each frame has a group.

    Raises:
      BadImageError: the file is no DICOM file, broken, or hostile.
      OSError: the system does not give it.
    """
    try:
        return _read(stream, file, reads_frame_groups)
    except _EndlessError:
        raise BadImageError(file, "its DICOM header does not end within what any radiograph needs") from None
    except BadImageError:
        raise
    except Exception as error:  # what pydicom raises may quote the header, and so the patient
        if isinstance(error, OSError) and error.errno is not None:  # pydicom raises some without a number
            raise
        raise BadImageError(file, "its DICOM header is broken") from None


def as_uid(text: str) -> UID:
    """Returns a text as a UID, without a warning that quotes it where it is none."""
    return UID(text, validation_mode=IGNORE)


def _read(stream: io.BufferedIOBase, file: str, reads_frame_groups: bool) -> Header:
    bounded = BoundedStream(stream)
    stream.seek(MARK_AT)
    if bounded.read(len(MARK)) != MARK:
        stream.seek(0)
    meta = _parse(bounded, EXPLICIT, ["TransferSyntaxUID"], lambda tag, vr, length: tag >> 16 != _META)
    syntax = Elements(meta, file).text("TransferSyntaxUID")
    if syntax == DEFLATED:
        stream = io.BytesIO(_inflate(stream.read(), file))
        bounded = BoundedStream(stream)
    syntax = _correct_syntax(bounded, syntax)
    pixels: list[PixelElement] = []

    def is_pixels(tag: BaseTag, vr: str | None, length: int) -> bool:
        if tag in (PIXELS, FLOATS, DOUBLES):
            pixels.append(PixelElement(tag, bounded.tell(), None if length == _UNDEFINED else length))
        return bool(pixels)

    start = bounded.tell()
    elements = Elements(_parse(bounded, syntax, _KEYWORDS, is_pixels), file)
    if "SharedFunctionalGroupsSequence" in elements and (reads_frame_groups or elements.frames == 1):
        bounded.seek(start)
        groups = _parse(bounded, syntax, FUNCTIONAL_GROUPS, lambda tag, vr, length: tag in (PIXELS, FLOATS, DOUBLES))
        elements = elements.with_frame(Elements(groups, file))
    return Header(elements, as_uid(syntax), pixels[0] if pixels else None, stream)


def _parse(
    stream: BoundedStream,
    syntax: str,
    keywords: Sequence[str],
    stop_when: Callable[[BaseTag, str | None, int], bool],
) -> dict[int, Element]:
    found = data_element_generator(
        cast(BinaryIO, stream),
        is_implicit_VR=syntax == IMPLICIT,
        is_little_endian=syntax != BIG_ENDIAN,
        stop_when=stop_when,
        specific_tags=[cast(int, tag_for_keyword(keyword)) for keyword in keywords],
    )
    return {element.tag: element for element in found}


def _correct_syntax(stream: BoundedStream, syntax: str) -> str:
    """Returns the transfer syntax that the first element is in, where the file says none or a wrong one."""
    start = stream.tell()
    first = stream.read(6)
    stream.seek(start)
    is_explicit = first[4:].isalpha() and first[4:].isupper()
    if syntax and (syntax == IMPLICIT) != is_explicit:
        return syntax
    if not is_explicit:
        return IMPLICIT
    # Groups are small numbers, whichever end comes first.
    return EXPLICIT if struct.unpack("<H", first[:2])[0] < _LARGE_GROUP else BIG_ENDIAN


def _inflate(content: bytes, file: str) -> bytes:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    inflated = inflater.decompress(content, _LONGEST_INFLATED)
    if inflater.unconsumed_tail:
        raise BadImageError(file, f"it inflates to more than {_LONGEST_INFLATED:,} bytes")
    return inflated
