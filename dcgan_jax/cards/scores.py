"""Scores as the rows of a card's table."""

from collections.abc import Iterator
from typing import NamedTuple

from dcgan_jax.evaluation.record import Baseline, EvaluationRecord, Intervals
from dcgan_jax.metrics.intervals import Interval

_TITLES = {
    "kid": "KID",
    "kid_held_out": "KID, held-out images",
    "precision": "Precision",
    "recall": "Recall",
    "density": "Density",
    "coverage": "Coverage",
    "irs": "Image retrieval score",
    "trace_ratio": "Trace ratio",
    "vendi": "Vendi score",
}
_WITHOUT_REAL = ("kid", "kid_held_out")


class ScoreRow(NamedTuple):
    """A score of generated images as it is printed, its 95% interval, and that of real images with its counts."""

    name: str
    value: str
    interval: str = ""
    real: str = ""


def list_scores(record: EvaluationRecord) -> Iterator[ScoreRow]:
    """Yields the rows; what was not measured has none."""
    interval, baseline = record.interval, record.baseline
    yield ScoreRow(f"FID ({record.dims})", f"{record.fid:.4g}", _span(interval), _describe_real_fid(baseline))
    counts = record.fid_2048_counts
    yield ScoreRow(f"FID (2048), {counts.num_real:,} against {counts.num_generated:,}", f"{record.fid_2048:.4g}")
    best = baseline and (baseline.held_out or baseline)
    for name, title in _TITLES.items():
        value, of_real = getattr(record, name), None if name in _WITHOUT_REAL else getattr(best, name, None)
        if value is None:
            continue
        real = f"{of_real:.3f} ({best.num_real:,} against {best.num_other:,})" if best and of_real is not None else ""
        yield ScoreRow(title, f"{value:.4g}", _span(getattr(interval, name, None)), real)
    yield ScoreRow("MS-SSIM of pairs", f"{record.ms_ssim:.3f}", real=f"{record.ms_ssim_real:.3f}")


def _describe_real_fid(baseline: Baseline | None) -> str:
    """Returns the distance of real images from others, and that of as many generated ones: counts move it."""
    if baseline is None or baseline.fid is None:
        return ""
    counts = f"{baseline.num_real:,} against {baseline.num_other:,}"
    generated = "" if baseline.generated.fid is None else f"; {baseline.generated.fid:.4g} of as many generated ones"
    return f"{baseline.fid:.4g} ({counts}{generated})"


def _span(interval: Interval | Intervals | None) -> str:
    return f"{interval.low:.4g} to {interval.high:.4g}" if interval else ""
