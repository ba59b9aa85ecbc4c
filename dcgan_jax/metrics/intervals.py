"""Intervals for scores: from fresh latent seeds and a jackknife over the real images.

What they are for: the expected score at the record's counts, over the draw of the latents and over the draw of the
real images; in other words the mean of what the whole evaluation would give with other images of the same population
and other latents. They are not for the distance between the two populations, which a score at finite counts exceeds.

Never a bootstrap over images: an image that is drawn twice shrinks the covariance, and the distance grows by more than
its uncertainty.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int

LEVEL = 0.95
MIN_SEEDS = 10
GROUPS = 20
"""Parts of the real images that the jackknife leaves out in turn."""

_MIN_GROUPS = 4

METHOD = (
    "Student's t around the mean over {seeds} latent seeds; variance = variance over seeds / seeds + delete-one-group "
    "jackknife over {groups} disjoint groups of real images (whole patients); for the expected score at these counts; "
    "conservative: on Gaussians about as wide as it must be where the two sides differ clearly, up to about twice as "
    "wide where they are nearly equal and images are fewer than some three times the dimensions; for irs two to five "
    "times as wide"
)


@dataclass(frozen=True)
class Interval:
    """An interval for the expected score at the counts it was measured at."""

    low: float
    high: float
    level: float
    method: str


def compute_interval(
    by_seed: Sequence[float], by_group_left_out: Sequence[float], level: float = LEVEL, smallest: float = -np.inf
) -> Interval:
    """Returns the interval around the mean over the seeds.

    The two variances are independent estimates; their sum has Satterthwaite's degrees of freedom. The jackknife's is
    that of Efron and Stein 1981: (G - 1) / G times the sum of squared deviations, not too small on average.

    Args:
      by_seed: the score of each latent seed with all real images; two or more.
      by_group_left_out: the score without each group of real images in turn, of one latent seed; two or more.
      level: the share of such intervals that contain the expected score.
      smallest: the smallest value that the score can have.
    """
    import scipy.stats  # only here: it takes longer to import than all of JAX, and most runs need no interval

    seeds, groups = len(by_seed), len(by_group_left_out)
    from_seeds = float(np.var(by_seed, ddof=1)) / seeds
    from_real = (groups - 1) * float(np.var(by_group_left_out))
    variance = from_seeds + from_real
    freedom = 1.0
    if variance > 0:
        freedom = variance**2 / (from_seeds**2 / (seeds - 1) + from_real**2 / (groups - 1))
    reach = float(scipy.stats.t.ppf((1 + level) / 2, freedom)) * variance**0.5
    center = float(np.mean(by_seed))
    method = METHOD.format(seeds=seeds, groups=groups)
    return Interval(max(center - reach, smallest), max(center + reach, smallest), level, method)


def compute_score_interval(
    score_fn: Callable[[Bool[np.ndarray, " image"]], float | None],
    by_seed: Sequence[float],
    patients: Sequence[str],
    rng: np.random.Generator,
    smallest: float = -np.inf,
) -> Interval | None:
    """Returns the interval of a score, or None below ten latent seeds or four patients, or where a part has no score.

    Args:
      score_fn: the score of the first latent seed against the real images in a mask; None where they have none.
      by_seed: the score of each latent seed against all real images.
      patients: whose each real image is.
      rng: divides the patients into groups.
      smallest: the smallest value that the score can have.
    """
    groups = assign_groups(patients, GROUPS, rng)
    if len(by_seed) < MIN_SEEDS or len(np.unique(groups)) < _MIN_GROUPS:
        return None
    left_out = [score_fn(groups != group) for group in np.unique(groups)]
    known = [score for score in left_out if score is not None]
    return compute_interval(by_seed, known, smallest=smallest) if len(known) == len(left_out) else None


def assign_groups(patients: Sequence[str], count: int, rng: np.random.Generator) -> Int[np.ndarray, " image"]:
    """Returns a group for each image, whole patients together: images of one patient are no independent draws.

    The groups have nearly equally many patients; there are fewer than `count` where there are fewer patients.
    """
    names, owner = np.unique(np.asarray(patients), return_inverse=True)
    return (rng.permutation(len(names)) % count)[owner]


def compute_share_interval(found: int, count: int, level: float = LEVEL) -> tuple[float, float]:
    """Returns the interval of Clopper and Pearson 1934 for a share of which `found` of `count` were seen."""
    import scipy.stats

    interval = scipy.stats.binomtest(found, count).proportion_ci(level, method="exact")
    return float(interval.low), float(interval.high)
