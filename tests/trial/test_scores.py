"""Scores of a classifier, worked out by hand."""

import numpy as np
import pytest

from dcgan_jax.trial.scores import METRICS, choose_threshold, compute_calibration, compute_scores

LABELS = np.array([0, 0, 0, 0, 1, 1])
PROBABILITIES = np.array([0.1, 0.2, 0.35, 0.8, 0.3, 0.9])


def test_scores_by_hand():
    """At 0.3 two of four negatives and both positives are called positive; 6 of 8 pairs are in order."""
    scores = compute_scores(LABELS, PROBABILITIES, 0.3)
    expected = {
        "auc": 6 / 8,
        "average_precision": 1 / 2 * 1 + 1 / 2 * 2 / 4,
        "accuracy": 4 / 6,
        "balanced_accuracy": (1 + 1 / 2) / 2,
        "sensitivity": 1.0,
        "specificity": 1 / 2,
        "f1": 2 * (1 / 2) * 1 / (1 / 2 + 1),
    }
    assert set(scores) == set(METRICS)
    assert scores == pytest.approx(expected)


def test_nothing_called_positive_is_no_error():
    assert compute_scores(LABELS, PROBABILITIES, 1.0)["f1"] == 0


def test_the_threshold_lies_between_what_it_parts():
    labels, probabilities = np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.6, 0.7])
    assert choose_threshold(labels, probabilities) == pytest.approx(0.5)


def test_the_threshold_of_probabilities_in_the_wrong_order_calls_nothing_or_all():
    threshold = choose_threshold(np.array([1, 0]), np.array([0.2, 0.7]))
    assert threshold > 0.7 or threshold <= 0.2


def test_calibration_by_hand():
    """Bins [0.2, 0.3) and [0.9, 1]: |0.25 - 0.5| over two images and |0.95 - 1| over two."""
    found = compute_calibration(np.array([0, 1, 1, 1]), np.array([0.25, 0.25, 0.9, 1.0]))
    assert found.expected_calibration_error == pytest.approx((2 * 0.25 + 2 * 0.05) / 4)
    assert found.brier == pytest.approx((0.25**2 + 0.75**2 + 0.1**2 + 0) / 4)
    assert [(part.share, part.images) for part in found.bins] == [(0.5, 2), (1.0, 2)]
