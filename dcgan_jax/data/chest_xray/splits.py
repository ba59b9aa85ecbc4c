"""Which split an image belongs to: by its folder, by the rule of the Kaggle copy, or by patient where we decide."""

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from dcgan_jax.data.chest_xray.patients import identify_patient
from dcgan_jax.data.ranking import rank_by_hash
from dcgan_jax.data.source import TEST, TRAIN, VALIDATION, SourceImage

TEST_SHARE = 0.2
"""Share of each class's patients that a split of ours puts into the test set."""

_FOLDER_NAMES = {
    "train": TRAIN,
    "training": TRAIN,
    "val": VALIDATION,
    "valid": VALIDATION,
    "validation": VALIDATION,
    "test": TEST,
    "testing": TEST,
}
_KAGGLE_VALIDATION_FROM = {"NORMAL2-IM-": 1427, "person": 1946}


def split_of_folder(name: str) -> str | None:
    """Returns the split that a folder of this name holds, None when the name is not a split's."""
    return _FOLDER_NAMES.get(name.lower())


def apply_kaggle_rule(image: SourceImage) -> SourceImage:
    """Moves the 16 images to the validation split that the Kaggle copy has there and the publication in train."""
    match = re.match(r"(NORMAL2-IM-|person)(\d+)", PurePosixPath(image.file).name)
    is_moved = image.split == TRAIN and match and int(match[2]) >= _KAGGLE_VALIDATION_FROM[match[1]]
    return replace(image, split=VALIDATION) if is_moved else image


def split_by_patient(images: Sequence[SourceImage]) -> list[SourceImage]:
    """Returns the images with `TEST_SHARE` of each class's patients in test and the others in train.

    It does not depend on a seed: the test set of a folder is always the same one.
    """
    patients: dict[str, set[str]] = {}
    for image in images:
        patients.setdefault(image.label, set()).add(identify_patient(image.label, image.file).careful)
    test = set()
    for members in patients.values():
        test.update(rank_by_hash("test split", members)[: math.floor(TEST_SHARE * len(members))])
    return [
        replace(image, split=TEST if identify_patient(image.label, image.file).careful in test else TRAIN)
        for image in images
    ]
