"""What the distance comes to between real images and other real images: the value below which a score says nothing.

Counts move the distance, so a floor stands beside the score measured at the floor's counts, with their ratio.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from dcgan_jax.metrics.feature_distance import compute_fid

REPEATS = 5
"""Random divisions that a floor is the mean of."""

_SMALLEST = 4
"""Images that can be divided into two parts with a covariance each."""

_MOST_MISSING = 0.02
"""Share of a part's images that may be missing for it to hold whole patients."""

Features = Float[np.ndarray, "image dims"]
Positions = Int[np.ndarray, " image"]


class Divisions(NamedTuple):
    """Random divisions of images into two parts, all of the same two sizes.

    Attributes:
      parts: (first, second) positions of each division, in random order.
      by: "patients" where no patient is in both parts, or "images".
    """

    parts: list[tuple[Positions, Positions]]
    by: str


def compute_floors(
    training: Features,
    patients: Sequence[str],
    held_out: Features | None,
    generated: Features,
    size: int,
    rng: np.random.Generator,
) -> dict[str, Any] | None:
    """Returns the floors that these images allow as plain values, or None for fewer than four training images.

    In a division of the training images the first part is the reference; the second stands where generated images
    would, and the score is the distance of as many generated images from the same reference. At the top level is the
    division whose second part is as large as a generated set, where that leaves a quarter of the images for the first
    part (1,341 images, 1,000 generated: 341 against 1,000); else halves. `halves` is always there; `held_out`
    (training against held-out images) is None without such images.

    Args:
      training: features of the training images.
      patients: whose each training image is.
      held_out: features of real images that were kept out of training.
      generated: features of generated images of all latent seeds.
      size: how many of them are a generated set.
      rng: draws the divisions, and which generated images stand beside them; those of the training images do not
        depend on whether there are held-out ones.
    """
    count = len(training)
    if count < _SMALLEST:
        return None
    halves = _compute_floor(training, divide(patients, count // 2, rng), generated, rng)
    fits = 2 <= size <= count - count // 4
    top = _compute_floor(training, divide(patients, size, rng), generated, rng) if fits else halves
    against = None
    if held_out is not None and len(held_out) > 1:
        both = np.concatenate([training, held_out])
        parts = np.arange(count), count + rng.permutation(len(held_out))
        against = _compute_floor(both, Divisions([parts], "patients"), generated, rng)
    return {
        **top,
        "of": "random parts of the training images: num_real are the reference, num_other stand for generated ones",
        "halves": halves,
        "held_out": against,
    }


def divide(patients: Sequence[str], size: int, rng: np.random.Generator) -> Divisions:
    """Returns `REPEATS` random divisions whose second parts have `size` images.

    Images of one patient resemble each other, and in both parts they would lower the floor: so whole patients are
    taken, in random order, as long as they fit. Where that leaves more than 2% of either part out, as with few
    patients of many images, images are divided instead.

    Args:
      patients: whose each image is.
      size: images of the second part; with whole patients it may be a few less.
      rng: draws the divisions.
    """
    count = len(patients)
    whole = [_divide_patients(patients, size, rng) for _ in range(REPEATS)]
    # Scores compare at equal counts only: every division is cut to the smallest.
    first, second = (min(len(division[part]) for division in whole) for part in (0, 1))
    if first >= (1 - _MOST_MISSING) * (count - size) and second >= max((1 - _MOST_MISSING) * size, 2):
        return Divisions([(a[:first], b[:second]) for a, b in whole], "patients")
    orders = [rng.permutation(count) for _ in range(REPEATS)]
    return Divisions([(order[size:], order[:size]) for order in orders], "images")


def _divide_patients(patients: Sequence[str], size: int, rng: np.random.Generator) -> tuple[Positions, Positions]:
    names, owner, counts = np.unique(np.asarray(patients), return_inverse=True, return_counts=True)
    is_second = np.zeros(len(names), bool)
    missing = size
    for patient in rng.permutation(len(names)):
        if counts[patient] <= missing:
            is_second[patient] = True
            missing -= counts[patient]
    order = rng.permutation(len(owner))
    return order[~is_second[owner[order]]], order[is_second[owner[order]]]


def _compute_floor(
    real: Features, divisions: Divisions, generated: Features, rng: np.random.Generator
) -> dict[str, Any]:
    """Returns the mean distance of the two parts and, at the same counts, of generated images from the first part."""
    first, second = divisions.parts[0]
    count = min(len(second), len(generated))
    floors, scores = [], []
    for reference, other in divisions.parts:
        chosen = rng.permutation(len(generated))[:count]
        floors.append(compute_fid(real[reference], real[other[:count]]))
        scores.append(compute_fid(real[reference], generated[chosen]))
    floor, score = float(np.mean(floors)), float(np.mean(scores))
    return {
        "fid": floor,
        "score": score,
        "ratio": score / floor if floor else None,
        "num_real": len(first),
        "num_other": count,
        "divided_by": divisions.by,
        "divisions": len(floors),
        "lowest": min(floors),
        "highest": max(floors),
    }
