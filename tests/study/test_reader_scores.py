import math

import numpy as np
import pytest
from sklearn.metrics import auc
from statsmodels.stats.proportion import proportion_confint

from dcgan_jax.study.reader_scores import compute_auc, compute_share, compute_signal_detection, trace_roc


@pytest.mark.parametrize(("right", "count"), [(0, 7), (7, 7), (1, 3), (140, 200), (55, 100)])
def test_wilsons_interval_is_that_of_statsmodels(right, count):
    share = compute_share(np.arange(count) < right)
    assert share.share == right / count
    assert (share.low, share.high) == pytest.approx(proportion_confint(right, count, method="wilson"), abs=1e-12)


def test_a_share_of_nothing():
    assert math.isnan(compute_share(np.zeros(0, bool)).share)


def test_signal_detection_by_hand():
    """84.13% hits and 15.87% false alarms are one standard deviation either way: d' = 2, no leaning."""
    truth = np.repeat([True, False], 9999)
    said = np.concatenate([np.arange(9999) < 8413, np.arange(9999) < 1587])
    result = compute_signal_detection(said, truth, is_pairs=False)
    assert result.d_prime == pytest.approx(2, abs=1e-3)
    assert result.criterion == pytest.approx(0, abs=1e-3)
    assert compute_signal_detection(said, truth, is_pairs=True).d_prime == pytest.approx(math.sqrt(2), abs=1e-3)


def test_who_always_says_the_same_has_no_distance_but_a_leaning():
    truth = np.repeat([True, False], 50)
    result = compute_signal_detection(np.ones(100, bool), truth, is_pairs=False)
    assert result.d_prime == pytest.approx(0)
    assert result.criterion < -2


def test_the_curve_has_the_area():
    rng = np.random.default_rng(0)
    truth = np.arange(60) < 30
    ratings = rng.integers(-5, 6, 60) + 2.0 * truth
    assert auc(*trace_roc(ratings, truth)) == pytest.approx(compute_auc(ratings, truth).share)


def test_there_is_no_area_with_one_kind():
    assert math.isnan(compute_auc(np.arange(3.0), np.ones(3, bool)).share)
