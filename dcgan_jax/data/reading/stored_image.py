"""What an image file holds, before its values are brought to 8 bits."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float32, Shaped

from dcgan_jax.data.reading.dicom.steps import DicomSteps
from dcgan_jax.errors import FileError

MAX_PIXELS = 89_478_485
"""Larger images are refused: a small file can claim any size and take all memory (Pillow warns from here on)."""


class BadImageError(FileError):
    """A file that should be an image and can't be used as one."""

    def __init__(self, file: str, reason: str):
        super().__init__(file, f"can't be used: {reason}.")
        self.file, self.reason = file, reason
        self.args = (file, reason)


class UnreadableFileError(BadImageError):
    """A file that the system would not give: it may be as good as any other, and readable later."""


class SampleType(NamedTuple):
    """What one number in a file is; "display": gray from 0 to 1, as the file itself says that it is shown."""

    kind: Literal["unsigned", "signed", "float", "display"]
    bits: int

    def __str__(self) -> str:
        return "display" if self.kind == "display" else f"{self.bits}-bit {self.kind}"

    @property
    def limits(self) -> tuple[float, float]:
        """The least and greatest value of the type; 0 and 1 for floats."""
        if self.kind in ("float", "display"):
            return 0.0, 1.0
        span = 2.0**self.bits
        return (-span / 2, span / 2 - 1) if self.kind == "signed" else (0.0, span - 1)


ORIENTATION_TAG = 274
"""The number, in EXIF and TIFF, of the orientation that a camera or a scanner recorded."""

EIGHT_BITS = SampleType("unsigned", 8)
DISPLAY = SampleType("display", 32)


@dataclass(frozen=True)
class StoredImage:
    """The pixels of one image file: upright, 0 or the least value is black, nothing shines through."""

    # Gray or three colors; uint8 where `sample` is `EIGHT_BITS`, and any real type elsewhere.
    values: Shaped[np.ndarray, "height width"] | Shaped[np.ndarray, "height width 3"]
    sample: SampleType = EIGHT_BITS  # the type that the file declares
    is_hidden: bool = False  # every pixel of the file is transparent, so all are black
    # Gray from 0 to 1 by the window or lookup table that the file brings; None where it brings none.
    display: Callable[[], Float32[np.ndarray, "height width"]] | None = None
    # Least and greatest value that any pixel of the file could have, where those of `sample` are not.
    ends: tuple[float, float] | None = None
    steps: DicomSteps | None = None  # what was done to the values of a DICOM file; None of others

    def as_displayed(self) -> "StoredImage":
        """Returns the image as the file itself says that it is shown; as it is where it says nothing."""
        return StoredImage(self.display(), DISPLAY, steps=self.steps) if self.display else self

    @property
    def is_deep(self) -> bool:
        """Whether the values have to be brought to 8 bits."""
        return self.sample != EIGHT_BITS

    def sha256(self) -> str:
        """Returns a hash of the values, whatever file format they came in and whatever range they are shown in.

        That of 8-bit values is of their bytes alone, row by row.
        """
        digest = hashlib.sha256()
        if self.is_deep:
            digest.update(f"{self.sample} {self.values.shape} {self.values.dtype.str.lstrip('<>|=')}\n".encode())
        values = self.values.astype(self.values.dtype.newbyteorder("<"), order="C", copy=False)
        digest.update(values.data)
        return digest.hexdigest()


def set_upright(values: Shaped[np.ndarray, "rows columns *color"], orientation: object) -> np.ndarray:
    """Returns stored pixels as they should be shown, by an orientation of 2 to 8; any other leaves them."""
    if orientation in (5, 6, 7, 8):
        values = values.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        values = values[::-1]
    if orientation in (2, 3, 6, 7):
        values = values[:, ::-1]
    return values
