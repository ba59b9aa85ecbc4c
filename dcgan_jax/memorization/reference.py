"""What generated images are held against in the search for copies: real images that are no copies.

Held-out images, where there are enough of them; else the training images themselves, each beside those of other
patients alone. Either way the distance from a real image to somebody else's training images is what no copying looks
like.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, UInt8

from dcgan_jax.memorization.copy_detection import equals_training, take
from dcgan_jax.memorization.correlation import Signatures, compute_signatures
from dcgan_jax.memorization.nearest import NEIGHBORS, Nearest, find_nearest, find_nearest_pixels, join
from dcgan_jax.memorization.record import ComparedWith

MIN_IMAGES = 20
"""Images of a reference, copies of training images apart, below which the closest of them says nothing."""


@dataclass(frozen=True)
class Views:
    """A set of images in the two spaces that are searched."""

    features: Float[np.ndarray, "image dims"]  # Inception features at 768 dims
    images: UInt8[np.ndarray, "image height width channel"]
    patients: tuple[str, ...] = ()  # whose each image is; of training and held-out images
    files: tuple[str, ...] = ()  # where each comes from; of training images

    def __len__(self) -> int:
        return len(self.features)

    @cached_property
    def signatures(self) -> Signatures:
        """What the images are compared by in pixels."""
        return compute_signatures(self.images)


@dataclass(frozen=True)
class Reference:
    """Real images and how close training images come to them."""

    kind: ComparedWith
    nearest: Mapping[str, Nearest]  # in each space, the nearest training image, of another patient
    patients: tuple[str, ...]  # whose they are
    neighbors: int  # k of the relative distance; generated images are measured with the same

    @cached_property
    def is_own(self) -> Bool[np.ndarray, " image"]:
        """Which images equal no training image: others are copies themselves, as duplicated files are."""
        return ~equals_training(self.nearest)

    @property
    def own(self) -> dict[str, Nearest]:
        """What was found of those images."""
        return take(self.nearest, self.is_own)

    @property
    def num_own(self) -> int:
        """How many they are."""
        return int(self.is_own.sum())

    @property
    def num_same(self) -> int:
        """How many equal a training image."""
        return len(self.is_own) - self.num_own

    @property
    def own_patients(self) -> set[str]:
        """Whose the images are that equal none."""
        return set(np.asarray(self.patients)[self.is_own])

    @property
    def num_independent(self) -> int:
        """How many of the images that set thresholds count as independent: of training images, one for each patient."""
        return len(self.own_patients) if self.kind == "training_patients" else self.num_own

    def explain_shortfall(self) -> str:
        """Returns why it sets no threshold; empty where it does."""
        own, patients = self.num_own, len(self.own_patients)
        if own >= MIN_IMAGES and patients > 1:
            return ""
        name = "held-out images" if self.kind == "held_out" else "training images"
        return (
            f"{own} {name} of {patients} patients equal no training image of another patient ({self.num_same} do), and "
            f"the search for copies needs {MIN_IMAGES}, of two patients or more"
        )


def find(views: Views, training: Views, neighbors: int = NEIGHBORS) -> dict[str, Nearest]:
    """Returns the nearest training image of each image in both spaces."""
    return {
        "features": find_nearest(views.features, training.features, neighbors),
        "pixels": find_nearest_pixels(views.images, training.signatures, neighbors),
    }


def choose_reference(training: Views, held_out: Views | None) -> tuple[Reference | None, str]:
    """Returns the reference, None with the reason where neither kind of images is enough."""
    reasons = []
    if held_out is not None:
        neighbors = min(NEIGHBORS, len(training))
        reference = Reference("held_out", find(held_out, training, neighbors), held_out.patients, neighbors)
        if not (reason := reference.explain_shortfall()):
            return reference, ""
        reasons.append(reason)
    if len(set(training.patients)) > 1:
        reference = _compare_patients(training)
        if not (reason := reference.explain_shortfall()):
            return reference, ""
        reasons.append(reason)
    else:
        reasons.append("the training images are of one patient")
    return None, f"{'; '.join(reasons)}: give more images, or raise config.data.holdout."


def _compare_patients(training: Views) -> Reference:
    """Compares each training image with those of all other patients."""
    owners = np.asarray(training.patients)
    neighbors = min(NEIGHBORS, len(owners) - int(np.unique(owners, return_counts=True)[1].max()))
    vectors = np.asarray(training.features, np.float64)
    rows, parts = [], []
    for patient in np.unique(owners):
        is_own = owners == patient
        others = np.flatnonzero(~is_own)
        found = {
            "features": find_nearest(vectors[is_own], vectors[others], neighbors),
            "pixels": find_nearest_pixels(training.images[is_own], training.signatures[others], neighbors),
        }
        rows.append(np.flatnonzero(is_own))
        parts.append({space: of._replace(position=others[of.position]) for space, of in found.items()})
    order = np.argsort(np.concatenate(rows))
    joined = {space: join([part[space] for part in parts]) for space in parts[0]}
    return Reference("training_patients", take(joined, order), training.patients, neighbors)
