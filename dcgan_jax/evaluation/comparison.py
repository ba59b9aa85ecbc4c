"""Every distance between two sets of features, with what has to be said about the numbers."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from dcgan_jax.evaluation.frechet import compute_frechet_distance, fit_gaussian
from dcgan_jax.evaluation.kernel_distance import compute_kernel_distance, compute_kernel_distances
from dcgan_jax.evaluation.neighbours import DENSITY_NEIGHBOURS, compute_neighbour_scores


class Comparison(NamedTuple):
    """Scores by name, None where there were too few images, and warnings in whole sentences."""

    scores: dict[str, float | None]
    warnings: list[str]


def compare_features(
    real: Float[np.ndarray, "m dims"], generated: Float[np.ndarray, "n dims"], seed: int = 0
) -> Comparison:
    """Returns every distance by name: fid, kid, precision, recall, density and coverage.

    Beside kid, over all pairs, stand kid_subsets and kid_subsets_std: mean and spread of 100 random subsets of 1,000
    images, or of half of the smaller side.

    Raises:
      UserError: fewer than two images on a side, different dimensions, or features that are not finite.
    """
    scores: dict[str, float | None] = {"fid": compute_frechet_distance(fit_gaussian(real), fit_gaussian(generated))}
    subsets = compute_kernel_distances(real, generated, np.random.default_rng(seed))
    scores["kid"] = compute_kernel_distance(real, generated)
    scores["kid_subsets"], scores["kid_subsets_std"] = float(subsets.mean()), float(subsets.std())
    warnings = [
        warning
        for side, features in (("real", real), ("generated", generated))
        for warning in describe_weaknesses(side, features)
    ]
    neighbour_names = ("precision", "recall", "density", "coverage")
    if min(len(real), len(generated)) > DENSITY_NEIGHBOURS:
        scores.update(compute_neighbour_scores(real, generated)._asdict())
    else:
        scores.update(dict.fromkeys(neighbour_names))
        warnings.append(
            f"{', '.join(neighbour_names)} are left out: they need more than {DENSITY_NEIGHBOURS} images a side."
        )
    return Comparison(scores, warnings)


def describe_weaknesses(side: str, features: Float[np.ndarray, "image dims"]) -> list[str]:
    """Returns sentences on what makes scores of these features doubtful: too few images, or all of them alike."""
    count, dims = features.shape
    weaknesses = []
    if count <= dims:
        weaknesses.append(
            f"{count:,} {side} images are too few for {dims} dimensions: the covariance needs more than {dims:,}, and "
            "the Frechet distance is too large and compares only with others at the same counts."
        )
    if np.ptp(features, axis=0).max() == 0:
        weaknesses.append(f"All {side} images have the same features: they are copies, or blank.")
    return weaknesses
