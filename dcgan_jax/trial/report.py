"""trial.json as a page for people: what was compared, what came out, what it supports."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from dcgan_jax.settings import ARMS
from dcgan_jax.storage.markdown import escape
from dcgan_jax.trial.arms import COPIES, REFERENCE
from dcgan_jax.trial.plan_record import Plan
from dcgan_jax.trial.record import Analysis, Calibration, ImageCounts, OfArm, OverCopies, TrialRecord, TwoSampleTest
from dcgan_jax.trial.scores import METRICS
from dcgan_jax.trial.verdict import METRIC_NAMES

_CAUTION = (
    "For research, not for diagnosis. These numbers are about this test split: other hospitals, ages and devices may "
    "differ. In the published chest X-rays, image size and aspect ratio differ between the classes and can give them "
    "away."
)
_METHOD = (
    "Intervals are 95%, by Student's t over classifier seeds, generator seeds and patients (delete-one-group "
    "jackknife, whole patients), each for itself. The primary endpoint was declared before anything was trained and "
    "is judged by its own p-value and, for equivalence, by two one-sided tests with the margin declared with it. All "
    "other comparisons are secondary and judged by p adjusted, so an interval of one may leave out zero without a "
    "difference being said: Holm's over the comparisons of the same metric with real images alone, or over those with "
    "copies. Over metrics, and over both of these, nothing is corrected, and equivalence is not tested. Smallest "
    "detectable: the difference that the test would have found four times out of five; for secondary comparisons at "
    "the level of the smallest of so many p-values (Bonferroni)."
)


def describe_endpoint(plan: Plan) -> str:
    """Returns the primary endpoint in words."""
    return (
        f"area under the ROC curve, {plan.describe_arm(plan.primary)} against {REFERENCE}" if plan.primary else "none"
    )


def describe_trial(record: TrialRecord, figures: Sequence[str]) -> str:
    """Returns the report as Markdown, with figures given by their paths relative to it.

    Names of classes and files are shown as they are, whatever signs they have.
    """
    lines = [*_head(record), *[f"- {escape(note)}" for note in record.notes], "", *_arms(record)]
    whole = Analysis(summaries=record.summaries, comparisons=record.comparisons, over_copies=record.over_copies)
    lines += _tables(whole)
    if record.without_ambiguous:
        lines += [f"## Without the {record.splits.ambiguous.images} ambiguous test images", ""]
        lines += _tables(record.without_ambiguous, level=3)
    if record.two_sample_test:
        lines += _two_sample(record.two_sample_test)
    lines += _calibration(record.calibration)
    lines += ["## Figures", "", *[f"![{name}]({name})" for name in figures], "", _CAUTION]
    return "\n".join(lines) + "\n"


def _head(record: TrialRecord) -> list[str]:
    primary = record.primary
    lines = ["# Does it help?", "", f"**{primary.verdict if primary else 'Nothing was compared.'}**", ""]
    if primary:
        lines += [f"Primary endpoint, declared beforehand: {escape(primary.endpoint)}.", ""]
    negative = " and ".join(map(escape, record.negative))
    return [
        *lines,
        escape(record.variance_sources),
        "",
        f"{escape(record.positive)} against {negative}. {_count('test', record.splits.test)} were looked at "
        f"once, at the end (test split: {record.test_split}).",
        "",
    ]


def _arms(record: TrialRecord) -> list[str]:
    """Returns what was compared: the classifier, and what each arm trains it on."""
    classifier = record.plan.classifier
    lines = [
        "## What was compared",
        "",
        f"A small residual network with group norm ({classifier.base_channels} channels at first, images of "
        f"{classifier.image_size} pixels), {classifier.steps} updates on batches of {classifier.batch_size} in every "
        "arm. Its best state and its threshold (the largest sum of sensitivity and specificity) are chosen on "
        f"{_count('validation', record.splits.validation)}.{_say_what_is_added(record)}",
        "",
        "| arm | ratio | fraction | what it trains on | real images | added images | classifiers |",
        "|---" * 7 + "|",
    ]
    counts = Counter((row.name, row.ratio, row.fraction) for row in record.arms)
    first = {(row.name, row.ratio, row.fraction): row for row in reversed(record.arms)}
    for (name, ratio, fraction), count in counts.items():
        row = first[name, ratio, fraction]
        numbers = f"{row.num_real:,} | {row.num_added:,} | {count}"
        lines.append(f"| {name} | {ratio:g} | {fraction:g} | {ARMS[name].description} | {numbers} |")
    return [*lines, "", _METHOD, ""]


def _say_what_is_added(record: TrialRecord) -> str:
    """Returns sentences on the images that the arms of this trial add, if any do."""
    names = {row.name for row in record.arms}
    of_kind: dict[str, list[str]] = defaultdict(list)
    for name, arm in ARMS.items():
        if name in names:
            of_kind[arm.added].append(f"`{name}`")
    text = ""
    if of_kind["of_one_class"] or of_kind["of_all_classes"]:
        text += f" Synthetic images come from {escape(record.synthetic_from)}."
    if "selected" in names:
        fields = record.plan.fields
        text += f" Each of `selected` is chosen among {fields['trial.candidates']} by {fields['trial.select']}."
    if adding := of_kind["of_one_class"] + of_kind["copies"]:
        *others, last = adding
        subject = f"{', '.join(others)} and {last} add" if others else f"{last} adds"
        text += f" {subject} images of {escape(record.plan.label)}."
    return text


def _count(part: str, counts: ImageCounts) -> str:
    by_class = ", ".join(f"{count:,} {escape(label)}" for label, count in counts.classes.items())
    return f"{counts.images:,} {part} images of {counts.patients:,} patients ({by_class})"


def _two_sample(told: TwoSampleTest) -> list[str]:
    return [
        "## Can synthetic images be told from real ones?",
        "",
        f"A classifier trained to do so has an area under the ROC curve of {told.auc:.3f} on other patients and is "
        f"right on {told.accuracy:.1%} of {told.images} images (by chance: 50%; p = {told.p_value:.2g}).",
        "",
    ]


def _calibration(rows: Sequence[Calibration]) -> list[str]:
    lines = ["## Calibration", "", "| arm | ratio | fraction | Brier | expected calibration error |", f"{'|---' * 5}|"]
    lines += [f"| {_key(row)} | {row.brier:.4f} | {row.expected_calibration_error:.4f} |" for row in rows]
    return [*lines, ""]


def _tables(analysis: Analysis, level: int = 2) -> list[str]:
    marks = "#" * level
    heads = " | ".join(METRIC_NAMES[name] for name in METRICS)
    lines = [f"{marks} Scores", "", f"| arm | ratio | fraction | {heads} |", "|---" * (3 + len(METRICS)) + "|"]
    by_arm: dict[str, dict[str, str]] = defaultdict(dict)
    for summary in analysis.summaries:
        by_arm[_key(summary)][summary.metric] = f"{summary.value:.3f} ({_span(summary.interval)})"
    lines += [f"| {key} | {' | '.join(values[name] for name in METRICS)} |" for key, values in by_arm.items()]
    lines += ["", f"{marks} Differences to real images alone", ""]
    lines += ["| arm | ratio | fraction | metric | difference | p | p adjusted | p equivalence | smallest detectable |"]
    lines.append("|---" * 9 + "|")
    for row in analysis.comparisons:
        name = METRIC_NAMES[row.metric] + (" (primary)" if row.primary else "")
        equivalence = "-" if row.p_equivalence is None else f"{row.p_equivalence:.3g}"
        lines.append(
            f"| {_key(row)} | {name} | {row.difference:+.4f} ({_span(row.interval, '+.4f')}) | {row.p_value:.3g} | "
            f"{row.p_adjusted:.3g} | {equivalence} | {_smallest(row.smallest_detectable)} |"
        )
    lines += ["", f"{marks} What the areas under the ROC curve support", ""]
    lines += [
        f"- {row.arm}, ratio {row.ratio:g}, fraction {row.fraction:g}: {row.verdict}"
        for row in analysis.comparisons
        if row.metric == "auc"
    ]
    return [*lines, "", *_over_copies(analysis.over_copies, marks)]


def _over_copies(rows: Sequence[OverCopies], marks: str) -> list[str]:
    if not rows:
        return []
    return [
        f"{marks} Do synthetic images add more than their number?",
        "",
        f"Each arm less `{COPIES}` at the same ratio and fraction, which has as many images. These comparisons are "
        "secondary; their p is adjusted among themselves.",
        "",
        *[f"- {row.arm}, ratio {row.ratio:g}, fraction {row.fraction:g}: {row.verdict}" for row in rows],
        "",
    ]


def _smallest(difference: float | None) -> str:
    if difference is None:
        return "-"
    return f"{difference:.4f}" if difference < 1 else "none"


def _key(row: OfArm) -> str:
    return f"{row.arm} | {row.ratio:g} | {row.fraction:g}"


def _span(interval: tuple[float, float], form: str = ".3f") -> str:
    low, high = interval
    return f"{low:{form}} to {high:{form}}"
