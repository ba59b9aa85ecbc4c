"""Scores as the rows of a card's table."""

from collections.abc import Iterator
from typing import NamedTuple

from dcgan_jax.evaluation.record import Baseline, EvaluationRecord
from dcgan_jax.metrics.intervals import Interval

_BESIDE_REAL = {
    "precision": "Precision",
    "recall": "Recall",
    "density": "Density",
    "coverage": "Coverage",
    "irs": "Image retrieval score",
    "trace_ratio": "Trace ratio",
    "vendi": "Vendi score",
}


class ScoreRow(NamedTuple):
    """A score as it is printed.

    Attributes:
      name: of the score.
      value: of the generated images.
      interval: 95%, where there is one.
      real: the same measure of real images against others, with its counts.
    """

    name: str
    value: str
    interval: str
    real: str


def list_scores(record: EvaluationRecord) -> Iterator[ScoreRow]:
    """Yields the rows; what was not measured has none."""
    interval, baseline = record.interval, record.baseline
    span = "" if interval is None else _span(interval.low, interval.high)
    yield ScoreRow(f"FID ({record.dims})", f"{record.fid:.4g}", span, _describe_real_fid(baseline))
    counts = record.fid_2048_counts
    at = f"FID (2048), {counts.num_real:,} against {counts.num_generated:,}"
    yield ScoreRow(at, f"{record.fid_2048:.4g}", "", "")
    for name, title in {"kid": "KID", "kid_held_out": "KID, held-out images"}.items():
        yield from _row(title, getattr(record, name), getattr(interval, name, None), "")
    best = baseline and (baseline.held_out or baseline)
    for name, title in _BESIDE_REAL.items():
        of_real = getattr(best, name, None)
        shown = (
            "" if best is None or of_real is None else f"{of_real:.3f} ({best.num_real:,} against {best.num_other:,})"
        )
        yield from _row(title, getattr(record, name), getattr(interval, name, None), shown)
    yield ScoreRow("MS-SSIM of pairs", f"{record.ms_ssim:.3f}", "", f"{record.ms_ssim_real:.3f}")


def _describe_real_fid(baseline: Baseline | None) -> str:
    """Returns the distance of real images from others, and that of as many generated ones: counts move it."""
    if baseline is None or baseline.fid is None:
        return ""
    counts = f"{baseline.num_real:,} against {baseline.num_other:,}"
    generated = "" if baseline.generated.fid is None else f"; {baseline.generated.fid:.4g} of as many generated ones"
    return f"{baseline.fid:.4g} ({counts}{generated})"


def _row(name: str, value: float | None, interval: Interval | None, real: str) -> Iterator[ScoreRow]:
    if value is not None:
        yield ScoreRow(name, f"{value:.4g}", _span(interval.low, interval.high) if interval else "", real)


def _span(low: float, high: float) -> str:
    return f"{low:.4g} to {high:.4g}"
