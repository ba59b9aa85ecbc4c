"""A DICOM file -> its image: the parts of this package, one after the other."""

import io

import numpy as np
from jaxtyping import Float64

from dcgan_jax.data.reading.dicom.admission import admit
from dcgan_jax.data.reading.dicom.frame import Frame, Layout, read_frame
from dcgan_jax.data.reading.dicom.grayscale import Rescale, Window
from dcgan_jax.data.reading.dicom.header import Header, read_header
from dcgan_jax.data.reading.dicom.steps import DicomSteps, WindowStep
from dcgan_jax.data.reading.dicom.transformation import Transformation, find_transformation, look_up, tabulate
from dcgan_jax.data.reading.stored_image import SampleType, StoredImage

_VIEWS = frozenset(
    {"AP", "PA", "LL", "RL", "LLD", "RLD", "LLO", "RLO", "LATERAL", "LAT", "OBL"}
    | {"CC", "MLO", "ML", "LM", "LMO", "XCC", "XCCL", "XCCM", "SIO", "ISO", "FB", "CV", "AT"}
)


def open_dicom(content: bytes, file: str) -> tuple[Header, Layout]:
    """Returns the header of a file that holds one gray frame.

    Raises:
      BadImageError: it is another object, broken, or not to be read.
    """
    header = read_header(io.BytesIO(content), file)
    return header, admit(header, file)


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
        notes=(*frame.notes, *transformation.notes),
    )
