"""The transformations between stored values and gray: pure functions of numbers (PS3.3 C.11.1 and C.11.2)."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float64, UInt16

Function = Literal["LINEAR", "LINEAR_EXACT", "SIGMOID"]


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
