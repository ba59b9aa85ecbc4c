"""A record as a small table for the terminal."""

from collections.abc import Iterator

from dcgan_jax.evaluation.methods import COLUMNS, describe_methods, format_csv_row, format_latex_row
from dcgan_jax.evaluation.record import Baseline, ClassesRecord, EvaluationRecord, Intervals, Scores
from dcgan_jax.memorization.record import MemorizationRecord
from dcgan_jax.metrics.intervals import Interval

_WIDTH = 22
_BESIDE = {name: field.title or name for name, field in Scores.model_fields.items() if name not in ("fid", "kid")}
"""Scores that a baseline stands beside in a row, and what they are called."""


def describe_record(record: EvaluationRecord | ClassesRecord) -> str:
    """Returns the main scores of a record, what to compare them with, and the warnings; class after class."""
    if isinstance(record, EvaluationRecord):
        return "\n".join(_lines(record))
    tables = [f"{label}: {describe_record(of_class)}" for label, of_class in record.classes.items()]
    return "\n\n".join([*tables, _row("FID of all classes", record.fid, record.fid_is)])


def _lines(record: EvaluationRecord) -> Iterator[str]:
    interval, baseline = record.interval, record.baseline
    yield (
        f"{record.num_real:,} real against {record.num_generated:,} generated images of step {record.step}, "
        f"dims {record.dims}, {record.preprocess} ({record.resize_filter}), weights: {record.weights}"
    )
    yield _row(f"FID ({record.dims})", record.fid, _range(interval, "at these counts"))
    if baseline is not None:
        counts = f"{baseline.num_real:,} against {baseline.num_other:,}"
        yield _row("  real against real", baseline.fid, f"{counts} training images, divided by {baseline.divided_by}")
        ratio = "" if baseline.ratio is None else f": {baseline.ratio:.1f} times as far"
        yield _row("  at those counts", baseline.generated.fid, f"generated images{ratio}")
        if baseline.held_out:
            yield _row("  held-out images", baseline.held_out.fid, "against the training images")
    counts = f"{record.fid_2048_counts.num_real:,} against {record.fid_2048_counts.num_generated:,}"
    yield _row("FID (2048)", record.fid_2048, f"{counts}, the first latent seed; compares only at these counts")
    yield _row("KID", record.kid, _range(interval and interval.kid, "against training images"))
    held_out_interval = interval and interval.kid_held_out
    yield _row("KID, held-out", record.kid_held_out, _range(held_out_interval, "against held-out images"))
    best = baseline and (baseline.held_out or baseline)
    for name, title in _BESIDE.items():
        own = _range(getattr(interval, name, None), "")
        yield _row(title, getattr(record, name), "; ".join(filter(None, [own, _describe_baseline(name, best)])))
    yield _row(
        "MS-SSIM of pairs",
        record.ms_ssim,
        f"real images: {record.ms_ssim_real:.3f}; {record.ms_ssim_pairs} pairs each; higher is less varied",
    )
    yield from _describe_memorization(record.memorization)
    for warning in record.warnings:
        yield f"Warning: {warning}"
    yield f"For a paper: {describe_methods(record)}"
    yield f"CSV ({', '.join(COLUMNS)}): {format_csv_row(record)}"
    yield f"LaTeX: {format_latex_row(record)}"


def _describe_baseline(name: str, baseline: Baseline | None) -> str:
    """Returns what real and generated images score at the baseline's counts."""
    real, generated = getattr(baseline, name, None), getattr(baseline and baseline.generated, name, None)
    if baseline is None or real is None or generated is None:
        return ""
    counts = f"{baseline.num_real:,} against {baseline.num_other:,}"
    return f"{counts}: {generated:.3f}, and other real images {real:.3f}"


def _describe_memorization(section: MemorizationRecord) -> Iterator[str]:
    if section.share is None or section.memorised_share_interval is None or section.expected_share is None:
        yield f"{'memorized share':{_WIDTH}}{section.memorised_share}: {section.reason}"
        return
    low, high = section.memorised_share_interval
    expected = f"up to {section.expected_share.highest:.3f} without copying"
    measured = f"{section.reference}: {section.false_positive_rate:.3f}"
    yield _row(
        "memorized share",
        section.share,
        f"{low:.3f} to {high:.3f} (95%); {expected}, {measured}; evidence, not proof",
    )
    if lowest := section.lowest_sensitivity:
        yield _row("  lowest sensitivity", lowest.rate, f"of copies that are {lowest.name}, this share would be found")


def _range(interval: Intervals | Interval | None, what: str) -> str:
    return f"{interval.low:.4g} to {interval.high:.4g} ({interval.level:.0%}) {what}".rstrip() if interval else what


def _row(name: str, value: float | None, note: str = "") -> str:
    return f"{name:{_WIDTH}}{'-' if value is None else f'{value:.4g}':<10}{note}".rstrip()
