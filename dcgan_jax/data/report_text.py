"""The report of a prepared set in words: what a user should know before training, and all of it as Markdown."""

from collections import defaultdict
from collections.abc import Sequence

from dcgan_jax.data.intensity import DepthGroup
from dcgan_jax.data.prepared import Example
from dcgan_jax.data.report import PreparedReport, show_name
from dcgan_jax.storage.markdown import escape

_LISTED = 3


def find_warnings(report: PreparedReport, examples: Sequence[Example]) -> list[str]:
    """Returns what a user should know before training on these images, the worst first."""
    return [
        *_warn_of_files(report),
        *_warn_of_levels(report),
        *_warn_of_patients(report),
        *_warn_of_lone_patients(examples),
        *_warn_of_shapes(report),
    ]


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
            f"data.on_bad_image=skip ({listed}{'; and other reasons' if len(reasons) > _LISTED else ''}): report.md "
            "lists all of them"
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
            "each counts as a patient of its own: a split made here, data.holdout and data.fraction go by file and may "
            "part a patient's images, which makes scores too good; put the images of each patient into a folder of "
            "their own below the class (NORMAL/patient01/a.png)"
        )
    for name, patients in (("conservative", report.patients.conservative), ("published", report.patients.published)):
        if patients.in_several_splits:
            images = ", ".join(f"{count} in {split}" for split, count in patients.images_of_those.items())
            warnings.append(
                f"by the {name} reading of the file names {_count(patients.in_several_splits, 'patient')} in several "
                f"splits ({images}): scores on another split may be too good"
            )
    across = report.duplicates.across_splits
    if across:
        warnings.append(f"{_count(len(across), 'image')} in several splits, pixel by pixel: {across[0]} for one")
    return warnings


def _warn_of_lone_patients(examples: Sequence[Example]) -> list[str]:
    """Warns of classes whose images all lie in one folder that is hardly a patient's."""
    warnings = []
    for label in sorted({example.label for example in examples}):
        group = [example for example in examples if example.label == label]
        patients = {example.patient for example in group}
        if len(group) > 1 and len(patients) == 1:
            warnings.append(
                f"all {len(group):,} images of {show_name(label)} count as one patient, {show_name(patients.pop())}, "
                f"so none can be held out: if they are of several, give each a folder of their own "
                f"({show_name(label)}/patient01/a.png)"
            )
    return warnings


def _warn_of_shapes(report: PreparedReport) -> list[str]:
    ratios = [size.median_width_to_height for size in report.sizes.values()]
    if len(ratios) > 1 and max(ratios) > 1.05 * min(ratios):
        return [
            "image shapes differ between the classes, so stretching to a square, or its borders, can give them away"
        ]
    return []


def describe_report(report: PreparedReport) -> str:
    """Returns the report as Markdown."""
    settings = ", ".join(f"{name} {value}" for name, value in report.settings.model_dump().items())
    lines = ["# Prepared images", "", f"From the {report.source}.", "", f"Settings: {settings}.", ""]
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
    lines += _section("Warnings", report.warnings)
    lines += _section("Synthetic, by what the files say of themselves", report.synthetic)
    lines += _section("Left out", [f"{bad.file}: {bad.reason}" for bad in report.left_out])
    lines += _section("Passed over", [f"{kind}: {count:,}" for kind, count in report.passed_over.items()])
    lines += _section("Hardly X-rays", [f"{entry.file}: {entry.flaw}" for entry in report.flaws])
    within, across = report.duplicates.within_splits, report.duplicates.across_splits
    lines += _section("Same pixels, within splits", [", ".join(group) for group in within])
    lines += _section("Same pixels, across splits", [", ".join(group) for group in across])
    return "\n".join(lines) + "\n"


def _describe_depth(group: DepthGroup) -> str:
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


def _section(title: str, items: Sequence[str]) -> list[str]:
    return ["", f"## {title}", "", *(f"- {_escape_lines(item)}" for item in items)] if items else []


def _escape_lines(text: str) -> str:
    return text.replace("<", "&lt;").replace("\r", "\\r").replace("\n", "\\n")
