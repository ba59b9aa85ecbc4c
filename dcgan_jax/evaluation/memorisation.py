"""Are generated images copies of training images? Evidence, not proof.

An image counts as found when, in feature space or in pixels, it is closer to its nearest training image than 99 in 100
held-out images are, the distance taken relative to the neighbourhood (nearest.py). Without held-out images there is
nothing to compare with, and the question stays open.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Float64, Int, UInt8

from dcgan_jax.evaluation.correlation import SIGNATURE_SIZE
from dcgan_jax.evaluation.intervals import assign_groups, compute_share_interval
from dcgan_jax.evaluation.nearest import NEIGHBOURS, Nearest, find_nearest, find_nearest_pixels

NOT_ASSESSABLE = "not assessable"
PERCENTILE = 1.0
CLOSEST = 10
"""Pairs that are listed and drawn."""

SPACES = ("features", "pixels")
NOTE = (
    "Evidence, not proof: it can show that copies were found, not that there are none. Memorised parts of images, "
    "and changes other than the planted ones, may go unseen."
)
_FEW_HELD_OUT = 100
_ROUNDING = 1e-6


@dataclass(frozen=True)
class Views:
    """A set of images in the two spaces that are searched.

    Attributes:
      features: Inception features at 768 dims.
      images: the pixels.
      patients: whose each image is; of held-out images.
      files: where each comes from; of training images.
    """

    features: Float[np.ndarray, "image dims"]
    images: UInt8[np.ndarray, "image height width channel"]
    patients: tuple[str, ...] = ()
    files: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.features)


def assess_memorisation(
    generated: Views,
    training: Views,
    held_out: Views | None,
    planted: Mapping[str, Views],
    rng: np.random.Generator,
) -> dict[str, Any]:
    """Returns the memorisation section of a record, as plain values.

    `memorised_share` is the share of generated images that are found, about 0.01 to 0.02 for a generator that copies
    nothing: compare it with `false_positive_rate`, the share of held-out images found by a threshold that other
    patients set (half of them each time). `found` lists positions of generated images and of their training images,
    with the files of these. `highest_similarity` helps to choose `generate.max_similarity`: above what held-out
    patients reach, an image resembles a training image more than two patients resemble each other.

    Args:
      generated: of one latent seed.
      training: the images trained on.
      held_out: real images of other patients; None: `memorised_share` is "not assessable".
      planted: changed copies of training images by the name of the change, for the sensitivity.
      rng: divides the held-out patients.
    """
    nearest = _find(generated, training)
    section: dict[str, Any] = {
        "memorised_share": NOT_ASSESSABLE,
        "method": (
            f"distance to the nearest training image over the mean of the {min(NEIGHBOURS, len(training))} nearest, at "
            f"768 Inception features and by correlation in {SIGNATURE_SIZE}x{SIGNATURE_SIZE} pixels at the best small "
            "shift; found: closer than the first percentile of held-out images in either"
        ),
        "note": NOTE,
        "num_generated": len(generated),
        "highest_similarity": {"generated": _highest_similarity(nearest), "held_out": None},
        "closest": _list_closest(nearest, training.files, dict.fromkeys(SPACES, 1.0)),
    }
    if held_out is None or len(set(held_out.patients)) < 2:
        section["reason"] = "There are no held-out images of two patients or more: set data.holdout."
        return section
    of_held_out = _find(held_out, training)
    thresholds = compute_thresholds(of_held_out)
    found = is_found(nearest, thresholds)
    false_positives = int(_find_across(of_held_out, held_out.patients, rng).sum())
    low, high = compute_share_interval(false_positives, len(held_out))
    section |= {
        "memorised_share": float(found.mean()),
        "memorised_share_by_space": {
            space: float((nearest[space].relative < thresholds[space]).mean()) for space in SPACES
        },
        "highest_similarity": {
            "generated": _highest_similarity(nearest),
            "held_out": _highest_similarity(_take(of_held_out, ~_equals_training(of_held_out))),
        },
        "closest": _list_closest(nearest, training.files, thresholds),
        "found": _list_pairs(nearest, np.flatnonzero(found), training.files, thresholds),
        "thresholds": thresholds,
        "num_held_out": len(held_out),
        "false_positive_rate": false_positives / len(held_out),
        "false_positive_interval": [low, high],
        "sensitivity": {name: _measure_rate(_find(views, training), thresholds) for name, views in planted.items()},
        "warnings": _warn(of_held_out),
    }
    return section


def compute_thresholds(held_out: Mapping[str, Nearest]) -> dict[str, float]:
    """Returns the first percentile of the held-out images' relative distances in each space.

    Held-out images that equal a training image, as duplicated files do, are passed over: they are copies themselves.
    """
    is_own = ~_equals_training(held_out)
    if not is_own.any():
        return dict.fromkeys(SPACES, 0.0)
    return {space: float(np.percentile(held_out[space].relative[is_own], PERCENTILE)) for space in SPACES}


def is_found(nearest: Mapping[str, Nearest], thresholds: Mapping[str, float]) -> Bool[np.ndarray, " image"]:
    """Returns which images are closer than the threshold in either space."""
    return np.logical_or.reduce([nearest[space].relative < thresholds[space] for space in SPACES])


def _find(views: Views, training: Views) -> dict[str, Nearest]:
    return {
        "features": find_nearest(views.features, training.features),
        "pixels": find_nearest_pixels(views.images, training.images),
    }


def _find_across(
    held_out: dict[str, Nearest], patients: Sequence[str], rng: np.random.Generator
) -> Bool[np.ndarray, " image"]:
    """Returns which held-out images are found when the other half of the patients sets the threshold."""
    half = assign_groups(patients, 2, rng)
    found = np.zeros(len(half), bool)
    for side in (0, 1):
        found[half == side] = is_found(_take(held_out, half == side), compute_thresholds(_take(held_out, half != side)))
    return found


def _take(nearest: dict[str, Nearest], mask: Bool[np.ndarray, " image"]) -> dict[str, Nearest]:
    return {space: Nearest(*(values[mask] for values in of_space)) for space, of_space in nearest.items()}


def _measure_rate(nearest: dict[str, Nearest], thresholds: dict[str, float]) -> dict[str, Any]:
    found = is_found(nearest, thresholds)
    low, high = compute_share_interval(int(found.sum()), len(found))
    by_space = {space: float((nearest[space].relative < thresholds[space]).mean()) for space in SPACES}
    return {"rate": float(found.mean()), "interval": [low, high], "copies": len(found), **by_space}


def _highest_similarity(nearest: Mapping[str, Nearest]) -> float | None:
    """Returns the largest correlation with a training image, as `generate.max_similarity` means it."""
    distances = nearest["pixels"].distance
    return float(1.0 - distances.min() ** 2 / 2.0) if len(distances) else None


def _list_closest(
    nearest: Mapping[str, Nearest], files: Sequence[str], thresholds: Mapping[str, float]
) -> list[dict[str, Any]]:
    lowest = np.minimum(*_scale(nearest, thresholds).values())
    return _list_pairs(nearest, np.argsort(lowest, kind="stable")[:CLOSEST], files, thresholds)


def _list_pairs(
    nearest: Mapping[str, Nearest],
    positions: Int[np.ndarray, " pair"],
    files: Sequence[str],
    thresholds: Mapping[str, float],
) -> list[dict[str, Any]]:
    """Lists images with their nearest training image in the space where they are closest for the threshold there."""
    scaled = _scale(nearest, thresholds)
    pairs = []
    for position in map(int, positions):
        space = min(SPACES, key=lambda name: scaled[name][position])
        training = int(nearest[space].position[position])
        pairs.append(
            {
                "generated": position,
                "training": training,
                "file": files[training] if files else "",
                "space": space,
                **{f"relative_{name}": float(nearest[name].relative[position]) for name in SPACES},
            }
        )
    return pairs


def _scale(nearest: Mapping[str, Nearest], thresholds: Mapping[str, float]) -> dict[str, Float64[np.ndarray, " image"]]:
    return {space: nearest[space].relative / max(thresholds[space], _ROUNDING) for space in SPACES}


def _equals_training(nearest: Mapping[str, Nearest]) -> Bool[np.ndarray, " image"]:
    return nearest["pixels"].relative < _ROUNDING


def _warn(held_out: dict[str, Nearest]) -> list[str]:
    is_same = _equals_training(held_out)
    count, same = len(is_same), int(is_same.sum())
    warnings = []
    if count < _FEW_HELD_OUT:
        warnings.append(
            f"{count} held-out images are few for a first percentile: it is close to the smallest value, and the "
            "memorised share is uncertain."
        )
    if same:
        warnings.append(
            f"{same} held-out images equal a training image in {SIGNATURE_SIZE}x{SIGNATURE_SIZE} pixels: duplicated "
            "files, which set no threshold."
        )
    return warnings
