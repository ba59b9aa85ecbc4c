"""What gives the class of a file away before anybody looks at it: its size, its format, its colors.

A classifier would use it, and a generator of one class reproduces what goes with it (sharpness, compression).
"""

import io
from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from PIL import Image

from dcgan_jax.data.reading.formats import HEAD_BYTES, find_format
from dcgan_jax.storage.record import Part

_ENOUGH = 0.75
"""Balanced accuracy; by chance it is 0.5."""

_BEYOND_CHANCE = 1.95  # of the two-sample Kolmogorov-Smirnov test at a level of 0.001, times (1/n + 1/m)^0.5

_COLORS = {
    "1": "black and white",
    "P": "a palette",
    "CMYK": "printing inks",
    "LA": "gray",
    "RGB": "color",
    "RGBA": "color",
}


class FileKind(NamedTuple):
    """How a file stores its pixels: its format, and gray or which kind of color."""

    format: str
    color: str


UNKNOWN_KIND = FileKind("unknown", "gray")


class Tell(Part):
    """A property by which two classes differ; `accuracy`: that of telling them apart by it alone, balanced."""

    what: str
    first: str
    second: str
    accuracy: float


def read_kind(content: bytes) -> FileKind:
    """Returns the kind of an image file that can be read."""
    found = find_format(content[:HEAD_BYTES])
    if found is None or found.pillow is None:
        return FileKind(found.name, "gray") if found else UNKNOWN_KIND
    try:
        mode = Image.open(io.BytesIO(content), formats=(found.pillow,)).mode
    except Exception:  # what another reader than Pillow reads
        mode = "L"
    return FileKind(found.name, _COLORS.get(mode, "gray"))


def describe_inks(kind: FileKind) -> str | None:
    """Returns why an image may be a negative, None of others."""
    return "stored as printing inks (CMYK), perhaps as a negative" if kind.color == "printing inks" else None


def find_tells(labels: Sequence[str], sides: Sequence[tuple[int, int]], kinds: Sequence[FileKind]) -> tuple[Tell, ...]:
    """Returns by what classes differ so much that it alone tells most of their files apart.

    Of each file its class is given, its width and height in pixels, and its kind.
    """
    width, height = np.reshape(sides, (-1, 2)).T
    names = np.asarray(labels)
    found: list[Tell] = []
    numbers = {"number of pixels": width * height, "aspect": width / height}
    words = {
        "file format": np.array([kind.format for kind in kinds]),
        "color": np.array([kind.color for kind in kinds]),
    }
    for first, second in combinations(sorted(set(labels)), 2):
        ours, theirs = names == first, names == second
        distances = {what: _distance_of_numbers(values[ours], values[theirs]) for what, values in numbers.items()}
        distances |= {what: _distance_of_words(values[ours], values[theirs]) for what, values in words.items()}
        least = max(2 * _ENOUGH - 1, _BEYOND_CHANCE * (1 / ours.sum() + 1 / theirs.sum()) ** 0.5)
        # A distance is the greatest difference of the shares that one rule picks out of the two classes.
        found += [
            Tell(what=what, first=first, second=second, accuracy=round((1 + distance) / 2, 3))
            for what, distance in distances.items()
            if distance >= least
        ]
    return tuple(found)


def _distance_of_numbers(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Returns that of Kolmogorov and Smirnov: the rule is a cut."""
    import scipy.stats  # only here: it takes longer to import than all of JAX, and only `prepare` compares files

    return float(scipy.stats.ks_2samp(ours, theirs, method="asymp").statistic)


def _distance_of_words(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Returns the total variation distance: the rule is a choice of words."""
    counts = Counter(ours.tolist()), Counter(theirs.tolist())
    return sum(abs(counts[0][word] / len(ours) - counts[1][word] / len(theirs)) for word in {*ours, *theirs}) / 2
