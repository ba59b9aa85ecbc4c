"""What was found in the images of a source -> the report of the prepared set."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

import numpy as np

from dcgan_jax.data.class_tells import find_tells
from dcgan_jax.data.decoding import Decoded
from dcgan_jax.data.prepared import Example
from dcgan_jax.data.report import (
    DicomFile,
    Duplicates,
    Flaw,
    PatientCounts,
    PatientReadings,
    PreparationSettings,
    PreparedReport,
    Sizes,
    show_name,
)
from dcgan_jax.data.sources.source import Source
from dcgan_jax.settings import DataSettings


def create_report(
    examples: Sequence[Example],
    decoded: Decoded,
    source: Source,
    data: DataSettings,
    seconds: float,
    near_copies: Sequence[tuple[int, int]] = (),
) -> PreparedReport:
    """Returns the report of a prepared set, without its warnings.

    The near copies are places of examples in different splits that look the same.
    """
    return PreparedReport(
        source=show_name(source.name),
        fingerprint=source.fingerprint,
        settings=PreparationSettings.of(data),
        seconds=round(seconds, 1),
        images=_count(examples),
        sizes={label: _measure_sizes(group) for label, group in _group(examples, lambda e: e.label).items()},
        duplicates=_find_duplicates(examples),
        files_without_patient=sum(example.patient == example.file for example in examples),
        patients=PatientReadings(
            conservative=_count_patients(examples, lambda e: e.patient),
            published=_count_patients(examples, lambda e: e.published_patient),
        ),
        depth_groups=decoded.depth_groups,
        labels=source.labels and source.labels.rename(show_name),
        left_out=decoded.bad,
        passed_over={kind: count for kind, count in source.passed_over.items() if count},
        flaws=[Flaw(file=show_name(good.image.file), flaw=good.flaw) for good in decoded.good if good.flaw],
        near_copies=tuple(
            (show_name(examples[first].file), show_name(examples[second].file))
            for first, second in near_copies
            if examples[first].sha256 != examples[second].sha256
        ),
        tells=find_tells(
            [show_name(good.image.label) for good in decoded.good],
            [(good.width, good.height) for good in decoded.good],
            [good.kind for good in decoded.good],
        ),
        shown=_count_ways(decoded),
        dicom=[DicomFile(file=good.image.file, steps=good.steps) for good in decoded.good if good.steps],
        synthetic=[show_name(good.image.file) for good in decoded.good if good.is_synthetic],
    )


def _group(examples: Sequence[Example], key: Callable[[Example], str]) -> dict[str, list[Example]]:
    groups = defaultdict(list)
    for example in examples:
        groups[key(example)].append(example)
    return dict(groups)


def _count(examples: Sequence[Example]) -> dict[str, dict[str, int]]:
    by_split = _group(examples, lambda e: e.split)
    return {split: dict(Counter(show_name(example.label) for example in group)) for split, group in by_split.items()}


def _count_ways(decoded: Decoded) -> dict[str, dict[str, int]]:
    ways: dict[str, Counter[str]] = defaultdict(Counter)
    for good in decoded.good:
        ways[show_name(good.image.label)][good.shown] += 1
    return {label: dict(counts) for label, counts in sorted(ways.items())}


def _measure_sizes(examples: Sequence[Example]) -> Sizes:
    sides = np.array([[example.width, example.height] for example in examples])
    low, middle, high = np.percentile(sides, [0, 50, 100], axis=0, method="nearest").tolist()
    ratio = float(np.median(sides[:, 0] / sides[:, 1]))
    return Sizes(least=low, median=middle, greatest=high, median_width_to_height=round(ratio, 3))


def _find_duplicates(examples: Sequence[Example]) -> Duplicates:
    groups = [group for group in _group(examples, lambda e: e.sha256).values() if len(group) > 1]
    within: list[list[str]] = []
    across: list[list[str]] = []
    across_classes: list[list[str]] = []
    for group in groups:
        files = [show_name(example.file) for example in group]
        (across if len({example.split for example in group}) > 1 else within).append(files)
        if len({example.label for example in group}) > 1:
            across_classes.append(files)
    return Duplicates(within_splits=within, across_splits=across, across_classes=tuple(across_classes))


def _count_patients(examples: Sequence[Example], key: Callable[[Example], str]) -> PatientCounts:
    patients: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for example in examples:
        patients[example.split][show_name(example.label)].add(key(example))
    splits_of = {patient: {e.split for e in group} for patient, group in _group(examples, key).items()}
    labels_of = {patient: {e.label for e in group} for patient, group in _group(examples, key).items()}
    shared = [example for example in examples if len(splits_of[key(example)]) > 1]
    return PatientCounts(
        counts={split: {label: len(names) for label, names in labels.items()} for split, labels in patients.items()},
        in_several_splits=len({key(example) for example in shared}),
        images_of_those=dict(Counter(example.split for example in shared)),
        in_several_classes=sum(len(labels) > 1 for labels in labels_of.values()),
    )
