"""From values by seed and by left-out patients: an interval, a test, an equivalence test, a detectable difference.

Three things make a value of a trial what it is, and another trial would draw them anew: the classifier's seed, the
generator's seed and the test patients. Each contributes a variance with its degrees of freedom:

- seeds: the variance of the means over each seed, divided by their number. With several of both kinds the two are
  added, which counts their interaction twice: conservative.
- patients: the delete-one-group jackknife of the mean over the seeds (Efron and Stein 1981), whole patients together.

Student's t with the degrees of freedom of their sum does the rest, so that interval and test always agree. These are
Satterthwaite's (1946) from four seeds of a kind on; by fewer a variance is known so badly that he rejects true nulls in
10% to 15% of trials, and the degrees of freedom are those of Cochran's critical value (1964), which is conservative.
`python -m tests.trial.simulation` counts how often either is wrong.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import scipy.optimize
import scipy.special
import scipy.stats
from jaxtyping import Float
from statsmodels.stats.multitest import multipletests

LEVEL = 0.95
POWER = 0.8
ENOUGH_SEEDS = 4
"""Of a kind, for Satterthwaite's degrees of freedom to hold."""

_ROUNDING = 1e-12  # an error below is none


@dataclass(frozen=True)
class Estimate:
    """A mean with its uncertainty."""

    mean: float  # over all seeds
    error: float  # its standard error; 0 where nothing varied
    freedom: float  # degrees of freedom of the error

    def interval(self, level: float = LEVEL) -> tuple[float, float]:
        """Returns the two-sided interval."""
        reach = float(scipy.stats.t.ppf((1 + level) / 2, self.freedom)) * self.error
        return self.mean - reach, self.mean + reach

    def p_value(self) -> float:
        """Returns the two-sided p-value of a mean of zero; 1 where nothing varied."""
        return min(1.0, 2 * self._tail(abs(self.mean)))

    def p_equivalence(self, margin: float) -> float:
        """Returns the p-value of "the mean is at least `margin` away from zero" (TOST, Schuirmann 1987)."""
        return max(self._tail(self.mean + margin), self._tail(margin - self.mean))

    def smallest_detectable(self, level: float = LEVEL, power: float = POWER) -> float | None:
        """Returns the true difference that a trial with this error would have called one with probability `power`.

        By the noncentral t distribution. None where nothing varied, which says nothing of other patients and seeds.
        """
        if self.error < _ROUNDING:
            return None
        critical = float(scipy.stats.t.ppf((1 + level) / 2, self.freedom))
        shift = scipy.optimize.brentq(
            lambda shift: scipy.stats.nct.sf(critical, self.freedom, shift) - power, 0.0, 10 * (critical + 1)
        )
        return float(shift) * self.error

    def _tail(self, distance: float) -> float:
        """Returns the probability of a t above distance / error."""
        if self.error < _ROUNDING:
            return 1.0  # where nothing varied, nothing is known of other patients and seeds
        return float(scipy.stats.t.sf(distance / self.error, self.freedom))


class Part(NamedTuple):
    """What one source of chance adds to the squared error of a mean: an estimate, and its degrees of freedom."""

    variance: float
    freedom: int


def create_estimate(
    by_seed: Float[np.ndarray, "classifier generator"], by_group_left_out: Float[np.ndarray, " group"]
) -> Estimate:
    """Returns the mean over the seeds with its error over seeds and patients.

    Args:
      by_seed: the value for each classifier seed and each generator seed, on all test patients; one column where no
        generator takes part. A kind of which there is one adds no variance: the interval is then not about others.
      by_group_left_out: the mean over the seeds without each group of test patients in turn; two or more.
    """
    groups = len(by_group_left_out)
    parts = [Part((groups - 1) * float(np.var(by_group_left_out)), groups - 1)]
    for means in (by_seed.mean(axis=1), by_seed.mean(axis=0)):
        if len(means) > 1:
            parts.append(Part(float(np.var(means, ddof=1)) / len(means), len(means) - 1))
    variance = sum(part.variance for part in parts)
    return Estimate(float(by_seed.mean()), variance**0.5, compute_freedom(parts))


def compute_freedom(parts: Sequence[Part]) -> float:
    """Returns the degrees of freedom of a sum of estimated variances.

    Args:
      parts: of the sum; where all have `ENOUGH_SEEDS` - 1 degrees of freedom or more it is Satterthwaite's formula
        (Biometrics Bulletin 2, 1946), else the number with which Student's t has Cochran's critical value at `LEVEL`,
        the mean of the parts' own, each weighted with its variance (Biometrics 20, 1964).
    """
    variance = sum(part.variance for part in parts)
    if not variance:
        return 1.0
    if min(part.freedom for part in parts) >= ENOUGH_SEEDS - 1:
        return variance**2 / sum(part.variance**2 / part.freedom for part in parts)
    quantile = (1 + LEVEL) / 2
    critical = sum(part.variance * float(scipy.special.stdtrit(part.freedom, quantile)) for part in parts) / variance
    return float(scipy.special.stdtridf(quantile, critical))


def adjust_for_number(p_values: Sequence[float]) -> list[float]:
    """Returns p-values that hold for all comparisons at once (Holm 1979): reject those below the level."""
    return multipletests(p_values, method="holm")[1].tolist() if p_values else []
