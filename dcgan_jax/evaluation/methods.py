"""A record for a paper: the sentence that its Methods need, and a row for its table."""

from dcgan_jax.evaluation.record import EvaluationRecord, Intervals
from dcgan_jax.metrics.intervals import Interval

COLUMNS = ("class", "step", "real", "generated", "FID", "KID", "precision", "recall", "coverage", "memorized share")
"""Of the rows."""


def describe_methods(record: EvaluationRecord) -> str:
    """Returns one sentence that says what was measured, how, and what real images score."""
    seeds, interval, baseline = len(record.seeds), record.interval, record.baseline
    label = record.real_images.label
    sentence = (
        f"Generated images{f' of class {label}' if label else ''} were compared with {record.num_real:,} real training "
        f"images by the Fréchet distance of {record.dims}-dimensional Inception-V3 features ({record.weights}, sha256 "
        f"{record.weights_sha256[:12]}; {record.preprocess}, {record.resize_filter}) over {seeds} "
        f"set{'s'[: seeds != 1]} of {record.num_generated:,} images from dcgan_jax "
        f"{record.versions.get('dcgan_jax', '')} after {record.step:,} steps: {record.fid:.3g}"
    )
    if interval:
        sentence += f" ({interval.level:.0%} interval {interval.low:.3g} to {interval.high:.3g})"
    if baseline and baseline.fid is not None and baseline.generated.fid is not None:
        sentence += (
            f"; at {baseline.num_real:,} against {baseline.num_other:,} images real ones scored {baseline.fid:.3g}, "
            f"generated ones {baseline.generated.fid:.3g}"
        )
    return f"{sentence}; {_describe_copies(record)}."


def _describe_copies(record: EvaluationRecord) -> str:
    memorization = record.memorization
    if memorization.share is None or memorization.expected_share is None:
        return "whether they are copies of training images could not be assessed"
    compared = f"{memorization.num_compared:,} " if memorization.num_compared is not None else ""
    highest = memorization.expected_share.highest
    return (
        f"{memorization.share:.1%} of them were closer to a training image than nearly all of "
        f"{compared}{memorization.reference} were (up to {highest:.1%} would be without any copying)"
    )


def format_csv_row(record: EvaluationRecord) -> str:
    """Returns the values of `COLUMNS` with commas between them; blank where there is none."""
    return ",".join(f'"{value}"' if "," in value else value for value in _list_values(record, "{:.6g}", ""))


def format_latex_row(record: EvaluationRecord) -> str:
    """Returns the values of `COLUMNS` as a row of a LaTeX table, FID and KID with their intervals."""
    interval = record.interval
    values = _list_values(record, "{:.3g}", "--")
    values[0] = _escape(values[0])
    values[4] += _range(interval)
    values[5] += _range(interval and interval.kid)
    return " & ".join(values) + r" \\"


def _list_values(record: EvaluationRecord, form: str, missing: str) -> list[str]:
    numbers = [record.fid, record.kid, record.precision, record.recall, record.coverage, record.memorization.share]
    return [
        record.real_images.label or missing,
        *map(str, (record.step, record.num_real, record.num_generated)),
        *(missing if value is None else form.format(value) for value in numbers),
    ]


def _range(interval: Intervals | Interval | None) -> str:
    return f" ({interval.low:.3g}--{interval.high:.3g})" if interval else ""


def _escape(text: str) -> str:
    return "".join(f"\\{sign}" if sign in "_&%#${}" else sign for sign in text)
