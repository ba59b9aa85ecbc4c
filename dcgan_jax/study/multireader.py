"""Several readers of the same images: what they reach together, with readers and images both drawn by chance.

The analysis of variance of Obuchowski and Rockette (Communications in Statistics 24, 1995) for one modality, with the
degrees of freedom of Hillis (Statistics in Medicine 26, 2007; 33, 2014). Covariances between readers come from the
structural components of DeLong, DeLong and Clarke-Pearson (Biometrics 44, 1988).
"""

import math
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float64
from scipy import stats

CHANCE = 0.5
"""Balanced accuracy, and area under the ROC curve, of who guesses."""

ENOUGH_READERS = 4
"""From so many on, the degrees of freedom are Hillis' own; `python -m tests.study.null_studies` shows why."""


class Measured(NamedTuple):
    """A figure of every reader on the same images."""

    estimates: Float64[np.ndarray, " reader"]  # of each reader
    covariance: Float64[np.ndarray, "reader reader"]  # of the estimates over the draw of images
    images: int


class Combined(NamedTuple):
    """The mean of a figure over readers."""

    estimate: float
    standard_error: float  # over readers and images; over images alone, with one reader
    degrees_of_freedom: float  # of its t distribution; infinite for a normal one
    reader_mean_square: float  # MS(R), the variance of the readers' estimates; nan with one reader
    covariance: float  # Cov2, the mean covariance of two readers; nan with one reader
    images: int

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Returns the confidence interval, within 0 and 1.

        Where every reader was right, or wrong, on every image there is no variance to estimate: it is Wilson's then,
        as of one reader.
        """
        if self.standard_error == 0:
            bounds = self._count_right().proportion_ci(level, method="wilson")
            return float(bounds.low), float(bounds.high)
        half = stats.t.ppf((1 + level) / 2, self.degrees_of_freedom) * self.standard_error
        return float(max(0.0, self.estimate - half)), float(min(1.0, self.estimate + half))

    def p_value(self, null: float = CHANCE) -> float:
        """Returns the two-sided p-value of the null hypothesis that the mean is `null`."""
        if self.standard_error == 0:
            return float(self._count_right(null).pvalue)
        t = abs(self.estimate - null) / self.standard_error
        return float(2 * stats.t.sf(t, self.degrees_of_freedom))

    def equivalence_p(self, margin: float, null: float = CHANCE) -> float:
        """Returns the p-value of two one-sided tests that the mean is within `margin` of `null`.

        Below 0.05, the 90% interval lies within the margin.
        """
        if self.standard_error == 0:
            above = self._count_right(max(0.0, null - margin), "greater").pvalue
            return float(max(above, self._count_right(min(1.0, null + margin), "less").pvalue))
        distances = (self.estimate - (null - margin), (null + margin) - self.estimate)
        return float(max(stats.t.sf(d / self.standard_error, self.degrees_of_freedom) for d in distances))

    def _count_right(self, null: float = CHANCE, alternative: str = "two-sided") -> Any:
        return stats.binomtest(round(self.estimate * self.images), self.images, null, alternative)


def measure_accuracy(correct: Bool[np.ndarray, "reader image"], truth: Bool[np.ndarray, " image"]) -> Measured:
    """Returns each reader's balanced accuracy: the mean of the shares of right answers on either kind of image.

    Who guesses reaches 0.5 whatever the share of either kind, of which there must be some, and whichever they favor.
    """
    shares = correct.astype(np.float64)
    positive, negative = shares[:, truth] / 2, shares[:, ~truth] / 2
    return _measure(positive, negative, positive.mean(1) + negative.mean(1))


def measure_auc(ratings: Float64[np.ndarray, "reader image"], truth: Bool[np.ndarray, " image"]) -> Measured:
    """Returns each reader's area under the empirical ROC curve; higher ratings speak for the kind that is True."""
    above = ratings[:, truth, None] - ratings[:, None, ~truth]
    wins = (above > 0) + 0.5 * (above == 0)
    return _measure(wins.mean(axis=2), wins.mean(axis=1), wins.mean(axis=(1, 2)))


def combine(measured: Measured) -> Combined:
    """Returns the mean over readers with its error, readers and images both random.

    One reader stands for nobody else: the error is then over images alone.
    """
    estimates, covariance, images = measured
    readers = len(estimates)
    mean = float(estimates.mean())
    if readers == 1:
        return Combined(mean, math.sqrt(covariance[0, 0]), math.inf, math.nan, math.nan, images)
    mean_square = float(estimates.var(ddof=1))
    between = float(covariance[~np.eye(readers, dtype=bool)].mean())
    return Combined(mean, *hillis(mean_square, between, readers), mean_square, between, images)


def hillis(mean_square: float, covariance: float, readers: int) -> tuple[float, float]:
    """Returns the standard error of a mean over readers and its degrees of freedom.

    Hillis' degrees of freedom rest on MS(R). Of two or three readers it is known so badly that the test rejects 7 to
    12% of null studies in place of 5%: with so few, their lower bound is taken, one less than there are readers.

    Args:
      mean_square: variance of the readers' estimates, MS(R).
      covariance: mean covariance of two readers, Cov2; a negative one counts as none.
      readers: how many, at least 2.
    """
    shared = max(covariance, 0.0)
    error = math.sqrt(mean_square / readers + shared)
    if readers < ENOUGH_READERS:
        return error, readers - 1
    if not mean_square:
        return error, math.inf
    return error, (mean_square + readers * shared) ** 2 / (mean_square**2 / (readers - 1))


def _measure(
    positive: Float64[np.ndarray, "reader positive"],
    negative: Float64[np.ndarray, "reader negative"],
    estimates: Float64[np.ndarray, " reader"],
) -> Measured:
    """Returns estimates that are sums of two means, with the covariance of these."""
    readers = len(estimates)
    covariance = np.zeros((readers, readers))
    for components in (positive, negative):
        count = components.shape[1]
        if count > 1:  # one image of a kind says nothing of how they vary
            covariance += np.atleast_2d(np.cov(components)) / count
    return Measured(estimates, covariance, positive.shape[1] + negative.shape[1])
