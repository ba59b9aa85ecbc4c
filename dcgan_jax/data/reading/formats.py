"""Which format a file is in, by its first bytes: names lie, and files come without a suffix."""

from typing import NamedTuple

from dcgan_jax.data.reading.dicom.signature import is_dicom

HEAD_BYTES = 352
"""How much of a file `find_format` looks at."""


class FileFormat(NamedTuple):
    """A format, and the one reader of Pillow that may open it; None: Pillow does not.

    Pillow's other readers (EPS runs Ghostscript, for one) are nothing to point at files from elsewhere.
    """

    name: str
    pillow: str | None

    @property
    def is_read(self) -> bool:
        """Whether images of this format can be read; others are known, so that what they are can be said."""
        return self.pillow is not None or self == DICOM


DICOM = FileFormat("DICOM", None)
DICOM_DIRECTORY = FileFormat("DICOM directory", None)

_JPEG_2000 = FileFormat("JPEG 2000", "JPEG2000")
_TIFF = FileFormat("TIFF", "TIFF")
_HEIF = FileFormat("HEIF", None)
_MARKS = (
    (0, b"\xff\xd8\xff", FileFormat("JPEG", "JPEG")),
    (0, b"\x89PNG\r\n\x1a\n", FileFormat("PNG", "PNG")),
    (0, b"II*\0", _TIFF),
    (0, b"MM\0*", _TIFF),
    (0, b"II+\0", _TIFF),
    (0, b"MM\0+", _TIFF),
    (0, b"GIF87a", FileFormat("GIF", "GIF")),
    (0, b"GIF89a", FileFormat("GIF", "GIF")),
    (8, b"WEBP", FileFormat("WebP", "WEBP")),
    (0, b"\0\0\0\x0cjP  \r\n\x87\n", _JPEG_2000),
    (0, b"\xff\x4f\xff\x51", _JPEG_2000),
    (0, b"\xff\x0a", FileFormat("JPEG XL", None)),
    (0, b"\0\0\0\x0cJXL \r\n\x87\n", FileFormat("JPEG XL", None)),
    (4, b"ftypavif", FileFormat("AVIF", None)),
    (4, b"ftyphei", _HEIF),
    (4, b"ftypmif1", _HEIF),
    (0, b"8BPS", FileFormat("Photoshop", None)),
    (0, b"%PDF", FileFormat("PDF", None)),
    (0, b"%!PS", FileFormat("PostScript", None)),
    (344, b"n+1\0", FileFormat("NIfTI", None)),
    (0, b"\x89HDF", FileFormat("HDF5", None)),
)
_LISTS_FILES = b"1.2.840.10008.1.3.10"  # the kind of object that a DICOMDIR is
_BMP, _PNM = FileFormat("BMP", "BMP"), FileFormat("PNM", "PPM")


def find_format(head: bytes) -> FileFormat | None:
    """Returns the format of a file that begins with these `HEAD_BYTES`; None where it is none that is known."""
    if is_dicom(head):
        return DICOM_DIRECTORY if _LISTS_FILES in head else DICOM
    for place, mark, found in _MARKS:
        if head.startswith(mark, place):
            return found
    if head[:2] == b"BM" and head[6:10] == b"\0\0\0\0":  # two letters alone begin many texts
        return _BMP
    if head[:1] == b"P" and head[1:2] in b"123456" and head[2:3].isspace():
        return _PNM
    return None
