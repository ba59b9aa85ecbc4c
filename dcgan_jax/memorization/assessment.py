"""Are generated images copies of training images? Evidence, not proof.

An image counts as found when, in feature space or in pixels, it is closer to its nearest training image than 99 in 100
real images of other patients are (reference.py), the distance taken relative to the neighborhood (nearest.py). Where
there are too few of them, the question stays open.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Float64, Int

from dcgan_jax.memorization.copy_detection import (
    ROUNDING,
    SPACES,
    compute_expected_share,
    compute_thresholds,
    find_false_positives,
    is_found,
    measure_shares_by_space,
)
from dcgan_jax.memorization.correlation import DESCRIPTION
from dcgan_jax.memorization.nearest import NEIGHBORS, Nearest
from dcgan_jax.memorization.perturbed_duplicates import CHANGES
from dcgan_jax.memorization.record import (
    NOT_ASSESSABLE,
    ComparedWith,
    ExpectedShare,
    HighestSimilarity,
    MemorizationRecord,
    Pair,
    Sensitivity,
    find_lowest,
)
from dcgan_jax.memorization.reference import Reference, Views, choose_reference, find
from dcgan_jax.metrics.intervals import compute_share_interval

CLOSEST = 10
"""Pairs that are listed and drawn."""

NOTE = (
    "Evidence, not proof: it can show that copies were found, not that there are none. Memorized parts of images, "
    "and copies changed otherwise than those whose sensitivity is given, may go unseen."
)
INTERVALS_NOTE = (
    "95%, Clopper and Pearson: they take images as independent draws and the thresholds as given. Several images of a "
    "patient make the interval of false_positive_rate too narrow; how far thresholds from so few real images move the "
    "share of a generator that copies nothing is expected_share."
)
_METHOD = (
    "distance to the nearest training image over the mean of the {neighbors} nearest, at 768 Inception features and "
    f"by correlation in {DESCRIPTION}, contrast never stretched; "
    "found: closer in either than {limit}"
)
_LIMITS: dict[ComparedWith, str] = {
    "held_out": "the first percentile of held-out images (of fewer than 99, the closest)",
    "training_patients": "the first percentile of training images, each beside those of other patients (of fewer than "
    "99, the closest)",
}
_FEW = 99  # images that have a first percentile


def assess_memorization(
    generated: Views, training: Views, held_out: Views | None, duplicates: Mapping[str, Views]
) -> MemorizationRecord:
    """Returns the memorization section of a record.

    `memorised_share` is the share of generated images that are found. For a generator that copies nothing it is 0.01
    in each space on average (of fewer than 99 images that set the thresholds, one in as many and one), so at most twice
    that in both; `expected_share` says how high it may come by the chance of which images those were.
    `false_positive_rate` is the same measured: the share of those real images found by thresholds that the other
    patients set. `found` lists positions of generated images and of their training images, with the files of these.
    `highest_similarity` helps to choose `generate.max_similarity`: above what held-out patients reach, an image
    resembles a training image more than two patients resemble each other.

    Args:
      generated: of one latent seed.
      training: the images trained on.
      held_out: real images of other patients. With fewer than `reference.MIN_IMAGES` that equal no training image,
        training images are compared with those of other patients; with fewer of these, or of a single patient,
        `memorised_share` is "not assessable".
      duplicates: changed copies of training images by the name of the change, for the sensitivity.
    """
    reference, reason = choose_reference(training, held_out)
    neighbors = reference.neighbors if reference else min(NEIGHBORS, len(training))
    nearest = find(generated, training, neighbors)
    highest_held_out = _highest_similarity(reference.own) if reference and reference.kind == "held_out" else None
    shared: dict[str, Any] = {
        "method": _METHOD.format(neighbors=neighbors, limit=_LIMITS[reference.kind if reference else "held_out"]),
        "note": NOTE,
        "num_generated": len(generated),
        "num_held_out": 0 if held_out is None else len(held_out),
        "highest_similarity": HighestSimilarity(generated=_highest_similarity(nearest), held_out=highest_held_out),
    }
    if reference is None:
        closest = _list_closest(nearest, training.files, dict.fromkeys(SPACES, 1.0))
        return MemorizationRecord(memorised_share=NOT_ASSESSABLE, reason=reason, closest=closest, **shared)
    of_duplicates = {name: find(views, training, neighbors) for name, views in duplicates.items()}
    return MemorizationRecord(**shared, **_compare(nearest, reference, of_duplicates, training.files))


def _compare(
    nearest: Mapping[str, Nearest],
    reference: Reference,
    duplicates: Mapping[str, Mapping[str, Nearest]],
    files: Sequence[str],
) -> dict[str, Any]:
    """Returns what of a section only a reference can tell."""
    thresholds = compute_thresholds(reference.nearest)
    found = is_found(nearest, thresholds)
    share, interval = _measure_share(found)
    false_positive_rate, false_positive_interval = _measure_share(
        find_false_positives(reference.nearest, reference.patients)
    )
    expected = compute_expected_share(reference.num_independent, len(found))
    sensitivity = {name: _measure_sensitivity(name, of_change, thresholds) for name, of_change in duplicates.items()}
    return {
        "memorised_share": share,
        "memorised_share_interval": interval,
        "memorised_share_by_space": measure_shares_by_space(nearest, thresholds),
        "compared_with": reference.kind,
        "num_compared": reference.num_own,
        "num_compared_patients": len(reference.own_patients),
        "expected_share": expected,
        "false_positive_rate": false_positive_rate,
        "false_positive_interval": false_positive_interval,
        "lowest_sensitivity": find_lowest({name: of.rate for name, of in sensitivity.items()}) if sensitivity else None,
        "sensitivity": sensitivity,
        "intervals_note": INTERVALS_NOTE,
        "thresholds": thresholds,
        "closest": _list_closest(nearest, files, thresholds),
        "found": _list_pairs(nearest, np.flatnonzero(found), files, thresholds),
        "warnings": [*_warn_of_duplicates(reference), *_warn_of_few(reference, expected)],
    }


def _measure_share(found: Bool[np.ndarray, " image"]) -> tuple[float, tuple[float, float]]:
    return float(found.mean()), compute_share_interval(int(found.sum()), len(found))


def _measure_sensitivity(name: str, nearest: Mapping[str, Nearest], thresholds: Mapping[str, float]) -> Sensitivity:
    found = is_found(nearest, thresholds)
    rate, interval = _measure_share(found)
    by_space = measure_shares_by_space(nearest, thresholds)
    return Sensitivity(change=CHANGES.get(name, ""), rate=rate, interval=interval, copies=len(found), **by_space)


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


def _warn_of_duplicates(reference: Reference) -> list[str]:
    if not reference.num_same:
        return []
    is_held_out = reference.kind == "held_out"
    name = "held-out images equal a training image" if is_held_out else "training images equal one of another patient"
    return [f"{reference.num_same} {name} in reduced pixels: duplicated files, which set no threshold."]


def _warn_of_few(reference: Reference, expected: ExpectedShare) -> list[str]:
    if reference.kind == "held_out" and reference.num_independent >= _FEW:
        return []
    who = (
        f"{reference.num_independent} held-out images"
        if reference.kind == "held_out"
        else f"training images of {reference.num_independent} patients, without enough held-out ones,"
    )
    return [
        f"the search for copies is coarse: {who} set its thresholds, and of a generator that copies nothing up to "
        f"{expected.highest:.0%} of the images may be found; 100 images held out by config.data.holdout make it finer."
    ]
