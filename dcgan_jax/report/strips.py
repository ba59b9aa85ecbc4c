"""Values beside each other on one line: where each mark stands, in percent of the width."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from dcgan_jax.report.numbers import show

ROOM_FOR_A_NAME = 15
"""Percent of the width: an end that is nearer to zero has no name beside that of zero."""

Kind = Literal["own", "generated", "real"]
Span = tuple[float, float]


class Mark(NamedTuple):
    """One value: of the generator, of generated images at the baseline's counts, or of real ones."""

    kind: Kind
    place: float


class Strip(NamedTuple):
    """A line with marks on it; all places are in percent of its width.

    Attributes:
      marks: in the order in which they are drawn.
      interval: around the own value; None where there is none.
      band: behind everything, within which nothing counts as a difference; None where there is none.
      ticks: places and names of the values that are named on it.
      label: all of it in words.
    """

    marks: tuple[Mark, ...]
    interval: Span | None
    band: Span | None
    ticks: tuple[tuple[float, str], ...]
    label: str


def create_strip(
    label: str,
    values: Iterable[tuple[Kind, float | None]],
    interval: tuple[float | None, float | None] | None = None,
    band: Span | None = None,
    span: Span | None = None,
) -> Strip | None:
    """Returns a strip from zero, or below the lowest value, to a little above the highest; None without values.

    The arguments are as in `Strip`, in units of the values; `span` are the ends of the line, where they are given.
    """
    known = [(kind, value) for kind, value in values if value is not None]
    if not known:
        return None
    reach = None if interval is None or interval[0] is None or interval[1] is None else (interval[0], interval[1])
    low, high = span or _stretch([0.0, *(value for _, value in known), *(reach or ()), *(band or ())])

    def place(value: float) -> float:
        return round(100 * min(1.0, max(0.0, (value - low) / (high - low))), 2)

    named = sorted({low, 0.0, high} if low < 0 < high else {low, high})
    named = [value for value in named if value == 0 or abs(place(value) - place(0.0)) > ROOM_FOR_A_NAME]
    return Strip(
        marks=tuple(Mark(kind, place(value)) for kind, value in known),
        interval=reach and (place(reach[0]), place(reach[1])),
        band=band and (place(band[0]), place(band[1])),
        ticks=tuple((place(value), show(value, 2)) for value in named),
        label=label,
    )


def _stretch(values: list[float]) -> Span:
    low, high = min(values), max(values)
    room = 0.06 * (high - low) or 1.0
    return (low - room if low < 0 else low), high + room
