"""The values of DICOM elements, from the bytes in the file.

No value is quoted in a message: it may tell who the patient is.
"""

import math
from collections.abc import Mapping
from typing import cast

import numpy as np
from jaxtyping import UInt16
from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import DataElement, RawDataElement, convert_raw_data_element
from pydicom.dataset import Dataset

from dcgan_jax.data.reading.stored_image import BadImageError

Element = RawDataElement | DataElement

FUNCTIONAL_GROUPS = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")
_FRAME_MACROS = ("PixelValueTransformationSequence", "FrameVOILUTSequence")
"""Parts of functional groups that say how the values of a frame are transformed (PS3.3 C.7.6.16.2)."""


class Elements:
    """Elements of a file, or of an item of a sequence, by keyword; one that is missing has no values."""

    def __init__(self, elements: Mapping[int, Element], file: str):
        """Takes elements by tag, as pydicom reads them; the file's name is for messages."""
        self._elements, self._file = elements, file

    def __contains__(self, keyword: str) -> bool:
        return tag_for_keyword(keyword) in self._elements

    def raw(self, keyword: str) -> bytes:
        """Returns the bytes of a value, without the padding of texts."""
        element = self._find(keyword)
        value = element.value if element else b""
        return value.strip(b" \0") if isinstance(value, bytes) else b""

    def texts(self, keyword: str) -> list[str]:
        """Returns the values of an element of text, without empty ones."""
        values = (value.strip(" \0") for value in self.raw(keyword).decode("ascii", "replace").split("\\"))
        return [value for value in values if value]

    def text(self, keyword: str) -> str:
        """Returns the first value of an element of text; empty where there is none."""
        return next(iter(self.texts(keyword)), "")

    def decimals(self, keyword: str) -> list[float]:
        """Returns the values of an element of decimal numbers; raises BadImageError if one is no finite number."""
        try:
            values = [float(value) for value in self.texts(keyword)]
        except ValueError:
            values = [math.nan]
        if not all(map(math.isfinite, values)):
            raise BadImageError(self._file, f"its {keyword} is no number")
        return values

    def words(self, keyword: str) -> UInt16[np.ndarray, " n"]:
        """Returns the 16-bit words of a binary element; which of them are signed, the caller knows."""
        element = self._find(keyword)
        if element is None or not isinstance(element.value, bytes):
            return np.empty(0, np.uint16)
        is_little = getattr(element, "is_little_endian", True)
        whole = element.value[: len(element.value) // 2 * 2]
        return np.frombuffer(whole, "<u2" if is_little else ">u2").astype(np.uint16)

    def octets(self, keyword: str) -> bytes:
        """Returns the bytes of a binary element as they are."""
        element = self._find(keyword)
        return element.value if element and isinstance(element.value, bytes) else b""

    def whole(self, keyword: str) -> int | None:
        """Returns the first word of a binary element, None where there is none."""
        words = self.words(keyword)
        return int(words[0]) if len(words) else None

    def items(self, keyword: str) -> list["Elements"]:
        """Returns the items of a sequence."""
        element = self._find(keyword)
        if element is None:
            return []
        try:
            if isinstance(element, RawDataElement):
                element = convert_raw_data_element(element)
            items = cast(list[Dataset], list(element.value or []))
            # `get_item`, and not the values: pydicom would convert those.
            return [Elements({tag: item.get_item(tag) for tag in item.keys()}, self._file) for item in items]  # noqa: SIM118
        except Exception:
            raise BadImageError(self._file, f"its {keyword} is broken") from None

    @property
    def frames(self) -> int:
        """NumberOfFrames; 1 where it is missing."""
        return int(next(iter(self.decimals("NumberOfFrames")), 1))

    def with_frame(self, groups: "Elements") -> "Elements":
        """Returns the elements with what functional groups say of the first frame, as if it stood beside them.

        What is said of the frame comes before what is said of all frames, and that before the elements themselves.
        """
        merged = dict(self._elements)
        for keyword in FUNCTIONAL_GROUPS:
            for group in groups.items(keyword)[:1]:
                for macro in _FRAME_MACROS:
                    for item in group.items(macro)[:1]:
                        merged |= item._elements
        return Elements(merged, self._file)

    def _find(self, keyword: str) -> Element | None:
        return self._elements.get(cast(int, tag_for_keyword(keyword)))
