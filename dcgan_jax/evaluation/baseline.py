"""What real images score against other real images: the values beyond which a score says nothing.

Counts move most scores, so a baseline stands beside the scores of generated images at its own counts.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from dcgan_jax.evaluation.record import Baseline, Baselines, Measures
from dcgan_jax.metrics.comparison import compute_scores

REPEATS = 5
"""Random divisions that a baseline is the mean of."""

_SMALLEST = 4
"""Images that can be divided into two parts with a covariance each."""

_MOST_MISSING = 0.02
"""Share of a part's images that may be missing for it to hold whole patients."""

Features = Float[np.ndarray, "_ dims"]
Positions = Int[np.ndarray, " _"]


class Divisions(NamedTuple):
    """Random divisions of images into two parts, all of the same two sizes."""

    parts: list[tuple[Positions, Positions]]  # (first, second) positions of each division, in random order
    by: Literal["patients", "images"]  # "patients" where no patient is in both parts, or "images"


def compute_baselines(
    training: Features,
    patients: Sequence[str],
    held_out: Features | None,
    generated: Features,
    size: int,
    rng: np.random.Generator,
) -> Baselines | None:
    """Returns the baselines that these images allow, or None for fewer than four training images.

    Each division splits the training images into a reference and a second part. The second part is scored against the
    reference as if it were generated; as many generated images are scored against the same reference. At the top level
    is the division whose second part is as large as a generated set, where that leaves a quarter of the images for the
    first part (1,341 images, 1,000 generated: 341 against 1,000); else halves. `halves` is always there; `held_out`
    (held-out against all training images) is None without such images.

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
    halves = _compute_baseline(training, divide(patients, count // 2, rng), generated, rng)
    fits = 2 <= size <= count - max(count // 4, 2)
    top = _compute_baseline(training, divide(patients, size, rng), generated, rng) if fits else halves
    against = None
    if held_out is not None and len(held_out) > 1:
        both = np.concatenate([training, held_out])
        parts = np.arange(count), count + rng.permutation(len(held_out))
        against = _compute_baseline(both, Divisions([parts], "patients"), generated, rng)
    return Baselines(**dict(top), halves=halves, held_out=against)


def divide(patients: Sequence[str], size: int, rng: np.random.Generator) -> Divisions:
    """Returns `REPEATS` random divisions whose second parts have `size` images.

    Images of one patient resemble each other, and in both parts they would flatter the baseline: so whole patients are
    taken, in random order, as long as they fit. Where that leaves more than 2% of either part out, as with few
    patients of many images, images are divided instead. With whole patients the second parts may have a few less.
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


def _compute_baseline(real: Features, divisions: Divisions, generated: Features, rng: np.random.Generator) -> Baseline:
    """Returns the mean scores of the second parts and, at the same counts, of generated images."""
    first, second = divisions.parts[0]
    count = min(len(second), len(generated))
    of_real, of_generated = [], []
    for reference, other in divisions.parts:
        chosen = rng.permutation(len(generated))[:count]
        of_real.append(compute_scores(real[reference], real[other[:count]]))
        of_generated.append(compute_scores(real[reference], generated[chosen]))
    baseline, beside = _average(of_real), _average(of_generated)
    fids = [scores["fid"] for scores in of_real]
    return Baseline(
        **baseline,
        num_real=len(first),
        num_other=count,
        divided_by=divisions.by,
        divisions=len(fids),
        lowest=min(fids),
        highest=max(fids),
        generated=Measures(**beside),
        ratio=beside["fid"] / baseline["fid"] if baseline["fid"] else None,
    )


def _average(scores: Sequence[dict[str, float]]) -> dict[str, float]:
    """Returns the means of the scores that all divisions have: images that are all alike have no trace ratio."""
    names = [name for name in scores[0] if all(name in of_division for of_division in scores)]
    return {name: float(np.mean([of_division[name] for of_division in scores])) for name in names}
