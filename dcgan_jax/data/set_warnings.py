"""Warnings of what images are to each other: too few patients, copies across splits, classes that files give away."""

from collections.abc import Sequence

from dcgan_jax.data.class_tells import Tell
from dcgan_jax.data.prepared import Example
from dcgan_jax.data.report import PreparedReport, show_name
from dcgan_jax.data.sources.source import TEST, TRAIN

FEW_PATIENTS = 5
"""Of fewer, one in five is none: a test split made here has none of the class."""


def warn_of_splits(examples: Sequence[Example]) -> list[str]:
    """Warns of classes with few patients, or without test images."""
    warnings = []
    labels = sorted({example.label for example in examples})
    for label in labels:
        group = [example for example in examples if example.label == label and example.split == TRAIN]
        patients = sorted({show_name(example.patient) for example in group})
        name = show_name(label)
        if len(group) > 1 and len(patients) == 1:
            warnings.append(
                f"all {len(group):,} training images of {name} count as one patient, {patients[0]}, so none can be "
                f"held out: if they are of several, give each a folder of their own ({name}/patient01/a.png)"
            )
        elif group and len(patients) < FEW_PATIENTS:
            warnings.append(
                f"{len(group):,} training images of {name} are of {len(patients)} patients, fewer than {FEW_PATIENTS}: "
                "what is generated will resemble them, and scores of so few say little of others"
            )
    tested = {example.label for example in examples if example.split == TEST}
    if not tested:
        warnings.append("no image is in a test split: a trial will take its own from the training patients")
    elif untested := [show_name(label) for label in labels if label not in tested]:
        warnings.append(f"no image of {', '.join(untested)} is in the test split: add some")
    return warnings


def warn_of_copies(report: PreparedReport) -> list[str]:
    """Warns of images in several splits or classes."""
    duplicates, warnings = report.duplicates, []
    for groups, what in (
        (duplicates.across_splits, "in several splits, pixel by pixel: scores on those are too good"),
        (duplicates.across_classes, "in several classes, pixel by pixel: one of them is wrong"),
        (report.near_copies, "in several splits, saved otherwise: scores on those are too good"),
    ):
        if groups:
            count = f"{len(groups):,} image{'s are' if len(groups) > 1 else ' is'}"
            warnings.append(f"{count} {what} ({', '.join(groups[0])}{', for one' if len(groups) > 1 else ''})")
    return warnings


def warn_of_classes(report: PreparedReport) -> list[str]:
    """Warns of classes that shapes or files give away."""
    pairs: dict[tuple[str, str], list[Tell]] = {}
    for tell in sorted(report.tells, key=lambda tell: -tell.accuracy):
        pairs.setdefault((tell.first, tell.second), []).append(tell)
    warnings = []
    if pairs:
        (first, second), tells = next(iter(pairs.items()))
        by = ", ".join(f"{tell.what} ({tell.accuracy:.0%})" for tell in tells)
        others = f", and {len(pairs) - 1} other pairs of classes" if len(pairs) > 1 else ""
        warnings.append(
            f"{first} can be told from {second} without a look at the images{others}, by {by}; 50% is chance: a "
            "classifier would use it, and generated images show what goes with it"
        )
    ratios = [size.median_width_to_height for size in report.sizes.values()]
    if len(ratios) > 1 and max(ratios) > 1.05 * min(ratios):
        warnings.append(
            "image shapes differ between the classes, so stretching to a square, or its borders, can give them away"
        )
    return warnings
