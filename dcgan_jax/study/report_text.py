"""report.json -> report.md: the sentence, the tables, and the items that reporting guidelines ask for."""

from collections.abc import Iterable, Sequence

from dcgan_jax.study.file_names import FOOLED
from dcgan_jax.study.plan import Plan
from dcgan_jax.study.report_record import Agreement, Interval, Pooled, Primary, StudyReport
from dcgan_jax.study.reporting_items import list_items

_VERDICTS = {
    "told apart": "The readers told real from generated images better than by guessing.",
    "told apart within the margin": "The readers told real from generated images better than by guessing, by less than "
    "the margin.",
    "mistaken": "The readers took generated images for real, and real ones for generated, more often than by guessing.",
    "like guessing": "The readers were within the margin of guessing.",
    "undecided": "Neither that the readers can tell the images apart nor that they guess has been shown.",
}
_FIGURES = {"accuracy": "balanced accuracy", "auc": "area under the ROC curve"}


_READER_HEADS = (
    *("reader", "images", "accuracy", "sensitivity", "specificity", "area under ROC"),
    *("d'", "criterion", "seconds", "kappa with themselves"),
)


def format_verdict(report: StudyReport) -> str:
    """Returns the conclusion as a sentence with its figures."""
    primary = report.primary
    if primary is None:
        return "There are too few images that all readers have read for a conclusion."
    return f"{_VERDICTS[primary.verdict]} {_figures(primary)}"


def format_report(report: StudyReport) -> str:
    """Returns the report in Markdown."""
    plan = report.plan
    parts = ["# Can readers tell real from generated images?", format_verdict(report)]
    if report.is_interim:
        parts.append(
            f"**An interim report**: {', '.join(report.unfinished)} had not finished when the key was opened. Its "
            "tests are not those that were planned, and who sees it must not tell the readers."
        )
    parts += [
        "## The study",
        _table(("what", ""), _list_plan(plan, report.plan_sha256)),
        "## Readers",
        _table(
            _READER_HEADS,
            [
                (
                    each.reader,
                    str(each.answered),
                    _share(each.accuracy, each.interval),
                    _share(each.sensitivity, each.sensitivity_interval),
                    _share(each.specificity, each.specificity_interval),
                    _share(each.auc, each.auc_interval),
                    _number(each.d_prime),
                    _number(each.criterion),
                    _number(each.median_seconds, 1),
                    _agreement(each.repeats),
                )
                for each in report.readers
            ],
        ),
        _POSITIVE[plan.design] + " Intervals are 95%: Wilson's of shares, DeLong's of areas. Seconds are the median on "
        "an image, without pauses and hidden windows.",
        "![Accuracy of each reader](figures/readers.png)",
        "## All readers together",
        _format_pooled(report.pooled),
        "![ROC curves](figures/roc.png)",
        "![Confidence](figures/confidence.png)",
        "## Agreement and drift",
        f"Between readers: Fleiss' kappa {_agreement(report.agreement)}.",
        f"Right answers in the quarters of the session: {', '.join(_number(each) for each in report.drift.quarters)}; "
        f"change from the first to the last image {_share(report.drift.change, report.drift.interval)}.",
    ]
    if report.options:
        counts = [(each.phase, _cell(each.option), str(each.real), str(each.generated)) for each in report.options]
        parts += ["## What the images were said to show", _table(("phase", "answer", "real", "generated"), counts)]
    if report.remarks:
        remarks = [(each.reader, "yes" if each.noticed else "no", _cell(each.text)) for each in report.remarks]
        parts += ["## Noticed before anything was said", _table(("reader", "noticed", "what"), remarks)]
    parts += [
        "## Images that misled most",
        f"![Images that misled most](figures/{FOOLED})",
        "## Reporting items",
        "After CLAIM 2024 (Tejani et al., Radiology: Artificial Intelligence 6, e240300) and GRRAS (Kottner et al., "
        "Journal of Clinical Epidemiology 64, 2011). What only you know is marked.",
        _table(("item", "here"), list_items(report)),
        "## Files",
        "`answers.csv` has every answer, `answers.imrmc` and `mrmcaov.csv` the first answers for the programs of these "
        "names, `report.json` all figures, `study.json` the plan. `key.json` says which image is which.",
    ]
    return "\n\n".join(parts) + "\n"


_POSITIVE = {
    "rating": "Sensitivity is the share of generated images that were recognized, specificity that of real ones.",
    "pairs": "Sensitivity is the share of pairs with the generated image on the left that were recognized, specificity "
    "that of the others; d' is divided by the square root of 2, as two images were compared.",
}


def _list_plan(plan: Plan, sha256: str) -> Iterable[tuple[str, str]]:
    shown = "pairs" if plan.design == "pairs" else "images"
    yield "design", {"rating": "one image at a time", "pairs": "two images at a time, one of each kind"}[plan.design]
    yield "readers", str(plan.readers)
    yield "read by each", f"{plan.images} {shown}, and {plan.repeats:.0%} of them again without a word"
    yield "real images", plan.origin.real
    yield "generated images", f"{plan.origin.generated}; {plan.generated_share:.0%} of all"
    yield "left out as near copies of training images", str(plan.counts.left_out_as_copies)
    yield "blank generated images, shown all the same", str(plan.counts.blank)
    yield "size", f"{plan.image_size} x {plan.image_size} gray pixels"
    yield "primary endpoint", f"{_FIGURES[plan.endpoint]} against 0.5, and equivalence within {plan.margin:g} of it"
    yield "expected interval", f"{plan.expected_half_width:.3f} either way"
    yield "planned", f"{plan.created}, before the first answer; sha256 of study.json `{sha256}`"


def _format_pooled(pooled: Pooled | None) -> str:
    if pooled is None:
        return "Too few images were read by all readers."
    rows = [
        (
            name,
            _share(figure.estimate, figure.interval),
            _number(figure.standard_error, 4),
            _number(figure.degrees_of_freedom, 1),
            _p(figure.p_value),
            _p(figure.equivalence_p),
        )
        for name, figure in (("balanced accuracy", pooled.balanced_accuracy), ("area under ROC", pooled.auc))
    ]
    random = (
        "One reader stands for nobody else: the interval is over images alone."
        if pooled.readers == 1
        else "Readers and images are both random (Obuchowski and Rockette 1995; degrees of freedom of Hillis 2007, or "
        "one less than readers with fewer than four)."
    )
    heads = ("figure", "mean", "standard error", "degrees of freedom", "p (0.5)", "p (not equivalent)")
    return f"{pooled.readers} readers, {pooled.images} images. {random}\n\n" + _table(heads, rows)


def _figures(primary: Primary) -> str:
    return (
        f"Mean {_FIGURES[primary.endpoint]} {_share(primary.estimate, primary.interval)}; against 0.5 p "
        f"{_p(primary.p_value, '= ')}; within {primary.margin:g} of it p {_p(primary.equivalence_p, '= ')}."
    )


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _number(value: float | None, digits: int = 2) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _share(value: float | None, interval: Interval) -> str:
    low, high = interval
    return _number(value, 3) + ("" if low is None or high is None else f" ({low:.3f} to {high:.3f})")


def _p(value: float, equals: str = "") -> str:
    return "< 0.001" if value < 0.001 else f"{equals}{value:.3f}"


def _agreement(agreement: Agreement | None) -> str:
    if agreement is None:
        return "-"
    return f"{_share(agreement.kappa, agreement.interval)}, {_number(agreement.share)} of answers alike"


def _cell(text: str) -> str:
    """Returns a reader's words as they are, in one cell of a table."""
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]<>#|!~" else letter for letter in " ".join(text.split()))
