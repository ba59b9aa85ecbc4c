"""Every distance between two sets of features, with what has to be said about the numbers."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from dcgan_jax.metrics.frechet import compute_fid
from dcgan_jax.metrics.kernel_distance import compute_kernel_distance, compute_kernel_distances
from dcgan_jax.metrics.neighbors import DENSITY_NEIGHBORS, NeighborScores, compute_neighbor_scores
from dcgan_jax.metrics.variety import VarietyScores, compute_variety_scores

SCORES = ("fid", "kid", "kid_subsets", "kid_subsets_std", *NeighborScores._fields, *VarietyScores._fields)
"""Names of all scores, in the order in which they are shown."""


class Comparison(NamedTuple):
    """Scores by name, None where there were too few images, and warnings in whole sentences."""

    scores: dict[str, float | None]
    warnings: list[str]


def compare_features(
    real: Float[np.ndarray, "m dims"], generated: Float[np.ndarray, "n dims"], seed: int = 0
) -> Comparison:
    """Returns every distance by its name in `SCORES`.

    Raises:
      UserError: fewer than two images on a side, different dimensions, or features that are not finite.
    """
    measured = compute_scores(real, generated) | compute_subset_scores(real, generated, np.random.default_rng(seed))
    warnings = [
        warning
        for side, features in (("real", real), ("generated", generated))
        for warning in describe_weaknesses(side, features)
    ]
    if missing := [name for name in NeighborScores._fields if name not in measured]:
        warnings.append(f"{', '.join(missing)} are left out: they need more than {DENSITY_NEIGHBORS} images a side.")
    return Comparison({name: measured.get(name) for name in SCORES}, warnings)


def compute_scores(real: Float[np.ndarray, "m dims"], generated: Float[np.ndarray, "n dims"]) -> dict[str, float]:
    """Returns fid, kid (over all pairs), irs, trace_ratio (unless the real images are all alike), vendi, and
    precision, recall, density and coverage where both sides have more images than their neighborhoods.

    Raises:
      UserError: fewer than two images on a side, different dimensions, or features that are not finite.
    """
    scores = {"fid": compute_fid(real, generated), "kid": compute_kernel_distance(real, generated)}
    variety = compute_variety_scores(real, generated)._asdict()
    scores |= {name: score for name, score in variety.items() if score is not None}
    if min(len(real), len(generated)) > DENSITY_NEIGHBORS:
        scores |= compute_neighbor_scores(real, generated)._asdict()
    return scores


def compute_subset_scores(
    real: Float[np.ndarray, "m dims"], generated: Float[np.ndarray, "n dims"], rng: np.random.Generator
) -> dict[str, float]:
    """Returns kid_subsets and kid_subsets_std: mean and spread of the kernel distance over 100 random subsets of 1,000
    images, or of half of the smaller side. The spread is that of one subset, no standard error of the mean.
    """
    subsets = compute_kernel_distances(real, generated, rng)
    return {"kid_subsets": float(subsets.mean()), "kid_subsets_std": float(subsets.std())}


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
