"""A DICOM file -> its image: which objects are one gray frame to learn from, and what becomes of its values."""

import io
from collections.abc import Collection

import numpy as np
from jaxtyping import Float64

from dcgan_jax.data.reading.dicom.elements import Elements
from dcgan_jax.data.reading.dicom.frame import Frame, Layout, check_syntax, read_frame
from dcgan_jax.data.reading.dicom.header import PIXELS, Header, as_uid, read_header
from dcgan_jax.data.reading.dicom.steps import DicomSteps, WindowStep
from dcgan_jax.data.reading.dicom.transformation import (
    Rescale,
    Transformation,
    Window,
    find_transformation,
    look_up,
    tabulate,
)
from dcgan_jax.data.reading.pillow_reader import check_size
from dcgan_jax.data.reading.stored_image import BadImageError, SampleType, StoredImage

_VIEWS = frozenset(
    {"AP", "PA", "LL", "RL", "LLD", "RLD", "LLO", "RLO", "LATERAL", "LAT", "OBL"}
    | {"CC", "MLO", "ML", "LM", "LMO", "XCC", "XCCL", "XCCM", "SIO", "ISO", "FB", "CV", "AT"}
)


FOR_PROCESSING, FRAMES = "for_processing", "frames"
"""What `data.admit` names: images that are not meant to be looked at, and files of several frames."""


def open_dicom(content: bytes, file: str, admit: Collection[str] = ()) -> tuple[Header, Layout]:
    """Returns the header of a file that holds one gray frame; of several the first is meant, where they are admitted.

    Raises:
      BadImageError: it is another object, broken, or not to be read.
    """
    header = read_header(io.BytesIO(content), file, reads_frame_groups=FRAMES in admit)
    return header, find_layout(header, file, admit)


def load_dicom(header: Header, layout: Layout, file: str) -> StoredImage:
    """Returns the modality values of a file, upright, and how it says they are shown.

    Raises:
      BadImageError: its pixels or its transformations are broken.
    """
    frame = read_frame(header, layout, file)
    stored = np.arange(frame.least, frame.least + 2**frame.bits, dtype=np.float64)
    transformation = find_transformation(header.elements, stored, file)
    tables = tabulate(transformation, stored)
    values, display = tables.modality, tables.display
    sample = _choose_type(values)
    ends = float(values.min()), float(values.max())
    present = _list_present(frame)
    if has_padding := bool((tables.padding & present).any()):
        seen = present & ~tables.padding
        values = np.where(tables.padding, values[seen].min() if seen.any() else ends[0], values)
        display = None if display is None else np.where(tables.padding, 0.0, display)
    return StoredImage(
        look_up(values, frame.indices, _choose_dtype(sample)),
        sample,
        display=None if display is None else lambda: look_up(display, frame.indices, np.float32),
        ends=ends,
        steps=_describe(header, frame, transformation, has_padding),
    )


def _list_present(frame: Frame) -> np.ndarray:
    """Returns which of the values of the type there are in the frame."""
    present = np.zeros(2**frame.bits, bool)
    for row in frame.indices:
        present[row] = True
    return present


def _choose_type(values: Float64[np.ndarray, " n"]) -> SampleType:
    low, high = float(values.min()), float(values.max())
    if (values != np.rint(values)).any() or max(-low, high) >= 2**31:
        return SampleType("float", 32)
    if low >= 0:
        return SampleType("unsigned", max(int(high).bit_length(), 1))
    return SampleType("signed", max(int(high), int(-low) - 1).bit_length() + 1)


def _choose_dtype(sample: SampleType) -> np.dtype:
    if sample.kind == "float":
        return np.dtype(np.float32)
    letter = "i" if sample.kind == "signed" else "u"
    return np.dtype(f"{letter}{next(size for size in (1, 2, 4) if 8 * size >= sample.bits)}")


def _describe(header: Header, frame: Frame, transformation: Transformation, has_padding: bool) -> DicomSteps:
    modality, display = transformation.modality, transformation.display
    rescale = modality if isinstance(modality, Rescale) else None
    window = display if isinstance(display, Window) else None
    view = header.elements.text("ViewPosition").upper()
    return DicomSteps(
        transfer_syntax=header.syntax.name,
        stored=str(SampleType("signed" if frame.is_signed else "unsigned", frame.bits)),
        modality="rescale" if rescale else "lookup table" if modality else "none",
        slope=rescale.slope if rescale else None,
        intercept=rescale.intercept if rescale else None,
        display="window" if window else "lookup table" if display else "none",
        window=WindowStep(center=window.center, width=window.width, function=window.function) if window else None,
        inverted=transformation.inverted,
        padding=has_padding,
        view=view if view in _VIEWS or not view else "other",  # free text might tell anything
        notes=(*_note_admitted(header.elements), *frame.notes, *transformation.notes),
    )


_GRAY = ("MONOCHROME1", "MONOCHROME2")
_COLOR = ("RGB", "YBR", "PALETTE COLOR", "HSV", "ARGB", "CMYK", "XYB")


def find_layout(header: Header, file: str, admit: Collection[str]) -> Layout:
    """Returns how the pixels lie in a file that is one gray frame, or of what `admit` names.

    Raises:
      BadImageError: it is another object, is not meant to be looked at, may name a patient in its pixels, contradicts
        itself, or is encoded in a way that can't be decoded.
    """
    elements = header.elements
    _check_object(header, file, admit)
    _check_meant_for_eyes(elements, file, admit)
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


def _check_object(header: Header, file: str, admit: Collection[str]) -> None:
    elements = header.elements
    if header.pixels is None:
        raise BadImageError(file, f"it is a DICOM object without an image ({_name_object(elements)})")
    if header.pixels.tag != PIXELS:
        raise BadImageError(file, f"its pixels are floats, and those of radiographs are not ({_name_object(elements)})")
    frames = elements.frames
    if frames > 1 and FRAMES not in admit:
        raise BadImageError(
            file,
            f"it has {frames} frames (NumberOfFrames): save the one to use as a file of its own, or take the first "
            f"with config.data.admit={FRAMES}",
        )
    samples, photometry = elements.whole("SamplesPerPixel") or 1, elements.text("PhotometricInterpretation")
    if samples == 1 and photometry in _GRAY:
        return
    kind = next((kind for kind in _COLOR if photometry.startswith(kind)), None)
    if samples > 1 or kind:
        raise BadImageError(file, f"it is in color ({kind or 'of some kind'}): gray DICOM files alone are read")
    raise BadImageError(file, "its DICOM header does not say whether 0 is black (PhotometricInterpretation)")


def _note_admitted(elements: Elements) -> list[str]:
    """Returns what is odd about an image that `data.admit` let in."""
    notes = ["FOR PROCESSING: what the detector saw"] if _is_for_processing(elements) else []
    return [*notes, f"the first of {elements.frames} frames"] if elements.frames > 1 else notes


def _is_for_processing(elements: Elements) -> bool:
    return elements.text("PresentationIntentType") == "FOR PROCESSING"


def _check_meant_for_eyes(elements: Elements, file: str, admit: Collection[str]) -> None:
    if _is_for_processing(elements) and FOR_PROCESSING not in admit:
        raise BadImageError(
            file,
            "it is FOR PROCESSING, what the detector saw (PresentationIntentType): use the FOR PRESENTATION file of "
            f"the same exposure, or take it as it is with config.data.admit={FOR_PROCESSING}",
        )
    if elements.text("BurnedInAnnotation") == "YES":
        raise BadImageError(
            file, "text is burnt into its pixels (BurnedInAnnotation YES), which may name the patient: cover it first"
        )


def _name_object(elements: Elements) -> str:
    uid = as_uid(elements.text("SOPClassUID"))
    return uid.name if uid and uid.name != uid else "of an unknown kind"
