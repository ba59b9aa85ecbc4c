"""What the distance comes to between real images and other real images: the value below which a score says nothing.

Counts move the distance, so a floor stands beside the score measured at the floor's counts, with their ratio.
"""

from typing import Any

import numpy as np
from jaxtyping import Float

from dcgan_jax.evaluation.feature_distance import compute_fid

REPEATS = 5
"""Random divisions that a floor is the mean of."""

_SMALLEST = 4
"""Images that can be divided into two parts with a covariance each."""

Features = Float[np.ndarray, "image dims"]


def compute_floors(
    training: Features, held_out: Features | None, generated: Features, size: int, rng: np.random.Generator
) -> dict[str, Any] | None:
    """Returns the floors that these images allow as plain values, or None for fewer than four training images.

    In a division of the training images the first part is the reference; the second stands where generated images
    would, and the score is the distance of as many generated images from the same reference. At the top level is the
    division whose second part is as large as a generated set, where that leaves a quarter of the images for the first
    part (1,341 images, 1,000 generated: 341 against 1,000); else halves. `halves` is always there; `held_out`
    (training against held-out images) is None without such images.

    Args:
      training: features of the training images.
      held_out: features of real images that were kept out of training.
      generated: features of generated images of all latent seeds.
      size: how many of them are a generated set.
      rng: draws the divisions, and which generated images stand beside them.
    """
    count = len(training)
    if count < _SMALLEST:
        return None
    halves = _compute_floor(_divide(training, count // 2, rng), generated, rng)
    fits = 2 <= size <= count - count // 4
    against = None
    if held_out is not None and len(held_out) > 1:
        against = _compute_floor([(training, held_out)], generated, rng)
    return {
        **(_compute_floor(_divide(training, size, rng), generated, rng) if fits else halves),
        "of": "random parts of the training images: num_real are the reference, num_other stand for generated ones",
        "halves": halves,
        "held_out": against,
    }


def _divide(features: Features, second: int, rng: np.random.Generator) -> list[tuple[Features, Features]]:
    orders = [rng.permutation(len(features)) for _ in range(REPEATS)]
    return [(features[order[second:]], features[order[:second]]) for order in orders]


def _compute_floor(
    divisions: list[tuple[Features, Features]], generated: Features, rng: np.random.Generator
) -> dict[str, Any]:
    """Returns the mean distance of the two parts and, at the same counts, of generated images from the first part."""
    count = min(len(divisions[0][1]), len(generated))
    floors, scores = [], []
    for reference, other in divisions:
        chosen = rng.permutation(len(generated))[:count]
        floors.append(compute_fid(reference, other[:count]))
        scores.append(compute_fid(reference, generated[chosen]))
    floor, score = float(np.mean(floors)), float(np.mean(scores))
    return {
        "fid": floor,
        "score": score,
        "ratio": score / floor if floor else None,
        "num_real": len(divisions[0][0]),
        "num_other": count,
        "divisions": len(divisions),
        "lowest": min(floors),
        "highest": max(floors),
    }
