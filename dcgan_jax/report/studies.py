"""The reader study as the page shows it: the verdict, and every reader beside guessing."""

from typing import NamedTuple

from dcgan_jax.report.numbers import show, show_share
from dcgan_jax.report.strips import Strip, create_strip
from dcgan_jax.study.multireader import CHANCE
from dcgan_jax.study.report_record import Interval, ReaderResult, StudyReport
from dcgan_jax.study.report_text import format_verdict


class Reader(NamedTuple):
    """One reader, or all together: their answers, and the share and the area under the ROC curve that they reached."""

    name: str
    answered: int
    accuracy: float | None
    interval: Interval
    area: float | None
    strip: Strip | None
    result: ReaderResult | None = None


class Study(NamedTuple):
    """A closed study: what it supports, what was shown to whom, and each reader, then all together."""

    report: StudyReport
    verdict: str
    facts: str
    readers: tuple[Reader, ...]
    agreement: str


def describe_study(report: StudyReport) -> Study:
    """Returns the study of a report."""
    band = (CHANCE - report.plan.margin, CHANCE + report.plan.margin)

    def draw(name: str, estimate: float | None, interval: Interval) -> Strip | None:
        label = f"{name}: accuracy {show_share(estimate)}"
        return create_strip(label, [("own", estimate)], interval, band, (0.0, 1.0))

    readers = []
    for each in report.readers:
        strip = draw(each.reader, each.accuracy, each.interval)
        readers.append(Reader(each.reader, each.answered, each.accuracy, each.interval, each.auc, strip, each))
    if pooled := report.pooled:
        name, area = "All together", pooled.auc.estimate
        strip = draw(name, pooled.accuracy, pooled.interval)
        readers.append(Reader(name, pooled.images, pooled.accuracy, pooled.interval, area, strip))
    kappa = report.agreement.kappa if report.agreement else None
    agreement = f"Agreement between readers beyond chance (Fleiss' kappa): {show(kappa, 2)}."
    return Study(
        report=report,
        verdict=format_verdict(report),
        facts=_describe_plan(report),
        readers=tuple(readers),
        agreement="" if kappa is None else agreement,
    )


def _describe_plan(report: StudyReport) -> str:
    plan = report.plan
    shown = "pairs of images, one of each kind" if plan.design == "pairs" else "images, one at a time"
    return (
        f"{plan.images:,} {shown}, read by {len(report.readers)} of {plan.readers} readers, who did not know which "
        f"were real. Real ones: {plan.origin.real}. Generated ones: {plan.origin.generated}. Within {plan.margin:.0%} "
        "of one half, the shaded part, counts as guessing."
    )
