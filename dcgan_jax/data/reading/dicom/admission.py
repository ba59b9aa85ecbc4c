"""Which DICOM objects are one gray frame to learn from; the others are refused by their true reason."""

from dcgan_jax.data.reading.dicom.elements import Elements
from dcgan_jax.data.reading.dicom.frame import Layout, check_syntax
from dcgan_jax.data.reading.dicom.header import PIXELS, Header, as_uid
from dcgan_jax.data.reading.pillow_reader import check_size
from dcgan_jax.data.reading.stored_image import BadImageError

_GRAY = ("MONOCHROME1", "MONOCHROME2")
_COLOR = ("RGB", "YBR", "PALETTE COLOR", "HSV", "ARGB", "CMYK", "XYB")


def admit(header: Header, file: str) -> Layout:
    """Returns how the pixels lie in a file that is one gray frame.

    Raises:
      BadImageError: it is another object, is not meant to be looked at, may name a patient in its pixels, contradicts
        itself, or is encoded in a way that can't be decoded.
    """
    elements = header.elements
    _check_object(header, file)
    _check_meant_for_eyes(elements, file)
    rows, columns = elements.whole("Rows"), elements.whole("Columns")
    if not rows or not columns:
        raise BadImageError(file, "its DICOM header tells no size of the image")
    check_size(columns, rows, file)
    allocated = elements.whole("BitsAllocated")
    if allocated not in (8, 16):
        raise BadImageError(file, f"it has {allocated or 'no'} bits a pixel, and radiographs have 8 or 16")
    stored = elements.whole("BitsStored") or allocated
    high = elements.whole("HighBit")
    high = stored - 1 if high is None else high
    if not stored <= high + 1 <= allocated:
        raise BadImageError(file, f"its DICOM header contradicts itself: {stored} bits up to {high} of {allocated}")
    check_syntax(header.syntax, file)
    return Layout(rows, columns, allocated, stored, high, elements.whole("PixelRepresentation") == 1)


def _check_object(header: Header, file: str) -> None:
    elements = header.elements
    if header.pixels is None:
        raise BadImageError(file, f"it is a DICOM object without an image ({_name_object(elements)})")
    if header.pixels.tag != PIXELS:
        raise BadImageError(file, f"its pixels are floats, and those of radiographs are not ({_name_object(elements)})")
    frames = elements.decimals("NumberOfFrames")
    if frames and frames[0] > 1:
        raise BadImageError(file, f"it has {frames[0]:.0f} frames; save the one to use as a file of its own")
    if "SharedFunctionalGroupsSequence" in elements:
        raise BadImageError(
            file, "it is an enhanced object, whose transformations are told frame by frame: save it as a classic one"
        )
    samples, photometry = elements.whole("SamplesPerPixel") or 1, elements.text("PhotometricInterpretation")
    if samples == 1 and photometry in _GRAY:
        return
    kind = next((kind for kind in _COLOR if photometry.startswith(kind)), None)
    if samples > 1 or kind:
        raise BadImageError(file, f"it is in color ({kind or 'of some kind'}): gray DICOM files alone are read")
    raise BadImageError(file, "its DICOM header does not say whether 0 is black (PhotometricInterpretation)")


def _check_meant_for_eyes(elements: Elements, file: str) -> None:
    if elements.text("PresentationIntentType") == "FOR PROCESSING":
        raise BadImageError(
            file, "it is FOR PROCESSING, what the detector saw: use the FOR PRESENTATION file of the same exposure"
        )
    if elements.text("BurnedInAnnotation") == "YES":
        raise BadImageError(
            file, "text is burnt into its pixels (BurnedInAnnotation YES), which may name the patient: cover it first"
        )


def _name_object(elements: Elements) -> str:
    uid = as_uid(elements.text("SOPClassUID"))
    return uid.name if uid and uid.name != uid else "of an unknown kind"
