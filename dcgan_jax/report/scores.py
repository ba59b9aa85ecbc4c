"""The scores of a record as rows of the page: value, interval, baseline, and what it means in a sentence."""

from collections.abc import Iterator
from typing import NamedTuple

from dcgan_jax.evaluation.record import Baseline, EvaluationRecord, Intervals
from dcgan_jax.metrics.intervals import Interval
from dcgan_jax.report.numbers import show, show_range
from dcgan_jax.report.strips import Kind, Strip, create_strip

SHARES = ("precision", "recall", "density", "coverage")


class Score(NamedTuple):
    """One row.

    Attributes:
      name: of the score.
      value: of the generator; empty where it was not measured.
      better: which way is better.
      meaning: what it says, in a sentence.
      interval: 95%, in words; may be empty.
      beside: what real images score, and generated ones at the same counts; may be empty.
      strip: all of it drawn; None where there is nothing to draw.
    """

    name: str
    value: str
    better: str
    meaning: str
    interval: str = ""
    beside: str = ""
    strip: Strip | None = None


class _Kind(NamedTuple):
    title: str
    better: str
    meaning: str


_FID_MEANING = (
    "Distance between generated and real images in the features of a network: wrong shapes, wrong spread and missing "
    "variety all raise it. It never reaches zero: read it beside real images."
)
_KINDS = {
    "kid": _Kind(
        "KID",
        "lower is better",
        "The same distance measured by a kernel, without the bias that few images give the FID. Near zero: the sets "
        "cannot be told apart by these features.",
    ),
    "kid_held_out": _Kind(
        "KID, other patients",
        "lower is better",
        "KID against patients that the generator has never seen. Clearly above the KID of the training images, it is a "
        "sign of overfitting.",
    ),
    "precision": _Kind(
        "Precision", "higher is better", "Share of generated images that lie among the real ones: are they plausible?"
    ),
    "recall": _Kind(
        "Recall",
        "higher is better",
        "Share of real images that lie among the generated ones. With three neighbors it is a weak measure of variety: "
        "read coverage with it.",
    ),
    "density": _Kind(
        "Density",
        "higher is better",
        "How many real images surround a generated one: precision that outliers move less.",
    ),
    "coverage": _Kind(
        "Coverage",
        "higher is better",
        "Share of real images with a generated one nearby: is the whole variety of the real images there?",
    ),
    "irs": _Kind(
        "Image retrieval score",
        "higher is better",
        "How many different real images are the nearest of a generated one, over chance: few mean few kinds of images.",
    ),
    "trace_ratio": _Kind(
        "Trace ratio",
        "1 is right",
        "Spread of the generated images over that of the real ones: below 1, variety is lost.",
    ),
    "vendi": _Kind("Vendi score", "higher is better", "Effective number of different images in the set."),
}


def list_scores(record: EvaluationRecord) -> Iterator[Score]:
    """Yields all scores of a record, the most telling first."""
    baseline, interval = record.baseline, record.interval
    held_out = baseline.held_out if baseline else None
    fid = _Kind(f"FID ({record.dims} features)", "lower is better", _FID_MEANING)
    yield _describe("fid", fid, record.fid, interval, baseline, "other training images")
    for name, kind in _KINDS.items():
        beside = (held_out, "held-out patients") if held_out else (baseline, "other training images")
        yield _describe(name, kind, getattr(record, name), getattr(interval, name, None), *beside)
    yield _describe_similarity(record)
    counts = record.fid_2048_counts
    meaning = (
        f"The FID that most papers report, of {counts.num_generated:,} images against {counts.num_real:,}: it compares "
        "only at these counts, and never with the FID above."
    )
    yield Score("FID (2048 features)", show(record.fid_2048), "lower is better", meaning)
    if record.inception_score is not None:
        meaning = "Made for photographs; says little about X-rays."
        yield Score("Inception score", show(record.inception_score), "higher is better", meaning)


def _describe(
    name: str,
    kind: _Kind,
    value: float | None,
    interval: Intervals | Interval | None,
    baseline: Baseline | None,
    whose: str,
) -> Score:
    real = getattr(baseline, name, None)
    generated = getattr(baseline.generated, name, None) if baseline else None
    reach = (interval.low, interval.high) if interval else None
    beside = ""
    if baseline and real is not None and generated is not None:
        beside = (
            f"At {baseline.num_other:,} against {baseline.num_real:,} images: generated {show(generated)}, "
            f"{whose} {show(real)}."
        )
    if value is None:
        return Score(kind.title, "", kind.better, kind.meaning, beside=beside)
    spoken = show_range(*reach) if reach else ""
    label = " ".join(filter(None, [f"{kind.title}: {show(value)}.", spoken and f"95% interval {spoken}.", beside]))
    values: list[tuple[Kind, float | None]] = [("generated", generated), ("own", value), ("real", real)]
    span = (0.0, 1.0) if name in SHARES and max(value, real or 0, generated or 0) <= 1 else None
    strip = create_strip(label, values, reach, span=span)
    return Score(kind.title, show(value), kind.better, kind.meaning, spoken, beside, strip)


def _describe_similarity(record: EvaluationRecord) -> Score:
    title, value = "MS-SSIM of pairs", show(record.ms_ssim)
    beside = f"Training images {show(record.ms_ssim_real)}; {record.ms_ssim_pairs} pairs each."
    meaning = "Similarity of two generated images: above that of two real ones, the generator repeats itself."
    values: list[tuple[Kind, float | None]] = [("own", record.ms_ssim), ("real", record.ms_ssim_real)]
    strip = create_strip(f"{title}: {value}. {beside}", values, span=(0.0, 1.0))
    return Score(title, value, "like real images is right", meaning, beside=beside, strip=strip)
