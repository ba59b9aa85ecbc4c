"""trial.json as a page for people: what was compared, what came out, what it supports."""

from collections.abc import Iterable, Sequence
from typing import Any

from dcgan_jax.trial.arms import DESCRIPTIONS
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
    "other comparisons are secondary and judged by p adjusted, Holm's over the comparisons of the same metric, so an "
    "interval of one may leave out zero without a difference being said; over the metrics nothing is corrected, and "
    "equivalence is not tested. Smallest detectable: the difference that the test would have found four times out of "
    "five; for secondary comparisons at the level of the smallest of so many p-values (Bonferroni)."
)


def describe_trial(record: dict[str, Any], figures: Sequence[str]) -> str:
    """Returns the report as Markdown.

    Args:
      record: the content of trial.json.
      figures: paths of the figures, relative to the report.
    """
    lines = [*_head(record), *[f"- {note}" for note in record["notes"]], "", *_arms(record), *_tables(record)]
    if record["without_ambiguous"]:
        lines += [f"## Without the {record['images']['ambiguous']} ambiguous test images", ""]
        lines += _tables(record["without_ambiguous"], level=3)
    if record["two_sample_test"]:
        lines += _two_sample(record["two_sample_test"])
    lines += _calibration(record["calibration"])
    lines += ["## Figures", "", *[f"![{name}]({name})" for name in figures], "", _CAUTION]
    return "\n".join(lines) + "\n"


def _head(record: dict[str, Any]) -> list[str]:
    primary = record["primary"]
    lines = ["# Does it help?", "", f"**{primary['verdict'] if primary else 'Nothing was compared.'}**", ""]
    if primary:
        lines += [f"Primary endpoint, declared beforehand: {primary['endpoint']}.", ""]
    return [
        *lines,
        record["coverage"],
        "",
        f"{record['positive']} against {' and '.join(record['negative'])}. {_count(record, 'test')} were looked at "
        f"once, at the end (test split: {record['test_split']}).",
        "",
    ]


def _arms(record: dict[str, Any]) -> list[str]:
    """Returns what was compared: the classifier, and what each arm trains it on."""
    plan = record["plan"]
    lines = [
        "## What was compared",
        "",
        f"A small residual network with group norm ({plan['config.trial.base_channels']} channels at first, images of "
        f"{plan['config.data.image_size']} pixels), {record['steps']} updates on batches of "
        f"{plan['config.trial.batch_size']} in every arm. Its best state and its threshold (the largest sum of "
        f"sensitivity and specificity) are chosen on {_count(record, 'validation')}. Synthetic images come from "
        f"{record['synthetic_from']}; `synthetic`, `both` and `duplicated` add images of {plan['config.data.label']}.",
        "",
        "| arm | ratio | fraction | what it trains on | real images | added images | classifiers |",
        "|---" * 7 + "|",
    ]
    for key, rows in _by_arm([{**row, "arm": row["name"]} for row in record["arms"]]).items():
        first = rows[0]
        counts = f"{first['num_real']:,} | {first['num_added']:,} | {len(rows)}"
        lines.append(f"| {key} | {DESCRIPTIONS[first['name']]} | {counts} |")
    return [*lines, "", _METHOD, ""]


def _count(record: dict[str, Any], part: str) -> str:
    by_class = ", ".join(f"{count:,} {label}" for label, count in record["classes"][part].items())
    return f"{record['images'][part]:,} {part} images of {record['patients'][part]:,} patients ({by_class})"


def _two_sample(told: dict[str, Any]) -> list[str]:
    found = f"{told['accuracy']:.1%} of {told['images']} images (by chance: 50%; p = {told['p_value']:.2g})"
    return [
        "## Can synthetic images be told from real ones?",
        "",
        f"A classifier trained to do so has an area under the ROC curve of {told['auc']:.3f} on other patients and is "
        f"right on {found}.",
        "",
    ]


def _calibration(rows: Sequence[dict[str, Any]]) -> list[str]:
    lines = ["## Calibration", "", "| arm | ratio | fraction | Brier | expected calibration error |", f"{'|---' * 5}|"]
    for row in rows:
        error = row["expected_calibration_error"]
        lines.append(f"| {_key(row)} | {row['brier']:.4f} | {error:.4f} |")
    return [*lines, ""]


def _tables(record: dict[str, Any], level: int = 2) -> list[str]:
    marks = "#" * level
    lines = [
        f"{marks} Scores",
        "",
        f"| arm | ratio | fraction | {' | '.join(METRIC_NAMES[name] for name in METRICS)} |",
    ]
    lines.append("|---" * (3 + len(METRICS)) + "|")
    for key, rows in _by_arm(record["summaries"]).items():
        values = {row["metric"]: f"{row['value']:.3f} ({_span(row)})" for row in rows}
        lines.append(f"| {key} | {' | '.join(values[name] for name in METRICS)} |")
    lines += ["", f"{marks} Differences to real images alone", ""]
    lines += ["| arm | ratio | fraction | metric | difference | p | p adjusted | p equivalence | smallest detectable |"]
    lines.append("|---" * 9 + "|")
    for row in record["comparisons"]:
        name = METRIC_NAMES[row["metric"]] + (" (primary)" if row["primary"] else "")
        equivalence = "-" if row["p_equivalence"] is None else f"{row['p_equivalence']:.3g}"
        smallest = _smallest(row["smallest_detectable"])
        lines.append(
            f"| {_key(row)} | {name} | {row['difference']:+.4f} ({_span(row, '+.4f')}) | {row['p_value']:.3g} | "
            f"{row['p_adjusted']:.3g} | {equivalence} | {smallest} |"
        )
    lines += ["", f"{marks} What the areas under the ROC curve support", ""]
    lines += [
        f"- {row['arm']}, ratio {row['ratio']:g}, fraction {row['fraction']:g}: {row['verdict']}"
        for row in record["comparisons"]
        if row["metric"] == "auc"
    ]
    return [*lines, ""]


def _smallest(difference: float | None) -> str:
    if difference is None:
        return "-"
    return f"{difference:.4f}" if difference < 1 else "none"


def _by_arm(rows: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(_key(row), []).append(row)
    return groups


def _key(row: dict[str, Any]) -> str:
    return f"{row['arm']} | {row['ratio']:g} | {row['fraction']:g}"


def _span(row: dict[str, Any], form: str = ".3f") -> str:
    low, high = row["interval"]
    return f"{low:{form}} to {high:{form}}"
