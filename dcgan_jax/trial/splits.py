"""Which images a trial trains on, chooses on and tests on, and that none of them is in two places.

The training patients of each class are ranked as for a training run (data/selection.py). The first are the test split
where the source has none, the next the validation split, and the rest is trained on, a fraction of it of each class or
of one alone. So a run with the same `data.split_seed` and a `data.holdout` of at least validation + test has seen
neither, and one with `data.fraction` as well has seen no more than the arm of that fraction.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import PurePosixPath

from dcgan_jax.data.prepared import Example, PreparedSet
from dcgan_jax.data.ranking import rank_by_hash
from dcgan_jax.data.selection import choose_split_seed, select_training
from dcgan_jax.data.sources.folder_names import split_of_folder
from dcgan_jax.data.sources.source import TEST, TRAIN
from dcgan_jax.data.sources.spelling import find_spelling
from dcgan_jax.errors import FieldError
from dcgan_jax.settings import ALL_CLASSES, DataSettings, Settings

_LISTED = 3


@dataclass(frozen=True)
class TrialSplit:
    """The real images of a trial."""

    training: dict[float, tuple[Example, ...]]  # by fraction of the patients
    validation: tuple[Example, ...]  # what stopping and thresholds are chosen on
    test: tuple[Example, ...]  # what is looked at once, at the end
    test_name: str  # where the test split comes from
    # Test images whose patient is in training or validation by one of two readings of the names.
    ambiguous: frozenset[Example]
    notes: tuple[str, ...]  # what a reader of the results should know about the splits
    trainable: frozenset[str]  # sha256 of all images that could be trained on, whatever the fractions

    @property
    def labels(self) -> list[str]:
        """All classes, sorted."""
        return sorted({example.label for example in self.test})


def split_for_trial(prepared: PreparedSet, settings: Settings) -> TrialSplit:
    """Divides the images of a prepared set.

    Raises:
      UserError: a class is missing somewhere, the one to take a fraction of has no name, there are too few patients, or
        images or patients are in two splits.
    """
    data, trial = settings.data, settings.trial
    has_test = any(example.split == TEST for example in prepared.examples)
    labels = sorted({example.label for example in prepared.examples if example.split == TRAIN})
    held = round(trial.validation + (0 if has_test else trial.test), 6)
    test = [example for example in prepared.examples if example.split == TEST]
    cut = _find_cut(settings, labels)

    def select(fraction: float) -> list[tuple[tuple[Example, ...], tuple[Example, ...]]]:
        shares = {label: fraction if label in cut else 1.0 for label in labels}
        of_class = [{"holdout": held, "fraction": share, "label": label} for label, share in shares.items()]
        return [select_training(prepared, data.model_copy(update=fields), settings.seed) for fields in of_class]

    training = {fraction: _join(chosen for chosen, _ in select(fraction)) for fraction in trial.fractions}
    # What any fraction may train on, and who is held out whatever the fraction.
    everything, held_out = map(_join, zip(*select(1.0), strict=True))
    own_test: set[str] = set()
    for label in [] if has_test else labels:  # who is tested of one class is of all
        of_label = [example for example in held_out if example.label == label]
        own_test |= _first_patients(of_label, trial.test / held, choose_split_seed(data, settings.seed))
    validation = [example for example in held_out if example.patient not in own_test]
    test += [example for example in held_out if example.patient in own_test]

    largest = training[max(training)]
    notes = []
    if trial.fractions_of == "label" and min(training) < 1:
        notes.append(f"Fractions are of the patients of {cut[0]} alone: real images of other classes are all there.")
    if has_test and not _was_set_apart(test, data):
        name = "the source's test split"
        _refuse_shared_pixels([*everything, *validation], test)
    else:
        share, of = (data.test, "patients") if has_test else (trial.test, "training patients")
        name = f"{share:g} of the {of} of each class, by patient: the source has no test split"
        test, copies = _without_copies(test, [*everything, *validation])
        notes += [f"{copies} test images equal training or validation images and are left out."] if copies else []
    validation, copies = _without_copies(validation, everything)
    notes += [f"{copies} validation images equal training images and are left out."] if copies else []
    ambiguous = _find_ambiguous([*everything, *validation], test)
    if ambiguous:
        notes.append(
            f"By one of two readings of the file names {len(ambiguous)} of {len(test)} test images are of patients who "
            "are in training or validation too: a second analysis leaves them out."
        )
    for where, examples in (("training", largest), ("validation", validation), ("test", test)):
        _require_classes(where, examples, labels)
    trainable = frozenset(example.sha256 for example in everything)
    return TrialSplit(training, tuple(validation), tuple(test), name, ambiguous, tuple(notes), trainable)


def _find_cut(settings: Settings, labels: Sequence[str]) -> Sequence[str]:
    """Returns the classes whose patients a fraction is of."""
    if settings.trial.fractions_of == "each_class":
        return labels
    if settings.data.label == ALL_CLASSES:
        raise FieldError(
            "config.trial.fractions_of",
            "label",
            f"needs a class: give one of {', '.join(labels)} with config.data.label.",
        )
    return [find_spelling(settings.data.label, labels)]


def _was_set_apart(test: Sequence[Example], data: DataSettings) -> bool:
    """Returns whether a folder without splits got its test split when it was read (data/sources/splits.py)."""
    folders = {part for example in test for part in PurePosixPath(example.file).parts[:-1]}
    return bool(data.dir) and not any(map(split_of_folder, folders))


def held_out_share(split: TrialSplit, settings: Settings) -> float:
    """Returns the `data.holdout` with which a training run leaves validation and test patients alone."""
    has_test = any(example.split == TEST for example in split.test)
    return round(settings.trial.validation + (0 if has_test else settings.trial.test), 6)


def _join(classes: Iterable[Iterable[Example]]) -> tuple[Example, ...]:
    return tuple(chain.from_iterable(classes))


def _first_patients(examples: Sequence[Example], share: float, seed: int) -> set[str]:
    ranked = rank_by_hash(f"training {seed}", {example.patient for example in examples})
    return set(ranked[: max(1, math.floor(round(share * len(ranked), 6)))])


def _without_copies(examples: Sequence[Example], others: Iterable[Example]) -> tuple[list[Example], int]:
    """Returns the examples whose pixels are nowhere among the others, and how many are left out."""
    seen = {example.sha256 for example in others}
    kept = [example for example in examples if example.sha256 not in seen]
    return kept, len(examples) - len(kept)


def _refuse_shared_pixels(training: Iterable[Example], test: Iterable[Example]) -> None:
    seen = {example.sha256: example.file for example in training}
    shared = [f"{example.file} equals {seen[example.sha256]}" for example in test if example.sha256 in seen]
    if shared:
        raise FieldError(
            "config.data.dir",
            None,
            f"has {len(shared)} test images that are training images too ({'; '.join(shared[:_LISTED])}): remove them "
            "from one of the two splits.",
        )


def _find_ambiguous(training: Iterable[Example], test: Sequence[Example]) -> frozenset[Example]:
    """Returns the test images of patients who are elsewhere by the conservative reading only.

    Raises:
      UserError: some are by every reading.
    """
    seen = list(training)
    by_both = {(example.patient, example.published_patient) for example in seen}
    shared = [example.file for example in test if (example.patient, example.published_patient) in by_both]
    if shared:
        raise FieldError(
            "config.data.dir",
            None,
            f"has {len(shared)} test images of patients who are in training too ({', '.join(shared[:_LISTED])}): put "
            "all images of a patient into one split, or leave the splits to this program (class/patient/*).",
        )
    patients = {example.patient for example in seen}
    return frozenset(example for example in test if example.patient in patients)


def _require_classes(where: str, examples: Sequence[Example], labels: Sequence[str]) -> None:
    if len(labels) < 2:
        raise FieldError(
            "config.data.dir",
            None,
            f"has only {', '.join(labels)}, and a trial tells classes apart: give two classes or more.",
        )
    for label in labels:
        patients = {example.patient for example in examples if example.label == label}
        if len(patients) < 2:
            raise FieldError(
                "config.data.dir",
                None,
                f"has {len(patients)} patients of {label} for the {where} images of the trial, and two are the least: "
                "give more, or raise config.trial.validation or config.trial.test.",
            )
