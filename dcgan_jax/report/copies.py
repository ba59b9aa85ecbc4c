"""The search for copies as the page shows it: the share, what it is compared with, and the closest pairs."""

from dataclasses import dataclass

from dcgan_jax.memorization.record import NOT_ASSESSABLE, MemorizationRecord
from dcgan_jax.report.numbers import show, show_share, show_shares
from dcgan_jax.report.strips import Kind, Strip, create_strip


@dataclass(frozen=True)
class Pair:
    """A generated image and the training image that is nearest to it.

    Attributes:
      image: number of the generated one.
      file: of the training image; empty where real images are not shown, since names may tell who a patient is.
      space: where they are nearest.
      features: distance in features, over that of the neighborhood.
      pixels: the same in pixels.
    """

    image: int
    file: str
    space: str
    features: str
    pixels: str


@dataclass(frozen=True)
class Copies:
    """The search for copies of one class.

    Attributes:
      is_assessed: whether a share could be had.
      share: of the generated images that count as found, or what stands in its place.
      interval: of it, 95%, in words.
      reading: a sentence that says what the share is to be compared with, or why there is none.
      strip: the share beside that of held-out patients; None without a share.
      sensitivity: rows of how a training image was changed, and how many such copies were found.
      pairs: the closest ones.
      method: of the search.
      note: what it cannot show.
    """

    is_assessed: bool
    share: str
    interval: str
    reading: str
    strip: Strip | None
    sensitivity: tuple[tuple[str, str, str], ...]
    pairs: tuple[Pair, ...]
    method: str
    note: str


def describe_copies(record: MemorizationRecord, with_files: bool) -> Copies:
    """Returns the search for copies of one class; the names of training files only where they may be shown."""
    share, expected, measured = record.memorised_share, record.expected_share, record.false_positive_rate
    interval = record.memorised_share_interval
    pairs = tuple(
        Pair(
            image=pair.generated,
            file=pair.file if with_files else "",
            space=pair.space,
            features=show(pair.relative_features),
            pixels=show(pair.relative_pixels),
        )
        for pair in record.closest
    )
    sensitivity = tuple(
        (f"{name.replace('_', ' ')}: {of.change}", show_share(of.rate, 0), show_shares(*of.interval, 0))
        for name, of in record.sensitivity.items()
    )
    if share == NOT_ASSESSABLE:
        reading = f"Not assessable: {record.reason}"
        return Copies(False, "not assessable", "", reading, None, sensitivity, pairs, record.method, record.note)
    reading = ""
    if expected:
        reading = (
            f"A generator that copies nothing has {show_share(expected.expected)} on average and up to "
            f"{show_share(expected.highest)}. "
        )
    if measured is not None:
        reading += (
            f"The same search accuses {show_share(measured)} of the images of patients who were never shown to it."
        )
    values: list[tuple[Kind, float | None]] = [("own", float(share)), ("real", measured)]
    band = (0.0, expected.highest) if expected else None
    label = f"Memorized share {show_share(float(share))}; held-out patients {show_share(measured)}"
    strip = create_strip(label, values, interval, band)
    spoken = show_shares(*interval) if interval else ""
    return Copies(
        True, show_share(float(share)), spoken, reading, strip, sensitivity, pairs, record.method, record.note
    )
