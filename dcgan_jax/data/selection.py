"""Which prepared images a run trains on, and which of them it holds out."""

import csv
import io
import math
from collections.abc import Collection, Iterable

from dcgan_jax.data.prepared import Example, PreparedSet
from dcgan_jax.data.ranking import rank_by_hash
from dcgan_jax.data.source import TRAIN
from dcgan_jax.errors import UserError
from dcgan_jax.settings import DataSettings


def select_training(
    prepared: PreparedSet, data: DataSettings, seed: int
) -> tuple[tuple[Example, ...], tuple[Example, ...]]:
    """Returns the images of `data.label` in the training split: those to train on, and those held out.

    Shares are shares of patients (careful reading), and a patient is never in both. The order of patients depends on
    the seed only, so with a smaller `data.fraction` a run trains on a part of what it trains on with a larger one, and
    the held-out images do not depend on it.

    Args:
      prepared: the prepared set.
      data: `label`, `holdout` and `fraction` are used.
      seed: which patients they are.

    Raises:
      UserError: when there is no such class, or no image is left to train on.
    """
    in_training = [example for example in prepared.examples if example.split == TRAIN]
    check_label(data.label, {example.label for example in in_training})
    of_class = [example for example in in_training if example.label == data.label]
    ranked = rank_by_hash(f"training {seed}", {example.patient for example in of_class})
    num_held_out = _count_share(data.holdout, len(ranked))
    rest = ranked[num_held_out:]
    chosen, held_out = set(rest[: _count_share(data.fraction, len(rest))]), set(ranked[:num_held_out])
    if not chosen:
        raise UserError(
            f"data.holdout={data.holdout} leaves none of the {len(ranked)} patients of {data.label} to train on: "
            "lower it."
        )
    return (
        tuple(example for example in of_class if example.patient in chosen),
        tuple(example for example in of_class if example.patient in held_out),
    )


def _count_share(share: float, whole: int) -> int:
    """Returns the share in whole patients, rounded up; 0.07 of 100 is 7, whatever floating point makes of it."""
    return max(math.ceil(round(share * whole, 6)), int(share > 0))


def check_label(label: str, labels: Collection[str]) -> None:
    """Refuses a class that has no training images.

    Raises:
      UserError: naming the classes there are.
    """
    if label not in labels:
        raise UserError(
            f"data.label={label} is no class with training images: choose one of {', '.join(sorted(labels))}."
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
