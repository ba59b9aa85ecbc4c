"""What one reader reached: shares of right answers, the ROC curve of the confidence, signal detection."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float64
from scipy import stats
from sklearn.metrics import roc_curve

from dcgan_jax.study.multireader import combine, measure_auc


class Share(NamedTuple):
    """A share of a count, with Wilson's 95% interval; nan of nothing."""

    share: float
    low: float
    high: float


class SignalDetection(NamedTuple):
    """How far apart two kinds look to a reader, and which of them is said more readily."""

    d_prime: float  # distance of the two means in standard deviations; 0: cannot be told apart
    criterion: float  # above 0, the kind that is True is said too rarely; below, too often


def compute_share(right: Bool[np.ndarray, " answer"]) -> Share:
    """Returns the share of True with Wilson's interval (Journal of the American Statistical Association 22, 1927)."""
    if not len(right):
        return Share(np.nan, np.nan, np.nan)
    bounds = stats.binomtest(int(right.sum()), len(right)).proportion_ci(0.95, method="wilson")
    return Share(float(right.mean()), float(bounds.low), float(bounds.high))


def compute_signal_detection(
    said: Bool[np.ndarray, " image"], truth: Bool[np.ndarray, " image"], is_pairs: bool
) -> SignalDetection:
    """Returns d' and criterion c (Macmillan and Creelman, Detection Theory, 2005).

    Half an answer is added to each cell (Hautus 1995), so that shares of 0 and 1 have a finite place. Of two images
    shown together the difference is seen, so d' is divided by the square root of 2.
    """
    hits, false_alarms = (stats.norm.ppf((said[kind].sum() + 0.5) / (kind.sum() + 1)) for kind in (truth, ~truth))
    distance = (hits - false_alarms) / (np.sqrt(2) if is_pairs else 1.0)
    return SignalDetection(float(distance), float(-(hits + false_alarms) / 2))


def compute_auc(ratings: Float64[np.ndarray, " image"], truth: Bool[np.ndarray, " image"]) -> Share:
    """Returns the area under the ROC curve with DeLong's 95% interval; nan without images of both kinds."""
    if truth.all() or not truth.any():
        return Share(np.nan, np.nan, np.nan)
    combined = combine(measure_auc(ratings[None].astype(np.float64), truth))
    return Share(combined.estimate, *combined.interval())


def trace_roc(
    ratings: Float64[np.ndarray, " image"], truth: Bool[np.ndarray, " image"]
) -> tuple[Float64[np.ndarray, " point"], Float64[np.ndarray, " point"]]:
    """Returns the false and true positive rates of every threshold, from (0, 0) to (1, 1)."""
    false_positive, true_positive, _ = roc_curve(truth, ratings, drop_intermediate=False)
    return false_positive, true_positive
