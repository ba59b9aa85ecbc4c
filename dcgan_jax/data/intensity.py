"""Values deeper than 8 bits -> 8 bits: which of them become black and white, for one image and for many.

Twelve bits in 16-bit files, beside files that use all 16 and floats from 0 to 1, can't share a range: what shares one
is of the same type and uses about as many bits of it. Folders do not part the files: a range for each class would give
the class away. A few values far from all others (a dead pixel, a lead marker) are no part of a range.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Shaped, UInt8
from pydantic import BaseModel, ConfigDict

from dcgan_jax.data.reading.stored_image import DISPLAY, BadImageError, SampleType, StoredImage

_LOOKED_AT = 2**20
_OUTLIERS = 0.05  # of the pixels, at most
_LEAST_VALUES = 16  # different ones, without which nothing is an outlier


@dataclass(frozen=True)
class DepthRange:
    """The values of deeper files that become 0 and 255."""

    low: float
    high: float


@dataclass(frozen=True)
class Depth:
    """What is known of the values of one deep image."""

    sample: SampleType  # their type
    least: float  # value of all
    greatest: float  # value of all
    low: float  # least value without those far from all others
    high: float  # greatest value without those far from all others
    num_values: int  # how many different ones there are at least
    ends: tuple[float, float]  # least and greatest value that there could be

    @property
    def used_bits(self) -> int:
        """How many bits the values take; of floats, the exponent of the largest."""
        largest = max(abs(self.low), abs(self.high))
        return math.frexp(largest)[1] if self.sample.kind == "float" else int(largest).bit_length()


class DepthGroup(BaseModel):
    """Files deeper than 8 bits that share a range: values `low` and below become 0, `high` and above 255."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sample: str
    used_bits: int
    files: int
    low: float
    high: float

    def holds(self, depth: Depth) -> bool:
        """Returns whether an image is one of them: its values take `used_bits`, or one less."""
        return str(depth.sample) == self.sample and depth.used_bits in (self.used_bits, self.used_bits - 1)


def measure_depth(stored: StoredImage) -> Depth:
    """Returns what is known of the values of a deep image."""
    values = stored.values.ravel()
    least, greatest = float(values.min()), float(values.max())
    looked_at = values[:: max(1, values.size // _LOOKED_AT)].astype(np.float64)
    found, counts = np.unique(np.append(looked_at, [least, greatest]), return_counts=True)
    bottom, top = -_cut_above(-found[::-1], counts[::-1]), _cut_above(found, counts)
    low, high = stored.sample.limits if stored.sample == DISPLAY else (least, greatest)
    if stored.sample != DISPLAY and (bottom > least or top < greatest):
        kept = values[(values >= bottom) & (values <= top)]
        low, high = float(kept.min()), float(kept.max())
    return Depth(stored.sample, least, greatest, low, high, len(found), stored.ends or stored.sample.limits)


def _cut_above(found: np.ndarray, counts: np.ndarray) -> float:
    """Returns where the few values end that lie farther above all others than those are apart.

    The values are different ones, ascending, with how many there are of each.
    """
    if len(found) <= _LEAST_VALUES:
        return float(found[-1])
    gaps, widths = np.diff(found), found[:-1] - found[0]
    above = counts.sum() - np.cumsum(counts)[:-1]
    cuts = (gaps > widths) & (above <= _OUTLIERS * counts.sum())
    cuts[: _LEAST_VALUES - 1] = False
    if not cuts.any():
        return float(found[-1])
    place = int(np.argmax(cuts))
    return float(found[place] + found[place + 1]) / 2


def group_depths(depths: Sequence[Depth]) -> list[DepthGroup]:
    """Returns groups of images that can share a range, the largest first; each image is in one."""
    groups = []
    for sample in sorted({depth.sample for depth in depths}):
        left = [depth for depth in depths if depth.sample == sample]
        while left:
            bits = max(depth.used_bits for depth in left)
            members = [depth for depth in left if depth.used_bits >= bits - 1]
            left = [depth for depth in left if depth.used_bits < bits - 1]
            low, high = min(depth.low for depth in members), max(depth.high for depth in members)
            groups.append(DepthGroup(sample=str(sample), used_bits=bits, files=len(members), low=low, high=high))
    return sorted(groups, key=lambda group: -group.files)


def choose_range(depth: Depth, file: str, intensity: str, groups: Sequence[DepthGroup]) -> DepthRange:
    """Returns the range of the group that an image is in; of one in none its own or, with "container", its type's.

    Raises:
      BadImageError: floats are not within 0 and 1, so that their type has no ends.
    """
    if group := next((group for group in groups if group.holds(depth)), None):
        return DepthRange(group.low, group.high)
    if intensity != "container":
        return DepthRange(depth.low, depth.high)
    low, high = depth.ends
    if depth.sample.kind == "float" and (depth.least < low or depth.greatest > high):
        reason = "its floats are not within 0 and 1, so intensity=container can't be used; use dataset"
        raise BadImageError(file, reason)
    return DepthRange(low, high)


def to_8_bits(values: Shaped[np.ndarray, "*shape"], depth_range: DepthRange) -> UInt8[np.ndarray, "*shape"]:
    """Returns values with the ends of a range at 0 and 255, and those beyond them there too; a flat range is black."""
    low, high = depth_range.low, depth_range.high
    span = high - low or 1.0
    shown = np.empty(values.shape, np.uint8)
    for row in range(len(values)):  # a row at a time, in double precision
        shown[row] = np.rint((np.clip(values[row].astype(np.float64), low, high) - low) * 255.0 / span)
    return shown


def count_levels(depth: Depth, depth_range: DepthRange) -> int:
    """Returns about how many of the 256 gray levels an image uses in a range."""
    span = depth_range.high - depth_range.low or 1.0
    low, high = (min(max(value, depth_range.low), depth_range.high) for value in (depth.low, depth.high))
    return min(depth.num_values, 1 + round(255 * (high - low) / span))
