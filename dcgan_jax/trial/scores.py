"""What a classifier's probabilities are worth: scikit-learn's scores, a threshold, calibration."""

from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int
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

METRICS = ("auc", "average_precision", "accuracy", "balanced_accuracy", "sensitivity", "specificity", "f1")
"""The first two look at the order of the probabilities only, the others at a threshold."""

_BINS = 10

Labels = Int[np.ndarray, " image"]
Probabilities = Float[np.ndarray, " image"]


def compute_scores(labels: Labels, probabilities: Probabilities, threshold: float) -> dict[str, float]:
    """Returns the scores of `METRICS`.

    Args:
      labels: 1 for the positive class and 0 for the others; both occur.
      probabilities: of the positive class.
      threshold: from here on an image counts as positive.
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

    It lies halfway between the two neighbouring probabilities that it parts.
    """
    false_positives, true_positives, thresholds = roc_curve(labels, probabilities, drop_intermediate=False)
    best = int(np.argmax(true_positives - false_positives))
    above = float(thresholds[best])
    if best == 0:  # nothing counts as positive: "infinity" in scikit-learn
        return float(np.nextafter(np.max(probabilities), np.inf))
    return (above + float(thresholds[best + 1])) / 2 if best + 1 < len(thresholds) else above


def compute_calibration(labels: Labels, probabilities: Probabilities) -> dict[str, Any]:
    """Returns how far the probabilities are from shares.

    Returns:
      `brier` (Brier 1950), `expected_calibration_error` (Naeini et al. 2015, ten bins of equal width), and `bins` with
      the mean probability, the share of positive images and the number of images of each that is not empty.
    """
    bin_of = np.minimum((probabilities * _BINS).astype(int), _BINS - 1)
    bins = [_describe_bin(labels, probabilities, bin_of == index) for index in range(_BINS) if (bin_of == index).any()]
    error = sum(part["images"] * abs(part["probability"] - part["share"]) for part in bins) / len(labels)
    return {
        "brier": float(brier_score_loss(labels, probabilities)),
        "expected_calibration_error": float(error),
        "bins": bins,
    }


def _describe_bin(labels: Labels, probabilities: Probabilities, mask: Bool[np.ndarray, " image"]) -> dict[str, Any]:
    return {
        "probability": float(probabilities[mask].mean()),
        "share": float(labels[mask].mean()),
        "images": int(mask.sum()),
    }
