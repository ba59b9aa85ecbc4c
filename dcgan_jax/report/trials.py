"""The classifier trial as the page shows it: the verdict, and every arm's difference to real images alone."""

from typing import NamedTuple

from dcgan_jax.report.numbers import show_p, show_share, show_signed
from dcgan_jax.report.strips import Strip, create_strip
from dcgan_jax.settings import ARMS
from dcgan_jax.trial.record import Comparison, OfArm, OverCopies, Summary, TrialRecord, TwoSampleTest


class Difference(NamedTuple):
    """One arm less the reference, in the area under the ROC curve."""

    arm: str
    description: str
    row: Comparison
    strip: Strip | None


class Trial(NamedTuple):
    """A finished trial: what was compared and on whom, differences to the reference, and each arm's name and score.

    `over_copies` are arms with their differences to as many copies of real images. `told_apart` says whether a
    classifier can tell synthetic from real images; it may be empty.
    """

    record: TrialRecord
    facts: str
    differences: tuple[Difference, ...]
    arms: tuple[tuple[str, Summary], ...]
    over_copies: tuple[tuple[str, OverCopies], ...]
    told_apart: str


def describe_trial(record: TrialRecord) -> Trial:
    """Returns the trial of a record."""
    rows = [row for row in record.comparisons if row.metric == "auc"]
    margin = record.plan.fields.get("trial.margin")
    band = (-float(margin), float(margin)) if isinstance(margin, int | float) else None
    furthest = max([*(abs(end) for row in rows for end in row.interval), *(band or ()), 1e-6]) * 1.06

    def name(row: OfArm) -> str:
        ratio = f", ratio {row.ratio:g}" if row.ratio else ""
        return f"{row.arm.replace('_', ' ')}{ratio}, {record.plan.describe_share(row.fraction)}"

    def describe(row: Comparison) -> Difference:
        label = f"{name(row)}: difference {show_signed(row.difference)}"
        strip = create_strip(label, [("own", row.difference)], row.interval, band, (-furthest, furthest))
        return Difference(name(row), ARMS[row.arm].description.replace("`", ""), row, strip)

    test, training = record.splits.test, max(record.splits.training, key=lambda counts: counts.fraction)
    facts = (
        f"{record.positive} against {' and '.join(record.negative)}: {training.images:,} training images of "
        f"{training.patients:,} patients, {test.images:,} test images of {test.patients:,} patients, looked at once, "
        f"at the end (test split: {record.test_split})."
    )
    return Trial(
        record=record,
        facts=facts,
        differences=tuple(map(describe, rows)),
        arms=tuple((name(row), row) for row in record.summaries if row.metric == "auc"),
        over_copies=tuple((name(row), row) for row in record.over_copies),
        told_apart=_describe_two_sample(record.two_sample_test) if record.two_sample_test else "",
    )


def _describe_two_sample(told: TwoSampleTest) -> str:
    p_value = show_p(told.p_value)
    return (
        f"A classifier that is trained to tell synthetic from real images is right on {show_share(told.accuracy)} of "
        f"{told.images} images of other patients (by chance: 50%; p {'' if p_value[0] == '<' else '= '}{p_value})."
    )
