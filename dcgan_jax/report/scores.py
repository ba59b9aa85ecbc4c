"""The scores of a record as rows of the page: value, interval, baseline, and what it means in a sentence."""

from collections.abc import Iterator
from dataclasses import dataclass

from dcgan_jax.evaluation.record import Baseline, EvaluationRecord, Intervals
from dcgan_jax.metrics.intervals import Interval
from dcgan_jax.report.numbers import show, show_range
from dcgan_jax.report.strips import Kind, Strip, create_strip

SHARES = ("precision", "recall", "density", "coverage")


@dataclass(frozen=True)
class Score:
    """One row.

    Attributes:
      name: of the score.
      value: of the generator; a dash where it was not measured.
      interval: in words; may be empty.
      beside: what real images score, and generated ones at the same counts; may be empty.
      better: which way is better.
      meaning: what it says, in a sentence.
      strip: all of it drawn; None where there is nothing to draw.
    """

    name: str
    value: str
    interval: str
    beside: str
    better: str
    meaning: str
    strip: Strip | None


@dataclass(frozen=True)
class _Kind:
    title: str
    better: str
    meaning: str


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


def list_scores(record: EvaluationRecord) -> tuple[Score, ...]:
    """Returns all scores of a record, the most telling first."""
    return tuple(_list(record))


def _list(record: EvaluationRecord) -> Iterator[Score]:
    baseline, interval = record.baseline, record.interval
    yield _describe(
        f"FID ({record.dims} features)",
        record.fid,
        interval,
        baseline,
        "fid",
        _Kind(
            "",
            "lower is better",
            "Distance between the generated and the real images in the features of a network: wrong shapes, wrong "
            "spread and missing variety all raise it. It never reaches zero: read it beside real images.",
        ),
    )
    best = baseline and (baseline.held_out or baseline)
    for name, kind in _KINDS.items():
        own = getattr(interval, name, None)
        yield _describe(kind.title, getattr(record, name), own, best, name, kind)
    yield _describe_similarity(record)
    yield Score(
        "FID (2048 features)",
        show(record.fid_2048),
        "",
        "",
        "lower is better",
        f"The FID that most papers report, of {record.fid_2048_counts.num_generated:,} images against "
        f"{record.fid_2048_counts.num_real:,}: it compares only at these counts, and never with the FID above.",
        None,
    )
    if record.inception_score is not None:
        meaning = "Of natural images; says little about X-rays."
        yield Score("Inception score", show(record.inception_score), "", "", "higher is better", meaning, None)


def _describe(
    title: str,
    value: float | None,
    interval: Intervals | Interval | None,
    baseline: Baseline | None,
    name: str,
    kind: _Kind,
) -> Score:
    real = getattr(baseline, name, None)
    generated = (
        getattr(baseline.generated, name) if baseline and name in type(baseline.generated).model_fields else None
    )
    reach = (interval.low, interval.high) if interval else None
    spoken = f"{show_range(*reach)} ({interval.level:.0%})" if interval and reach else ""
    beside = ""
    if baseline and real is not None and generated is not None:
        beside = (
            f"real {show(real)}, generated {show(generated)}, at {baseline.num_other:,} against {baseline.num_real:,}"
        )
    label = f"{title}: {show(value)}" + (f", interval {spoken}" if spoken else "") + (f"; {beside}" if beside else "")
    values: list[tuple[Kind, float | None]] = [("real", real), ("generated", generated), ("own", value)]
    span = (0.0, 1.0) if name in SHARES and max(value or 0, real or 0, generated or 0) <= 1 else None
    strip = create_strip(label, values, reach, span=span) if value is not None else None
    return Score(title, show(value) if value is not None else "", spoken, beside, kind.better, kind.meaning, strip)


def _describe_similarity(record: EvaluationRecord) -> Score:
    beside = f"real {show(record.ms_ssim_real)}, {record.ms_ssim_pairs} pairs each"
    label = f"MS-SSIM of pairs: {show(record.ms_ssim)}; {beside}"
    values: list[tuple[Kind, float | None]] = [("real", record.ms_ssim_real), ("own", record.ms_ssim)]
    return Score(
        "MS-SSIM of pairs",
        show(record.ms_ssim),
        "",
        beside,
        "as real images",
        "Similarity of two generated images: above that of two real ones, the generator repeats itself.",
        create_strip(label, values, span=(0.0, 1.0)),
    )
