"""The report of a prepared set in words: what a user should know before training, and all of it as Markdown."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from dcgan_jax.data.dicom_text import describe_dicom, warn_of_dicom
from dcgan_jax.data.intensity import DepthGroup
from dcgan_jax.data.labels.report import REASONS, LabelsReport
from dcgan_jax.data.prepared import Example
from dcgan_jax.data.reading.stored_image import DISPLAY
from dcgan_jax.data.report import PreparedReport
from dcgan_jax.data.set_warnings import warn_of_classes, warn_of_copies, warn_of_splits
from dcgan_jax.data.sources.source import TEST, TRAIN, VALIDATION
from dcgan_jax.storage.markdown import escape

_LISTED = 3


def find_warnings(report: PreparedReport, examples: Sequence[Example]) -> list[str]:
    """Returns what a user should know before training on these images, the worst first."""
    return [
        *_warn_of_labels(report.labels),
        *_warn_of_files(report),
        *_warn_of_levels(report),
        *warn_of_dicom(report),
        *_warn_of_patients(report),
        *warn_of_splits(examples),
        *warn_of_copies(report),
        *warn_of_classes(report),
    ]


def describe_classes(report: PreparedReport) -> list[str]:
    """Returns how many images and patients each class has: `COVID: 99 train of 62 patients, 25 test of 18 patients`."""
    lines = []
    for label in sorted({label for labels in report.images.values() for label in labels}):
        parts = []
        for split in sorted((split for split, labels in report.images.items() if label in labels), key=_rank_split):
            patients = report.patients.conservative.counts[split][label]
            parts.append(f"{report.images[split][label]:,} {split} of {_count(patients, 'patient', verb=False)}")
        lines.append(f"{label}: {', '.join(parts)}")
    return lines


def _rank_split(split: str) -> int:
    return (TRAIN, VALIDATION, TEST).index(split)


def _warn_of_labels(labels: LabelsReport | None) -> list[str]:
    if labels is None:
        return []
    missing = labels.rows - labels.matched
    parts = [f"{missing:,} of {labels.rows:,} rows have no file"] if missing else []
    left_out = [f"{_count(len(files), 'file', verb=False)} without a row"] if (files := labels.without_row) else []
    for reason, files in labels.left_out.items():
        left_out.append(f"{_count(len(files), 'image', verb=False)} {REASONS[reason]}")
    parts += [f"left out: {', '.join(left_out)}"] if left_out else []
    warnings = [f"of the table of labels: {'; '.join(parts)}: report.md lists them"] if parts else []
    for finding, others in labels.spellings.items():
        warnings.append(
            f"of the table of labels: {', '.join(others)} and {finding} count as one, {finding}: if they are not, give "
            "them names that differ in more than upper and lower case"
        )
    return warnings


def _warn_of_files(report: PreparedReport) -> list[str]:
    warnings = []
    if report.left_out:
        reasons = defaultdict(list)
        for bad in report.left_out:
            reasons[bad.reason].append(bad.file)
        listed = "; ".join(
            f"{_count(len(files), 'file', verb=False)}, {files[0]} for one: {reason}"
            for reason, files in sorted(reasons.items(), key=lambda item: -len(item[1]))[:_LISTED]
        )
        warnings.append(
            f"{len(report.left_out):,} of {_count(len(report.left_out) + _total(report), 'file')} left out by "
            f"config.data.on_bad_image=skip ({listed}{'; and other reasons' if len(reasons) > _LISTED else ''}): "
            "report.md lists all of them"
        )
    if report.passed_over:
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in report.passed_over.items())
        warnings.append(f"passed over beside the images: {kinds}")
    return warnings


def _warn_of_levels(report: PreparedReport) -> list[str]:
    warnings = []
    flaws = defaultdict(list)
    for entry in report.flaws:
        flaws[entry.flaw].append(entry.file)
    for flaw, files in flaws.items():
        warnings.append(f"{_count(len(files), 'image')} {flaw} ({files[0]} for one): look at them")
    if len(report.depth_groups) > 1:
        warnings.append(
            "files deeper than 8 bits are of several kinds, each brought to 8 bits by a range of its own: "
            f"{'; '.join(map(_describe_depth, report.depth_groups))}; if the kinds go with the classes, they give the "
            "class away"
        )
    return warnings


def _warn_of_patients(report: PreparedReport) -> list[str]:
    warnings = []
    if report.files_without_patient:
        warnings.append(
            f"no patient is known from the names of {report.files_without_patient:,} of {_total(report):,} files, so "
            "each counts as a patient of its own: a split made here, config.data.holdout and config.data.fraction go "
            "by file and may part a patient's images, which makes scores too good; put the images of each patient into "
            "a folder of their own below the class (NORMAL/patient01/a.png)"
        )
    for name, patients in (("conservative", report.patients.conservative), ("published", report.patients.published)):
        if patients.in_several_splits:
            images = ", ".join(f"{count} in {split}" for split, count in patients.images_of_those.items())
            warnings.append(
                f"by the {name} reading of the file names {_count(patients.in_several_splits, 'patient')} in several "
                f"splits ({images}): scores on another split may be too good"
            )
    return warnings


def describe_report(report: PreparedReport) -> str:
    """Returns the report as Markdown."""
    choices = f", views {' '.join(report.settings.views)}" if report.settings.views else ""
    choices += f", admitted {' '.join(report.settings.admit)}" if report.settings.admit else ""
    fields = report.settings.model_dump(exclude={"views", "admit"})
    settings = ", ".join(f"{name} {value}" for name, value in fields.items())
    lines = ["# Prepared images", "", f"From the {report.source}.", "", f"Settings: {settings}{choices}.", ""]
    lines += ["| split | class | images | patients, conservative reading | as published |", "|---|---|---|---|---|"]
    conservative, published = report.patients.conservative.counts, report.patients.published.counts
    for split, labels in report.images.items():
        for label, count in labels.items():
            patients = f"{conservative[split][label]:,} | {published[split][label]:,}"
            lines.append(f"| {split} | {escape(label)} | {count:,} | {patients} |")
    lines += [
        "",
        "| class | least width x height | median | greatest | median width / height |",
        "|---|---|---|---|---|",
    ]
    for label, size in report.sizes.items():
        sides = " | ".join("{} x {}".format(*side) for side in (size.least, size.median, size.greatest))
        lines.append(f"| {escape(label)} | {sides} | {size.median_width_to_height} |")
    lines += _section(
        "Files deeper than 8 bits, and their values that became 0 and 255",
        [_describe_depth(group) for group in report.depth_groups],
    )
    lines += _section("DICOM files (report.json has the steps of each)", describe_dicom(report))
    lines += _section("Warnings", report.warnings)
    lines += _section("Synthetic, by what the files say of themselves", report.synthetic)
    if report.labels:
        lines += _section("Rows of the table of labels without a file", report.labels.without_file)
        lines += _section("Files without a row in the table of labels", report.labels.without_row)
        for reason, files in report.labels.left_out.items():
            lines += _section(f"Left out: images {REASONS[reason]}", files)
    lines += _section("Left out", [f"{bad.file}: {bad.reason}" for bad in report.left_out])
    lines += _section("Passed over", [f"{kind}: {count:,}" for kind, count in report.passed_over.items()])
    lines += _section("Hardly X-rays", [f"{entry.file}: {entry.flaw}" for entry in report.flaws])
    within, across = report.duplicates.within_splits, report.duplicates.across_splits
    lines += _section("Same pixels, within splits", [", ".join(group) for group in within])
    lines += _section("Same pixels, across splits", [", ".join(group) for group in across])
    lines += _section("Same pixels, in several classes", map(", ".join, report.duplicates.across_classes))
    lines += _section("The same image saved twice, across splits", map(", ".join, report.near_copies))
    return "\n".join(lines) + "\n"


def _describe_depth(group: DepthGroup) -> str:
    if group.sample == str(DISPLAY):
        return f"{_count(group.files, 'DICOM file', verb=False)} by the window or lookup table that each brings"
    return (
        f"{_count(group.files, 'file', verb=False)} of {group.sample} values that use {group.used_bits} bits, "
        f"{group.low:g} to {group.high:g}"
    )


def _count(number: int, what: str, verb: bool = True) -> str:
    """Returns a number with its noun, and with is or are."""
    ends = ("", " is") if number == 1 else ("s", " are")
    return f"{number:,} {what}{ends[0]}{ends[1] if verb else ''}"


def _total(report: PreparedReport) -> int:
    return sum(count for labels in report.images.values() for count in labels.values())


def _section(title: str, items: Iterable[str]) -> list[str]:
    lines = [f"- {_escape(item)}" for item in items]
    return ["", f"## {title}", "", *lines] if lines else []


def _escape(text: str) -> str:
    """Returns a text in one line and without markup; underscores stay, which are none within words."""
    in_one_line = text.replace("\r", "\\r").replace("\n", "\\n")
    return "".join(f"&#{ord(sign)};" if sign in "<|*`[" else sign for sign in in_one_line)
