"""Labeled files -> classes and splits, as folders would give them.

- Where every image has one label, the labels are the classes.
- Else `data.label` is one finding against the rest: `Edema` and `not Edema`, so that a trial has two classes. An image
  in which the finding is uncertain is in neither.
- With `data.label=ALL`, images of one finding each are the classes.

An image with a finding of `data.exclude`, or perhaps with it, is in none.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from dcgan_jax.data.labels.matching import match_files
from dcgan_jax.data.labels.report import REASONS, LabelsReport, Reason
from dcgan_jax.data.labels.table import Labeled, LabelTable, name_class
from dcgan_jax.data.sources.folder_names import split_of_folder
from dcgan_jax.data.sources.linking import NO_OWNERS, Owners, link_patients
from dcgan_jax.data.sources.patients import search_patients
from dcgan_jax.data.sources.source import TRAIN, SourceImage
from dcgan_jax.data.sources.spelling import find_spelling
from dcgan_jax.data.sources.splits import split_by_patient
from dcgan_jax.data.sources.views import is_wanted
from dcgan_jax.errors import FieldError
from dcgan_jax.settings import ALL_CLASSES, DataSettings

NOT = "not "
"""How the class of the images without a finding is called, before the finding's name."""


def assign_labels(
    table: LabelTable, files: Sequence[str], data: DataSettings, owners: Owners = NO_OWNERS
) -> tuple[list[SourceImage], LabelsReport]:
    """Returns the images that have a class, and what became of the others.

    Folders named like splits keep their splits where all files are in some, one of them for training; else the split is
    by patient.

    Args:
      table: of labels.
      files: paths with forward slashes.
      data: `views`, `label`, `exclude`, `patient_pattern` and `test` are used.
      owners: patients of files that say it themselves; the table and the pattern come before.

    Raises:
      UserError: a finding is not in the table, the table and the files do not fit, or nothing is left to train on.
    """
    excluded = frozenset(find_spelling(name_class(name), table.findings) for name in data.exclude)
    finding = _choose_finding(table, data, excluded)
    matches = match_files(list(table.images), files, table.path)
    if not matches.file_of:
        raise FieldError(
            "config.data.labels",
            table.path,
            f"names no file below config.data.dir={data.dir}: {next(iter(table.images))} in the table for one, and "
            f"{files[0]} in the folder.",
        )
    left_out: dict[Reason, list[str]] = {}
    images, without_view = [], 0
    for name, file in matches.file_of.items():
        labeled = table.images[name]
        label, reason = _choose_class(labeled, finding, excluded)
        reason = reason if is_wanted(labeled.views, data.views) else "other_view"
        if reason:
            left_out.setdefault(reason, []).append(file)
        else:
            images.append(SourceImage(TRAIN, label, file, labeled.patient))
            without_view += not labeled.views
    unlabeled = match_files(table.unlabeled, matches.without_row, table.path)
    if unlabeled.file_of:
        left_out["unlabeled"] = sorted(unlabeled.file_of.values())
    if not images:
        counts = ", ".join(f"{len(files):,} images {REASONS[reason]}" for reason, files in left_out.items())
        message = f"and config.data.label={data.label} leave no image: there are {counts}."
        raise FieldError("config.data.labels", table.path, message)
    images = link_patients(search_patients(data.patient_pattern, images), owners)
    report = LabelsReport(
        rows=len(table.images) + len(table.unlabeled),
        matched=len(matches.file_of) + len(unlabeled.file_of),
        without_file=[*matches.without_file, *unlabeled.without_file],
        without_row=unlabeled.without_row,
        left_out=left_out,
        spellings=dict(table.spellings),
        without_view=without_view if table.tells_views else None,
    )
    return sorted(_assign_splits(images, data, table.path)), report


def _choose_finding(table: LabelTable, data: DataSettings, excluded: Collection[str]) -> str | None:
    """Returns the finding that is told from the rest; None where labels are classes as they are."""
    for name in excluded:
        if name not in table.findings:
            reason = f"is not in {table.path}, which has {', '.join(table.findings)}."
            raise FieldError("config.data.exclude", name, reason)
    if data.label == ALL_CLASSES or table.has_one_label_each:
        return None
    asked = find_spelling(data.label, table.findings)
    finding = asked if asked in table.findings else find_spelling(asked.removeprefix(NOT), table.findings)
    if finding not in table.findings:
        raise FieldError(
            "config.data.label",
            data.label,
            f"is no finding of {table.path}: choose one of {', '.join(table.findings)}, or {ALL_CLASSES} for all "
            "images of one finding.",
        )
    if finding in excluded:
        reason = f"leaves nothing of config.data.label={data.label}: give one of them."
        raise FieldError("config.data.exclude", finding, reason)
    return finding


def _choose_class(labeled: Labeled, finding: str | None, excluded: frozenset[str]) -> tuple[str, Reason | None]:
    """Returns the class of an image, or why it has none."""
    if (labeled.present | labeled.uncertain) & excluded:
        return "", "excluded"
    if finding is None:
        if len(labeled.present) > 1:
            return "", "several_findings"
        if labeled.uncertain or not labeled.present:
            return "", "no_finding"
        (only,) = labeled.present
        return only, None
    if finding in labeled.uncertain:
        return "", "uncertain"
    return finding if finding in labeled.present else f"{NOT}{finding}", None


def _assign_splits(images: Sequence[SourceImage], data: DataSettings, table: Path) -> list[SourceImage]:
    splits = [_find_split(image.file) for image in images]
    if TRAIN in splits and len(set(splits)) > 1:
        if None in splits:
            stray = images[splits.index(None)].file
            raise FieldError(
                "config.data.labels",
                table,
                f"has some files in folders of splits, and {stray} in none: move it into one, or take it out of the "
                "table.",
            )
        return [replace(image, split=split) for image, split in zip(images, splits, strict=True) if split]
    return split_by_patient(images, data.test)


def _find_split(file: str) -> str | None:
    return next((split for folder in file.split("/")[:-1] if (split := split_of_folder(folder))), None)
