"""The classifier trial as the page shows it: the verdict, and every arm's difference to real images alone."""

from dataclasses import dataclass

from dcgan_jax.report.numbers import show_p, show_share, show_signed
from dcgan_jax.report.strips import Strip, create_strip
from dcgan_jax.settings import ARMS
from dcgan_jax.trial.record import OfArm, TrialRecord, TwoSampleTest


@dataclass(frozen=True)
class Difference:
    """One arm less the reference, in the area under the ROC curve."""

    arm: str
    description: str
    is_primary: bool
    difference: str
    interval: str
    p_value: str
    strip: Strip | None


@dataclass(frozen=True)
class Arm:
    """The area under the ROC curve of one arm."""

    arm: str
    area: str
    interval: str


@dataclass(frozen=True)
class Trial:
    """A finished trial.

    Attributes:
      verdict: what it supports.
      endpoint: that was declared beforehand.
      facts: what was compared and on whom.
      differences: of all arms.
      arms: their scores.
      told_apart: whether a classifier can tell synthetic from real images; may be empty.
      variance: what the intervals are over.
    """

    verdict: str
    endpoint: str
    facts: str
    differences: tuple[Difference, ...]
    arms: tuple[Arm, ...]
    told_apart: str
    variance: str


def describe_trial(record: TrialRecord) -> Trial:
    """Returns the trial of a record."""
    rows = [row for row in record.comparisons if row.metric == "auc"]
    margin = record.plan.fields.get("trial.margin")
    band = (-float(margin), float(margin)) if isinstance(margin, int | float) else None
    furthest = max([*(abs(end) for row in rows for end in row.interval), *(band or ()), 1e-6]) * 1.06
    differences = tuple(
        Difference(
            arm=_name(row),
            description=ARMS[row.arm].description.replace("`", ""),
            is_primary=row.primary,
            difference=show_signed(row.difference),
            interval=f"{show_signed(row.interval[0])} to {show_signed(row.interval[1])}",
            p_value=show_p(row.p_value if row.primary else row.p_adjusted),
            strip=create_strip(
                f"{_name(row)}: difference {show_signed(row.difference)}",
                [("own", row.difference)],
                row.interval,
                band,
                (-furthest, furthest),
            ),
        )
        for row in rows
    )
    test, training = record.splits.test, max(record.splits.training, key=lambda counts: counts.fraction)
    facts = (
        f"{record.positive} against {' and '.join(record.negative)}: {training.images:,} training images of "
        f"{training.patients:,} patients, {test.images:,} test images of {test.patients:,} patients, looked at once, "
        f"at the end (test split: {record.test_split})."
    )
    told = record.two_sample_test
    return Trial(
        verdict=record.primary.verdict if record.primary else "Nothing was compared.",
        endpoint=record.primary.endpoint if record.primary else "",
        facts=facts,
        differences=differences,
        arms=tuple(
            Arm(_name(row), f"{row.value:.3f}", f"{row.interval[0]:.3f} to {row.interval[1]:.3f}")
            for row in record.summaries
            if row.metric == "auc"
        ),
        told_apart="" if told is None else _describe_two_sample(told),
        variance=record.variance_sources,
    )


def _describe_two_sample(told: TwoSampleTest) -> str:
    return (
        f"A classifier that is trained to tell synthetic from real images is right on {show_share(told.accuracy)} of "
        f"{told.images} images of other patients (by chance: 50%; p {_equals(told.p_value)})."
    )


def _name(row: OfArm) -> str:
    ratio = f", ratio {row.ratio:g}" if row.ratio else ""
    return f"{row.arm.replace('_', ' ')}{ratio}, {row.fraction:.0%} of the patients"


def _equals(p_value: float) -> str:
    text = show_p(p_value)
    return text if text.startswith("<") else f"= {text}"
