"""Are generated images copies of training images? Evidence, not proof.

An image counts as found when, in feature space or in pixels, it is closer to its nearest training image than 99 in 100
held-out images are, the distance taken relative to the neighborhood (nearest.py). Without enough held-out images there
is nothing to compare with, and the question stays open.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Float64, Int, UInt8

from dcgan_jax.memorization.copy_detection import (
    ROUNDING,
    SPACES,
    compute_expected_share,
    compute_thresholds,
    equals_training,
    find_false_positives,
    is_found,
    measure_shares_by_space,
    take,
)
from dcgan_jax.memorization.correlation import DESCRIPTION
from dcgan_jax.memorization.nearest import NEIGHBORS, Nearest, find_nearest, find_nearest_pixels
from dcgan_jax.memorization.perturbed_duplicates import CHANGES
from dcgan_jax.memorization.record import (
    NOT_ASSESSABLE,
    HighestSimilarity,
    MemorizationRecord,
    Pair,
    Sensitivity,
    find_lowest,
)
from dcgan_jax.metrics.intervals import compute_share_interval

MIN_HELD_OUT = 100
"""Held-out images, copies of training images apart, below which there is no first percentile to speak of."""

CLOSEST = 10
"""Pairs that are listed and drawn."""

NOTE = (
    "Evidence, not proof: it can show that copies were found, not that there are none. Memorized parts of images, "
    "and copies changed otherwise than those of `sensitivity`, may go unseen."
)
INTERVALS_NOTE = (
    "95%, Clopper and Pearson: they take images as independent draws and the thresholds as given. Several images of a "
    "patient make the interval of false_positive_rate too narrow; how far thresholds from so few held-out images move "
    "the share of a generator that copies nothing is expected_share."
)
_METHOD = (
    "distance to the nearest training image over the mean of the {neighbors} nearest, at 768 Inception features and "
    f"by correlation in {DESCRIPTION}, contrast never stretched; "
    "found: closer than the first percentile of held-out images in either"
)


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


def assess_memorization(
    generated: Views, training: Views, held_out: Views | None, duplicates: Mapping[str, Views]
) -> MemorizationRecord:
    """Returns the memorization section of a record.

    `memorised_share` is the share of generated images that are found. For a generator that copies nothing it is 0.01
    in each space on average, so at most 0.02 in both; `expected_share` says how high it may come by the chance of which
    patients were held out. `false_positive_rate` is the same measured: the share of held-out images found by
    thresholds that the other patients set. `found` lists positions of generated images and of their training images,
    with the files of these. `highest_similarity` helps to choose `generate.max_similarity`: above what held-out
    patients reach, an image resembles a training image more than two patients resemble each other.

    Args:
      generated: of one latent seed.
      training: the images trained on.
      held_out: real images of other patients; with fewer than `MIN_HELD_OUT` that equal no training image, of two
        patients or more, `memorised_share` is "not assessable".
      duplicates: changed copies of training images by the name of the change, for the sensitivity.
    """
    nearest = _find(generated, training)
    of_held_out = None if held_out is None else _find(held_out, training)
    shared: dict[str, Any] = {
        "method": _METHOD.format(neighbors=min(NEIGHBORS, len(training))),
        "note": NOTE,
        "num_generated": len(generated),
        "num_held_out": 0 if held_out is None else len(held_out),
        "highest_similarity": HighestSimilarity(
            generated=_highest_similarity(nearest),
            held_out=None if of_held_out is None else _highest_similarity(_own(of_held_out)),
        ),
    }
    reason = "there are no held-out images: set config.data.holdout."
    if held_out is not None and of_held_out is not None:
        reason = _explain_shortfall(of_held_out, held_out.patients)
        if not reason:
            of_duplicates = {name: _find(views, training) for name, views in duplicates.items()}
            compared = _compare(nearest, of_held_out, held_out.patients, of_duplicates, training.files)
            return MemorizationRecord(**shared, **compared)
    closest = _list_closest(nearest, training.files, dict.fromkeys(SPACES, 1.0))
    return MemorizationRecord(memorised_share=NOT_ASSESSABLE, reason=reason, closest=closest, **shared)


def _explain_shortfall(held_out: Mapping[str, Nearest], patients: Sequence[str]) -> str:
    """Returns why no first percentile can be had of these held-out images; empty where it can."""
    is_same = equals_training(held_out)
    own, same = int((~is_same).sum()), int(is_same.sum())
    num_patients = len(set(np.asarray(patients)[~is_same]))
    if own >= MIN_HELD_OUT and num_patients > 1:
        return ""
    return (
        f"{own} held-out images of {num_patients} patients equal no training image ({same} do), and a first percentile "
        f"needs {MIN_HELD_OUT}, of two patients or more: raise config.data.holdout."
    )


def _compare(
    nearest: Mapping[str, Nearest],
    held_out: Mapping[str, Nearest],
    patients: Sequence[str],
    duplicates: Mapping[str, Mapping[str, Nearest]],
    files: Sequence[str],
) -> dict[str, Any]:
    """Returns what of a section only held-out images can tell."""
    thresholds = compute_thresholds(held_out)
    found = is_found(nearest, thresholds)
    share, interval = _measure_share(found)
    false_positive_rate, false_positive_interval = _measure_share(find_false_positives(held_out, patients))
    is_same = equals_training(held_out)
    sensitivity = {name: _measure_sensitivity(name, of_change, thresholds) for name, of_change in duplicates.items()}
    return {
        "memorised_share": share,
        "memorised_share_interval": interval,
        "memorised_share_by_space": measure_shares_by_space(nearest, thresholds),
        "expected_share": compute_expected_share(int((~is_same).sum()), len(found)),
        "false_positive_rate": false_positive_rate,
        "false_positive_interval": false_positive_interval,
        "lowest_sensitivity": find_lowest({name: of.rate for name, of in sensitivity.items()}) if sensitivity else None,
        "sensitivity": sensitivity,
        "intervals_note": INTERVALS_NOTE,
        "thresholds": thresholds,
        "closest": _list_closest(nearest, files, thresholds),
        "found": _list_pairs(nearest, np.flatnonzero(found), files, thresholds),
        "warnings": _warn_of_duplicates(int(is_same.sum())),
    }


def _find(views: Views, training: Views) -> dict[str, Nearest]:
    return {
        "features": find_nearest(views.features, training.features),
        "pixels": find_nearest_pixels(views.images, training.images),
    }


def _measure_share(found: Bool[np.ndarray, " image"]) -> tuple[float, tuple[float, float]]:
    return float(found.mean()), compute_share_interval(int(found.sum()), len(found))


def _measure_sensitivity(name: str, nearest: Mapping[str, Nearest], thresholds: Mapping[str, float]) -> Sensitivity:
    found = is_found(nearest, thresholds)
    rate, interval = _measure_share(found)
    by_space = measure_shares_by_space(nearest, thresholds)
    return Sensitivity(change=CHANGES.get(name, ""), rate=rate, interval=interval, copies=len(found), **by_space)


def _own(held_out: Mapping[str, Nearest]) -> dict[str, Nearest]:
    """Returns the held-out images that equal no training image."""
    return take(held_out, ~equals_training(held_out))


def _highest_similarity(nearest: Mapping[str, Nearest]) -> float | None:
    """Returns the largest correlation with a training image, as `generate.max_similarity` means it."""
    distances = nearest["pixels"].distance
    return float(1.0 - distances.min() ** 2 / 2.0) if len(distances) else None


def _list_closest(nearest: Mapping[str, Nearest], files: Sequence[str], thresholds: Mapping[str, float]) -> list[Pair]:
    lowest = np.minimum(*_scale(nearest, thresholds).values())
    return _list_pairs(nearest, np.argsort(lowest, kind="stable")[:CLOSEST], files, thresholds)


def _list_pairs(
    nearest: Mapping[str, Nearest],
    positions: Int[np.ndarray, " pair"],
    files: Sequence[str],
    thresholds: Mapping[str, float],
) -> list[Pair]:
    """Lists images with their nearest training image in the space where they are closest for the threshold there."""
    scaled = _scale(nearest, thresholds)
    pairs = []
    for position in map(int, positions):
        space = min(SPACES, key=lambda name: scaled[name][position])
        training = int(nearest[space].position[position])
        pairs.append(
            Pair(
                generated=position,
                training=training,
                file=files[training] if files else "",
                space=space,
                relative_features=float(nearest["features"].relative[position]),
                relative_pixels=float(nearest["pixels"].relative[position]),
            )
        )
    return pairs


def _scale(nearest: Mapping[str, Nearest], thresholds: Mapping[str, float]) -> dict[str, Float64[np.ndarray, " image"]]:
    return {space: nearest[space].relative / max(thresholds[space], ROUNDING) for space in SPACES}


def _warn_of_duplicates(same: int) -> list[str]:
    if not same:
        return []
    return [
        f"{same} held-out images equal a training image in reduced pixels: duplicated files, which set no threshold."
    ]
