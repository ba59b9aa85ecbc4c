"""The search for copies as the page shows it: the share, what it is compared with, and the closest pairs."""

from collections.abc import Sequence
from typing import NamedTuple

from dcgan_jax.memorization.record import MemorizationRecord, Pair
from dcgan_jax.report.numbers import show_share, show_shares
from dcgan_jax.report.strips import Kind, Strip, create_strip


class Copies(NamedTuple):
    """The search for copies of one class.

    Attributes:
      record: of the search.
      share: of the generated images that count as found; empty where it is not assessable.
      interval: of it, 95%, in words.
      reading: a sentence that says what the share is to be compared with, or why there is none.
      strip: the share beside that of held-out patients; None without a share.
      pairs: the closest ones; without their files, whose names may tell who a patient is, unless they may be shown.
    """

    record: MemorizationRecord
    share: str
    interval: str
    reading: str
    strip: Strip | None
    pairs: Sequence[Pair]


def describe_copies(record: MemorizationRecord, with_files: bool) -> Copies:
    """Returns the search for copies of one class; the names of training files only where they may be shown."""
    pairs = record.closest if with_files else [pair.model_copy(update={"file": ""}) for pair in record.closest]
    share, expected, measured = record.share, record.expected_share, record.false_positive_rate
    if share is None:
        return Copies(record, "", "", f"Not assessable: {record.reason}", None, pairs)
    interval = record.memorised_share_interval
    reading = ""
    if expected:
        reading = (
            f"A generator that copies nothing has {show_share(expected.expected)} on average and up to "
            f"{show_share(expected.highest)}. "
        )
    if measured is not None:
        reading += f"The same search flags {show_share(measured)} of real images ({record.reference})."
    values: list[tuple[Kind, float | None]] = [("own", share), ("real", measured)]
    label = f"Memorized share {show_share(share)}; {record.reference} {show_share(measured)}"
    strip = create_strip(label, values, interval, (0.0, expected.highest) if expected else None)
    return Copies(record, show_share(share), show_shares(*interval) if interval else "", reading, strip, pairs)
