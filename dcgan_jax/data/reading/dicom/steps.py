"""What was done to the values of a DICOM file, as the report of a prepared set says it; nothing in it tells whose."""

from typing import Literal

from dcgan_jax.storage.record import Part

NO_ANNOTATION = "BurnedInAnnotation is missing"
"""The note of a file that does not say whether text is burnt into its pixels."""


Function = Literal["LINEAR", "LINEAR_EXACT", "SIGMOID"]


class WindowStep(Part):
    """A window that a file brings."""

    center: float
    width: float
    function: Function


class DicomSteps(Part):
    """The steps from stored values to gray.

    Attributes:
      transfer_syntax: how the pixels were encoded.
      stored: type of the stored values.
      modality: what made modality values of them.
      slope: of the rescaling, None where there was none.
      intercept: of the rescaling, None where there was none.
      display: what the file brings to be shown by; used with `data.intensity=dataset` only.
      window: where that is one.
      inverted: black was the greatest value.
      padding: pixels that only fill the image up were made black.
      view: the file's ViewPosition, empty where it says none.
      notes: what was odd, and how it was taken.
    """

    transfer_syntax: str
    stored: str
    modality: Literal["none", "rescale", "lookup table"]
    slope: float | None = None
    intercept: float | None = None
    display: Literal["none", "window", "lookup table"]
    window: WindowStep | None = None
    inverted: bool
    padding: bool
    view: str
    notes: tuple[str, ...] = ()
