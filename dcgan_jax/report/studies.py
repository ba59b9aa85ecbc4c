"""The reader study as the page shows it: the verdict, and every reader beside guessing."""

from dataclasses import dataclass

from dcgan_jax.report.numbers import EN_DASH, show, show_share, show_shares
from dcgan_jax.report.strips import Strip, create_strip
from dcgan_jax.study.report_record import Interval, StudyReport
from dcgan_jax.study.report_text import format_verdict

CHANCE = 0.5


@dataclass(frozen=True)
class Reader:
    """One reader, or all together."""

    name: str
    answered: str
    accuracy: str
    interval: str
    sensitivity: str
    specificity: str
    area: str
    strip: Strip | None


@dataclass(frozen=True)
class Study:
    """A closed study.

    Attributes:
      verdict: what it supports.
      is_interim: whether readers were still at it.
      facts: what was shown to whom.
      readers: each, and all together.
      agreement: between them; may be empty.
      remarks: what they said after the naive phase: reader, whether they noticed anything, their words.
    """

    verdict: str
    is_interim: bool
    facts: str
    readers: tuple[Reader, ...]
    agreement: str
    remarks: tuple[tuple[str, str, str], ...]


def describe_study(report: StudyReport) -> Study:
    """Returns the study of a report."""
    plan = report.plan
    band = (CHANCE - plan.margin, CHANCE + plan.margin)

    def draw(name: str, estimate: float | None, interval: Interval) -> Strip | None:
        label = f"{name}: accuracy {show_share(estimate)}"
        return create_strip(label, [("own", estimate)], interval, band, (0.0, 1.0))

    readers = [
        Reader(
            name=each.reader,
            answered=f"{each.answered:,}",
            accuracy=show_share(each.accuracy),
            interval=show_shares(*each.interval),
            sensitivity=show_share(each.sensitivity),
            specificity=show_share(each.specificity),
            area=_area(each.auc),
            strip=draw(each.reader, each.accuracy, each.interval),
        )
        for each in report.readers
    ]
    if pooled := report.pooled:
        readers.append(
            Reader(
                name="All together",
                answered=f"{pooled.images:,}",
                accuracy=show_share(pooled.accuracy),
                interval=show_shares(*pooled.interval),
                sensitivity="",
                specificity="",
                area=_area(pooled.auc.estimate),
                strip=draw("All together", pooled.accuracy, pooled.interval),
            )
        )
    agreement = report.agreement
    return Study(
        verdict=format_verdict(report),
        is_interim=report.is_interim,
        facts=_describe_plan(report),
        readers=tuple(readers),
        agreement=""
        if agreement is None or agreement.kappa is None
        else f"Agreement between readers beyond chance (Fleiss' kappa): {show(agreement.kappa, 2)}.",
        remarks=tuple((each.reader, "yes" if each.noticed else "no", each.text) for each in report.remarks),
    )


def _describe_plan(report: StudyReport) -> str:
    plan = report.plan
    shown = "pairs of images, one of each kind" if plan.design == "pairs" else "images, one at a time"
    return (
        f"{plan.images:,} {shown}, read by {len(report.readers)} of {plan.readers} readers, who did not know which "
        f"were real. Real ones: {plan.origin.real}. Generated ones: {plan.origin.generated}. Within {plan.margin:.0%} "
        "of one half, the shaded part, counts as guessing."
    )


def _area(value: float | None) -> str:
    return EN_DASH if value is None else f"{value:.3f}"
