"""Which split an image belongs to where no folder says so: the rule of the Kaggle copy, or by patient."""

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from dcgan_jax.data.ranking import rank_by_hash
from dcgan_jax.data.sources.patients import patient_of
from dcgan_jax.data.sources.source import TEST, TRAIN, VALIDATION, SourceImage

_KAGGLE_VALIDATION_FROM = {"NORMAL2-IM-": 1427, "person": 1946}


def apply_kaggle_rule(image: SourceImage) -> SourceImage:
    """Moves the 16 images to the validation split that the Kaggle copy has there and the publication in train."""
    match = re.match(r"(NORMAL2-IM-|person)(\d+)", PurePosixPath(image.file).name)
    is_moved = image.split == TRAIN and match and int(match[2]) >= _KAGGLE_VALIDATION_FROM[match[1]]
    return replace(image, split=VALIDATION) if is_moved else image


def split_by_patient(images: Sequence[SourceImage], test_share: float) -> list[SourceImage]:
    """Returns the images with a share of each class's patients in test, in whole patients, and the others in train.

    A patient with images of several classes is in test with all of them if one class puts the patient there. It does
    not depend on a seed: the test set of a folder is always the same one.
    """
    owners = {image: patient_of(image).conservative for image in images}
    patients: dict[str, set[str]] = {}
    for image, patient in owners.items():
        patients.setdefault(image.label, set()).add(patient)
    test = set()
    for members in patients.values():
        test.update(rank_by_hash("test split", members)[: math.floor(round(test_share * len(members), 6))])
    return [replace(image, split=TEST if owners[image] in test else TRAIN) for image in images]
