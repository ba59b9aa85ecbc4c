"""The transformations between stored values and gray (PS3.3 C.11.1 and C.11.2), and which of them a header asks for."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, UInt16

from dcgan_jax.data.reading.dicom.elements import Elements
from dcgan_jax.data.reading.dicom.steps import NO_ANNOTATION, Function
from dcgan_jax.data.reading.stored_image import BadImageError


@dataclass(frozen=True)
class Rescale:
    """A modality's linear transformation."""

    slope: float = 1.0
    intercept: float = 0.0

    def __call__(self, values: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
        """Returns the modality values of stored ones."""
        return values * self.slope + self.intercept


@dataclass(frozen=True)
class LookupTable:
    """A table of a modality or of a VOI."""

    first: int  # value that the first entry is of; smaller ones have it, too
    entries: UInt16[np.ndarray, " n"]  # by value; the last one is that of greater values, too

    def __call__(self, values: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
        """Returns the entries of values; of one between whole numbers that of the nearest."""
        places = np.clip(np.rint(values) - self.first, 0, len(self.entries) - 1)
        return self.entries[places.astype(np.intp)].astype(np.float64)

    def show(self, values: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
        """Returns gray from 0 to 1: of the greatest entry there is, as tables claim more bits than they use."""
        return self(values) / max(int(self.entries.max()), 1)


@dataclass(frozen=True)
class Window:
    """A window of modality values, `width` above 0; above or equal to 1 where it is LINEAR."""

    center: float
    width: float
    function: Function = "LINEAR"

    def show(self, values: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
        """Returns gray from 0 to 1, which rises with the values whatever slope they came by."""
        if self.function == "SIGMOID":
            # 1 / (1 + exp(-4 (x - c) / w)), without numbers that are too large.
            return 0.5 + 0.5 * np.tanh(2 * (values - self.center) / self.width)
        if self.function == "LINEAR_EXACT":
            return np.clip((values - self.center) / self.width + 0.5, 0, 1)
        center, width = self.center - 0.5, self.width - 1
        if width == 0:
            return np.where(values > center, 1.0, 0.0)
        return np.clip((values - center) / width + 0.5, 0, 1)


_FUNCTIONS: dict[str, Function] = {"LINEAR": "LINEAR", "LINEAR_EXACT": "LINEAR_EXACT", "SIGMOID": "SIGMOID"}
_GREATEST = 1e30  # beyond what any modality measures, and within single precision


@dataclass(frozen=True)
class Transformation:
    """What makes gray of stored values."""

    modality: Rescale | LookupTable | None  # None where stored values are modality values
    display: Window | LookupTable | None  # what the file brings to be shown by, None where it brings nothing
    inverted: bool  # the greatest value is black
    # Least and greatest stored value of pixels that only fill the image up, None where there are none.
    padding: tuple[int, int] | None
    notes: tuple[str, ...]  # what was odd, and how it was taken


def find_transformation(elements: Elements, stored: Float64[np.ndarray, " n"], file: str) -> Transformation:
    """Returns the transformations of a header, for all stored values that the type of its pixels has.

    Raises:
      BadImageError: one of them is broken.
    """
    notes: list[str] = []
    modality = _find_modality(elements, stored, file, notes)
    display = _find_display(elements, modality(stored) if modality else stored, file, notes)
    # MONOCHROME1 and INVERSE say the same of a file that has both.
    is_mono_1 = elements.text("PhotometricInterpretation") == "MONOCHROME1"
    inverted = is_mono_1 or elements.text("PresentationLUTShape") == "INVERSE"
    if not elements.text("BurnedInAnnotation"):
        notes.append(NO_ANNOTATION)
    return Transformation(modality, display, inverted, _find_padding(elements, stored), tuple(notes))


def _find_modality(
    elements: Elements, stored: Float64[np.ndarray, " n"], file: str, notes: list[str]
) -> Rescale | LookupTable | None:
    slopes, intercepts = elements.decimals("RescaleSlope"), elements.decimals("RescaleIntercept")
    if items := elements.items("ModalityLUTSequence"):
        if slopes:
            notes.append("modality lookup table and rescale slope are both there: the table was used")
        return _read_table(items[0], stored, "modality lookup table", file)
    rescale = Rescale(*(slopes[:1] or [1.0]), *(intercepts[:1] or [0.0]))
    if rescale.slope == 0:
        raise BadImageError(file, "its RescaleSlope is 0, which makes one value of all")
    if max(abs(rescale.slope) * 2**16, abs(rescale.intercept)) > _GREATEST:
        raise BadImageError(file, "its rescaling makes values beyond all measure")
    return None if rescale == Rescale() else rescale


def _find_display(
    elements: Elements, values: Float64[np.ndarray, " n"], file: str, notes: list[str]
) -> Window | LookupTable | None:
    centers, widths = elements.decimals("WindowCenter"), elements.decimals("WindowWidth")
    if items := elements.items("VOILUTSequence"):
        if centers:
            notes.append("VOI lookup table and window are both there: the table was used")
        if len(items) > 1:
            notes.append(f"{len(items)} VOI lookup tables are there: the first was used")
        return _read_table(items[0], values, "VOI lookup table", file)
    if not centers or not widths:
        return None
    if len(centers) > 1:
        notes.append(f"{len(centers)} windows are there: the first was used")
    center, width, function = centers[0], widths[0], elements.text("VOILUTFunction") or "LINEAR"
    if width <= 0 or max(abs(center), width) > _GREATEST:
        notes.append("the window has no width: it was not used")
        return None
    if function not in _FUNCTIONS:
        notes.append("the function of the window is unknown: taken as LINEAR")
    known = _FUNCTIONS.get(function, "LINEAR")
    if known == "LINEAR" and width < 1:
        notes.append("the window is narrower than 1: taken as LINEAR_EXACT")
        known = "LINEAR_EXACT"
    return Window(center, width, known)


def _read_table(item: Elements, values: Float64[np.ndarray, " n"], what: str, file: str) -> LookupTable:
    """Returns the table of an item, for values that are mapped by it."""
    descriptor = item.words("LUTDescriptor")
    if len(descriptor) < 3:
        raise BadImageError(file, f"its {what} is broken")
    count, first = int(descriptor[0]) or 2**16, int(descriptor[1])
    content, entries = item.octets("LUTData"), item.words("LUTData")
    if len(content) < 2 * count and len(content) >= count and descriptor[2] <= 8:
        entries = np.frombuffer(content, np.uint8).astype(np.uint16)  # one byte each, as some write 8 bits
    if len(entries) < count:
        raise BadImageError(file, f"its {what} is truncated: {len(entries)} of {count} entries are there")
    return LookupTable(_read_sign(first, values), entries[:count])


def _find_padding(elements: Elements, stored: Float64[np.ndarray, " n"]) -> tuple[int, int] | None:
    value, limit = elements.whole("PixelPaddingValue"), elements.whole("PixelPaddingRangeLimit")
    if value is None:
        return None
    ends = _read_sign(value, stored), _read_sign(value if limit is None else limit, stored)
    return min(ends), max(ends)


def _read_sign(word: int, values: Float64[np.ndarray, " n"]) -> int:
    """Returns a word as the value that it stands for among values: files often say wrongly whether it is signed."""
    return word - 2**16 if word >= 2**15 and values.min() < 0 else word


@dataclass(frozen=True)
class GrayTables:
    """What becomes of each stored value there is."""

    # Value of the modality, or its mirror image between the ends of the type where black is the greatest.
    modality: Float64[np.ndarray, " n"]
    # Gray from 0 (black) to 1 by the file's own window or table; None where it brings none.
    display: Float64[np.ndarray, " n"] | None
    padding: Bool[np.ndarray, " n"]  # whether pixels of the value only fill the image up


def tabulate(transformation: Transformation, stored: Float64[np.ndarray, " n"]) -> GrayTables:
    """Returns the gray of all stored values that the type of the pixels has, ascending."""
    values = transformation.modality(stored) if transformation.modality else stored
    display = transformation.display.show(values) if transformation.display else None
    if transformation.inverted:
        values = values.min() + values.max() - values
        display = None if display is None else 1 - display
    low, high = transformation.padding or (1, 0)
    return GrayTables(values, display, (stored >= low) & (stored <= high))


def look_up(
    table: Float64[np.ndarray, " n"], indices: UInt16[np.ndarray, "rows columns"], dtype: np.typing.DTypeLike
) -> np.ndarray:
    """Returns the entries of a table by index, a row at a time, in the given type."""
    narrow = table.astype(dtype)
    found = np.empty(indices.shape, narrow.dtype)
    for row in range(len(indices)):
        np.take(narrow, indices[row], out=found[row])
    return found
