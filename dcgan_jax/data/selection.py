"""Which prepared images a run trains on, and which of them it holds out."""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

import numpy as np
from jaxtyping import Int

from dcgan_jax.data.prepared import Example, PreparedSet
from dcgan_jax.data.ranking import rank_by_hash
from dcgan_jax.data.sources.source import TEST, TRAIN, VALIDATION
from dcgan_jax.data.sources.spelling import find_spelling
from dcgan_jax.errors import FieldError
from dcgan_jax.settings import ALL_CLASSES, DataSettings, Settings

_LISTED = 20  # classes
FEW = 200
"""Training images of a class below which copies are likely."""


def select_training(
    prepared: PreparedSet, data: DataSettings, seed: int
) -> tuple[tuple[Example, ...], tuple[Example, ...]]:
    """Returns the images of `data.label` in the training split: those to train on, and those held out.

    Of all classes they come class after class, sorted by name, each as a run of that class alone has them.

    Shares are shares of each class's patients (conservative reading), and a patient is never in both: who is held out
    of one class is of all. The order of patients depends on `choose_split_seed` only, so with a smaller `data.fraction`
    a run trains on a part of what it trains on with a larger one, and the held-out images do not depend on it.

    Args:
      prepared: the prepared set.
      data: `label`, `holdout`, `fraction` and `split_seed` are used.
      seed: of the run: which patients they are, unless `split_seed` says so.

    Raises:
      UserError: when there is no such class, or no image is left to train on.
    """
    in_training = [example for example in prepared.examples if example.split == TRAIN]
    labels = list_classes(in_training)
    check_label(data.label, labels)
    key = f"training {choose_split_seed(data, seed)}"
    ranked = {
        label: rank_by_hash(key, {example.patient for example in in_training if example.label == label})
        for label in labels
    }
    # Of all classes, whichever is trained on: a run of one class then leaves out whom a trial of all tests with.
    held_out = {
        patient for patients in ranked.values() for patient in patients[: _count_share(data.holdout, len(patients))]
    }
    chosen = set()
    asked_for = labels if data.label == ALL_CLASSES else [find_spelling(data.label, labels)]
    for label in asked_for:
        rest = [patient for patient in ranked[label] if patient not in held_out]
        if not rest:
            raise FieldError(
                "config.data.holdout",
                data.holdout,
                f"leaves none of the {len(ranked[label])} patients of {label} to train on: lower it.",
            )
        chosen |= {(label, patient) for patient in rest[: _count_share(data.fraction, len(rest))]}
    of_classes = [example for label in asked_for for example in in_training if example.label == label]
    return (
        tuple(example for example in of_classes if (example.label, example.patient) in chosen),
        tuple(example for example in of_classes if example.patient in held_out),
    )


def describe_selection(prepared: PreparedSet, training: Sequence[Example], held_out: Sequence[Example]) -> list[str]:
    """Returns where the images of each class went: `COVID: 124 -> 100 train (24 test) -> 90 (10 held out)`."""
    lines = []
    for label in list_classes(training):
        splits = Counter(example.split for example in prepared.examples if example.label == label)
        used, unseen = (sum(example.label == label for example in examples) for examples in (training, held_out))
        others = ", ".join(f"{splits[split]:,} {split}" for split in (VALIDATION, TEST) if splits[split])
        beside = {"held out": unseen, "left out by data.fraction": splits[TRAIN] - used - unseen}
        apart = ", ".join(f"{count:,} {name}" for name, count in beside.items() if count)
        lines.append(
            f"{label}: {splits.total():,} -> {splits[TRAIN]:,} train{others and f' ({others})'} -> {used:,}"
            f"{apart and f' ({apart})'}"
        )
    return lines


def warn_of_few(training: Sequence[Example]) -> list[str]:
    """Returns a sentence for each class so small that a generator is likely to copy its images."""
    counts = dict(zip(list_classes(training), count_classes(training), strict=True))
    others = "" if len(counts) > 1 else ", and try data.label=ALL, which learns from other classes, too"
    return [
        f"{label} has {count:,} training image{'s'[: count != 1]}, which a generator is likely to reproduce: "
        f"read memorised_share and the closest pairs of its record{others}"
        for label, count in counts.items()
        if count < FEW
    ]


def choose_split_seed(data: DataSettings, seed: int) -> int:
    """Returns the seed that ranks the patients: `data.split_seed`, or the run's where that is -1."""
    return seed if data.split_seed == -1 else data.split_seed


def list_classes(examples: Iterable[Example]) -> list[str]:
    """Returns the names of the classes, sorted: a class's number is its place here, from 0."""
    return sorted({example.label for example in examples})


def number_labels(examples: Sequence[Example]) -> Int[np.ndarray, " n"]:
    """Returns the number of each image's class, int32."""
    numbers = {label: number for number, label in enumerate(list_classes(examples))}
    return np.array([numbers[example.label] for example in examples], np.int32)


def count_classes(examples: Sequence[Example]) -> tuple[int, ...]:
    """Returns how many images each class has, by its number."""
    return tuple(np.bincount(number_labels(examples)).tolist())


def resolve_num_classes(settings: Settings, training: Sequence[Example]) -> Settings:
    """Returns the settings with the number of classes that the training images have, where the networks are told them.

    Raises:
      UserError: another number was given.
    """
    if settings.data.label != ALL_CLASSES:
        return settings
    labels = list_classes(training)
    settings = settings.with_num_classes(len(labels))
    if settings.model.num_classes != len(labels):
        raise FieldError(
            "config.model.num_classes",
            settings.model.num_classes,
            f"disagrees with the data, which have {len(labels)} classes ({', '.join(labels)}): give {len(labels)}, or "
            "0 to take it from the data.",
        )
    return settings


def _count_share(share: float, whole: int) -> int:
    """Returns the share in whole patients, rounded up; 0.07 of 100 is 7, whatever floating point makes of it."""
    return max(math.ceil(round(share * whole, 6)), int(share > 0))


def check_label(label: str, labels: Collection[str]) -> None:
    """Refuses a class that has no training images, and all classes where there is only one, or one of that name.

    A class is found in upper and lower case.

    Raises:
      UserError: naming the classes there are.
    """
    if label == ALL_CLASSES and ALL_CLASSES in labels:
        raise FieldError(
            "config.data.label",
            ALL_CLASSES,
            f"means all classes, and one of {', '.join(sorted(labels))} has that name: rename its folder.",
        )
    if label == ALL_CLASSES and len(labels) == 1:
        (only,) = labels
        raise FieldError(
            "config.data.label", ALL_CLASSES, f"needs at least two classes, and these data have only {only}: give that."
        )
    if label != ALL_CLASSES and find_spelling(label, labels) not in labels:
        others = f" and {len(labels) - _LISTED:,} more" if len(labels) > _LISTED else ""
        all_of_them = f", or {ALL_CLASSES} for all of them" if len(labels) > 1 else ""
        raise FieldError(
            "config.data.label",
            label,
            f"is no class with training images: choose one of {', '.join(sorted(labels)[:_LISTED])}{others}"
            f"{all_of_them}.",
        )
