"""What was found while preparing: as data for programs, and as text for people."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from dcgan_jax.data.prepared import Example

Report = dict[str, Any]
_READINGS: dict[str, Callable[[Example], str]] = {
    "careful": lambda example: example.patient,
    "published": lambda example: example.published_patient,
}


def create_report(examples: Sequence[Example], facts: Report) -> Report:
    """Returns the report of a prepared set, ready for JSON.

    Args:
      examples: its images.
      facts: what only the preparation knows (source, settings, files left out, ...), taken over as it is.
    """
    report = {
        **facts,
        "images": _count(examples),
        "sizes": {label: _measure_sizes(group) for label, group in _group(examples, lambda e: e.label).items()},
        "duplicates": _find_duplicates(examples),
        "files_without_patient": sum(example.patient == example.file for example in examples),
        "patients": {name: _count_patients(examples, key) for name, key in _READINGS.items()},
    }
    report["warnings"] = _warn(report) + _warn_of_lone_patients(examples)
    return report


def _group(examples: Iterable[Example], key: Callable[[Example], str]) -> dict[str, list[Example]]:
    groups = defaultdict(list)
    for example in examples:
        groups[key(example)].append(example)
    return dict(groups)


def _count(examples: Sequence[Example]) -> dict[str, dict[str, int]]:
    by_split = _group(examples, lambda e: e.split)
    return {split: dict(Counter(example.label for example in group)) for split, group in by_split.items()}


def _measure_sizes(examples: Sequence[Example]) -> Report:
    sides = np.array([[example.width, example.height] for example in examples])
    low, middle, high = np.percentile(sides, [0, 50, 100], axis=0, method="nearest").tolist()
    ratio = float(np.median(sides[:, 0] / sides[:, 1]))
    return {"least": low, "median": middle, "greatest": high, "median_width_to_height": round(ratio, 3)}


def _find_duplicates(examples: Sequence[Example]) -> dict[str, list[list[str]]]:
    """Returns groups of files with the same pixels: those within one split, and those across splits."""
    groups = [group for group in _group(examples, lambda e: e.sha256).values() if len(group) > 1]
    named: dict[str, list[list[str]]] = {"within_splits": [], "across_splits": []}
    for group in groups:
        is_across = len({example.split for example in group}) > 1
        named["across_splits" if is_across else "within_splits"].append([example.file for example in group])
    return named


def _count_patients(examples: Sequence[Example], key: Callable[[Example], str]) -> Report:
    """Returns patients per split and class, and those in several splits: how many, and with how many images there."""
    patients: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for example in examples:
        patients[example.split][example.label].add(key(example))
    splits_of = {patient: {e.split for e in group} for patient, group in _group(examples, key).items()}
    shared = [example for example in examples if len(splits_of[key(example)]) > 1]
    return {
        "counts": {split: {label: len(names) for label, names in labels.items()} for split, labels in patients.items()},
        "in_several_splits": len({key(example) for example in shared}),
        "images_of_those": dict(Counter(example.split for example in shared)),
    }


def _warn(report: Report) -> list[str]:
    warnings = []
    if report["files_without_patient"]:
        total = sum(count for labels in report["images"].values() for count in labels.values())
        warnings.append(
            f"no patient is known from the names of {report['files_without_patient']:,} of {total:,} files, so each "
            "counts as a patient of its own: a split made here, data.holdout and data.fraction go by file and may part "
            "a patient's images, which makes scores too good; put the images of each patient into a folder of their "
            "own below the class (NORMAL/patient01/a.png)"
        )
    for name, patients in report["patients"].items():
        if patients["in_several_splits"]:
            images = ", ".join(f"{count} in {split}" for split, count in patients["images_of_those"].items())
            warnings.append(
                f"by the {name} reading of the file names {patients['in_several_splits']} patients are in several "
                f"splits ({images}): scores on another split may be too good"
            )
    across = report["duplicates"]["across_splits"]
    if across:
        warnings.append(f"{len(across)} images are in several splits, pixel by pixel: {across[0]} for one")
    ratios = [size["median_width_to_height"] for size in report["sizes"].values()]
    if len(ratios) > 1 and max(ratios) > 1.05 * min(ratios):
        warnings.append(
            "image shapes differ between the classes, so stretching to a square, or its borders, can give them away"
        )
    return warnings


def _warn_of_lone_patients(examples: Sequence[Example]) -> list[str]:
    """Warns of classes whose images all lie in one folder that is hardly a patient's."""
    warnings = []
    for label, group in _group(examples, lambda e: e.label).items():
        patients = {example.patient for example in group}
        if len(group) > 1 and len(patients) == 1:
            warnings.append(
                f"all {len(group):,} images of {label} count as one patient, {patients.pop()}, so none can be held "
                f"out: if they are of several, give each a folder of their own ({label}/patient01/a.png)"
            )
    return warnings


def describe_report(report: Report) -> str:
    """Returns the report as Markdown."""
    settings = ", ".join(f"{name} {value}" for name, value in report["settings"].items())
    lines = ["# Prepared images", "", f"From the {report['source']}.", "", f"Settings: {settings}.", ""]
    lines += ["| split | class | images | patients, careful reading | as published |", "|---|---|---|---|---|"]
    careful, published = (report["patients"][name]["counts"] for name in ("careful", "published"))
    for split, labels in report["images"].items():
        for label, count in labels.items():
            lines.append(f"| {split} | {label} | {count:,} | {careful[split][label]:,} | {published[split][label]:,} |")
    lines += [
        "",
        "| class | least width x height | median | greatest | median width / height |",
        "|---|---|---|---|---|",
    ]
    for label, size in report["sizes"].items():
        sides = " | ".join("{} x {}".format(*size[name]) for name in ("least", "median", "greatest"))
        lines.append(f"| {label} | {sides} | {size['median_width_to_height']} |")
    if report["depth_range"]:
        lines += [
            "",
            "Values of deeper files that became 0 and 255: {low:g} and {high:g}.".format(**report["depth_range"]),
        ]
    lines += _section("Warnings", report["warnings"])
    lines += _section("Synthetic, by what the files say of themselves", report["synthetic"])
    lines += _section("Left out", [f"{bad['file']}: {bad['reason']}" for bad in report["left_out"]])
    for name, groups in report["duplicates"].items():
        lines += _section(f"Same pixels, {name.replace('_', ' ')}", [", ".join(group) for group in groups])
    return "\n".join(lines) + "\n"


def _section(title: str, items: Sequence[str]) -> list[str]:
    return ["", f"## {title}", "", *(f"- {item}" for item in items)] if items else []
