"""What a classifier's probabilities are worth: scikit-learn's scores, a threshold, calibration."""

from typing import NamedTuple, get_args

import numpy as np
from jaxtyping import Float, Int
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    brier_score_loss,
    f1_score,
    recall_score,
    roc_auc_score,
    roc_curve,
)

from dcgan_jax.trial.record import Metric

METRICS: tuple[Metric, ...] = get_args(Metric)
"""The first two look at the order of the probabilities only, the others at a threshold."""

_BINS = 10

Labels = Int[np.ndarray, " image"]
Probabilities = Float[np.ndarray, " image"]


def compute_scores(labels: Labels, probabilities: Probabilities, threshold: float) -> dict[Metric, float]:
    """Returns the scores of `METRICS`, of labels that are 1 for the positive class and 0 for the others; both occur.

    From the threshold on an image's probability of the positive class makes it count as positive.
    """
    called = (probabilities >= threshold).astype(int)
    return {
        "auc": float(roc_auc_score(labels, probabilities)),
        "average_precision": float(average_precision_score(labels, probabilities)),
        "accuracy": float(accuracy_score(labels, called)),
        "balanced_accuracy": float(balanced_accuracy_score(labels, called)),
        "sensitivity": float(recall_score(labels, called)),
        "specificity": float(recall_score(labels, called, pos_label=0)),
        "f1": float(f1_score(labels, called, zero_division=0.0)),
    }


def choose_threshold(labels: Labels, probabilities: Probabilities) -> float:
    """Returns the threshold with the largest sum of sensitivity and specificity (Youden 1950).

    It lies halfway between the two neighboring probabilities that it parts.
    """
    false_positives, true_positives, thresholds = roc_curve(labels, probabilities, drop_intermediate=False)
    best = int(np.argmax(true_positives - false_positives))
    above = float(thresholds[best])
    if best == 0:  # nothing counts as positive: "infinity" in scikit-learn
        return float(np.nextafter(np.max(probabilities), np.inf))
    return (above + float(thresholds[best + 1])) / 2 if best + 1 < len(thresholds) else above


class Bin(NamedTuple):
    """Images whose probabilities are alike."""

    probability: float  # their mean
    share: float  # of positive images among them
    images: int


class Calibrated(NamedTuple):
    """How far probabilities are from shares."""

    brier: float  # Brier 1950
    expected_calibration_error: float  # Naeini et al. 2015, with ten bins of equal width
    bins: list[Bin]  # those that are not empty


def compute_calibration(labels: Labels, probabilities: Probabilities) -> Calibrated:
    """Returns how far the probabilities are from shares."""
    bin_of = np.minimum((probabilities * _BINS).astype(int), _BINS - 1)
    masks = [bin_of == index for index in range(_BINS) if (bin_of == index).any()]
    bins = [Bin(float(probabilities[mask].mean()), float(labels[mask].mean()), int(mask.sum())) for mask in masks]
    error = sum(part.images * abs(part.probability - part.share) for part in bins) / len(labels)
    return Calibrated(float(brier_score_loss(labels, probabilities)), float(error), bins)
