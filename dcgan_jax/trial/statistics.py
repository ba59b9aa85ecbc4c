"""From values by seed and by left-out patients to an interval, a test, an equivalence test and what could be seen.

Three things make a value of a trial what it is, and another trial would draw them anew: the classifier's seed, the
generator's seed and the test patients. Each contributes a variance with its degrees of freedom:

- seeds: the variance of the means over each seed, divided by their number. With several of both kinds the two are
  added, which counts their interaction twice: conservative.
- patients: the delete-one-group jackknife of the mean over the seeds (Efron and Stein 1981), whole patients together.

Their sum has Satterthwaite's degrees of freedom, and Student's t does the rest, so that interval and test always agree.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.optimize
import scipy.stats
from jaxtyping import Float

LEVEL = 0.95
POWER = 0.8
_ROUNDING = 1e-12  # an error below is none


@dataclass(frozen=True)
class Estimate:
    """A mean with its uncertainty.

    Attributes:
      mean: over all seeds.
      error: its standard error; 0 where nothing varied.
      freedom: degrees of freedom of the error.
    """

    mean: float
    error: float
    freedom: float

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
    parts = [((groups - 1) * float(np.var(by_group_left_out)), groups - 1)]
    for means in (by_seed.mean(axis=1), by_seed.mean(axis=0)):
        if len(means) > 1:
            parts.append((float(np.var(means, ddof=1)) / len(means), len(means) - 1))
    variance = sum(part for part, _ in parts)
    freedom = 1.0
    if variance > 0:
        freedom = variance**2 / sum(part**2 / of for part, of in parts)
    return Estimate(float(by_seed.mean()), variance**0.5, freedom)


def adjust_for_number(p_values: Sequence[float]) -> list[float]:
    """Returns p-values that hold for all comparisons at once (Holm 1979): reject those below the level."""
    order = np.argsort(p_values, kind="stable")
    count = len(p_values)
    adjusted, largest = [0.0] * count, 0.0
    for rank, index in enumerate(order):
        largest = max(largest, min(1.0, (count - rank) * p_values[index]))
        adjusted[index] = largest
    return adjusted
