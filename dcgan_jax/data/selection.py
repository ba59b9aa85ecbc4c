"""Which prepared images a run trains on, and which of them it holds out."""

import csv
import io
import math
from collections.abc import Collection, Iterable, Sequence

import numpy as np
from jaxtyping import Int

from dcgan_jax.data.prepared import Example, PreparedSet
from dcgan_jax.data.ranking import rank_by_hash
from dcgan_jax.data.source import TRAIN
from dcgan_jax.errors import UserError
from dcgan_jax.settings import ALL_CLASSES, DataSettings, Settings


def select_training(
    prepared: PreparedSet, data: DataSettings, seed: int
) -> tuple[tuple[Example, ...], tuple[Example, ...]]:
    """Returns the images of `data.label` in the training split: those to train on, and those held out.

    Of all classes they come class after class, sorted by name, each as a run of that class alone has them.

    Shares are shares of patients (careful reading), and a patient is never in both. The order of patients depends on
    `choose_split_seed` only, so with a smaller `data.fraction` a run trains on a part of what it trains on with a
    larger one, and the held-out images do not depend on it.

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
    chosen: list[Example] = []
    held_out: list[Example] = []
    for label in labels if data.label == ALL_CLASSES else [data.label]:
        of_class = _select_class(in_training, label, data, seed)
        chosen += of_class[0]
        held_out += of_class[1]
    return tuple(chosen), tuple(held_out)


def _select_class(
    in_training: Iterable[Example], label: str, data: DataSettings, seed: int
) -> tuple[list[Example], list[Example]]:
    of_class = [example for example in in_training if example.label == label]
    ranked = rank_by_hash(f"training {choose_split_seed(data, seed)}", {example.patient for example in of_class})
    num_held_out = _count_share(data.holdout, len(ranked))
    rest = ranked[num_held_out:]
    chosen, held_out = set(rest[: _count_share(data.fraction, len(rest))]), set(ranked[:num_held_out])
    if not chosen:
        raise UserError(
            f"data.holdout={data.holdout} leaves none of the {len(ranked)} patients of {label} to train on: lower it."
        )
    return (
        [example for example in of_class if example.patient in chosen],
        [example for example in of_class if example.patient in held_out],
    )


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
        raise UserError(
            f"config.model.num_classes={settings.model.num_classes} disagrees with the data, which have {len(labels)} "
            f"classes ({', '.join(labels)}): give {len(labels)}, or 0 to take it from the data."
        )
    return settings


def _count_share(share: float, whole: int) -> int:
    """Returns the share in whole patients, rounded up; 0.07 of 100 is 7, whatever floating point makes of it."""
    return max(math.ceil(round(share * whole, 6)), int(share > 0))


def check_label(label: str, labels: Collection[str]) -> None:
    """Refuses a class that has no training images, and all classes where there is only one, or one of that name.

    Raises:
      UserError: naming the classes there are.
    """
    if label == ALL_CLASSES and ALL_CLASSES in labels:
        raise UserError(
            f"data.label={ALL_CLASSES} means all classes, and one of {', '.join(sorted(labels))} has that name: rename "
            "its folder."
        )
    if label == ALL_CLASSES and len(labels) == 1:
        (only,) = labels
        raise UserError(
            f"data.label={ALL_CLASSES} tells classes apart, and there is {only} alone: give data.label={only}."
        )
    if label != ALL_CLASSES and label not in labels:
        raise UserError(
            f"data.label={label} is no class with training images: choose one of {', '.join(sorted(labels))}"
            + (f", or {ALL_CLASSES} for all of them." if len(labels) > 1 else ".")
        )


def format_train_files(examples: Iterable[Example]) -> str:
    """Returns the text of train_files.tsv: file, class, patient and SHA-256 of the source's gray pixels of each image.

    Names that are not UTF-8 hold surrogates: write it with errors="surrogateescape".
    """
    text = io.StringIO()
    rows = csv.writer(text, delimiter="\t", lineterminator="\n")
    rows.writerow(["file", "class", "patient", "sha256"])
    rows.writerows([example.file, example.label, example.patient, example.sha256] for example in examples)
    return text.getvalue()
