"""Obuchowski and Rockette's analysis against published figures and against a jackknife by brute force."""

import math

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from dcgan_jax.study.multireader import Measured, combine, measure_accuracy, measure_auc
from tests.study.null_studies import rejection_rate
from tests.study.van_dyke import RATINGS, TRUTH

PUBLISHED_AUC = [
    [0.9196457, 0.8587762, 0.9038647, 0.9731079, 0.8297907],
    [0.9478261, 0.9053140, 0.9217391, 0.9993559, 0.9299517],
]
"""Empirical areas of each modality and reader, as the paper on MRMCaov prints them."""

PUBLISHED = [
    {"estimate": 0.8970370, "reader_mean_square": 0.003082629, "covariance": 0.0004775239}
    | {"standard_error": 0.03307642, "degrees_of_freedom": 12.59597, "interval": (0.8253461, 0.9687280)},
    {"estimate": 0.9408374, "reader_mean_square": 0.001304602, "covariance": 0.0002015292}
    | {"standard_error": 0.02150464, "degrees_of_freedom": 12.56530, "interval": (0.8942155, 0.9874592)},
]
"""The analysis of each modality by itself, covariances by DeLong, random readers and random cases: ibid."""


@pytest.mark.parametrize("modality", [0, 1])
def test_van_dyke_1993(modality):
    measured = measure_auc(RATINGS[:, :, modality], TRUTH)
    np.testing.assert_allclose(measured.estimates, PUBLISHED_AUC[modality], atol=5e-8)
    combined, published = combine(measured), PUBLISHED[modality]
    for name in ("estimate", "reader_mean_square", "covariance", "standard_error", "degrees_of_freedom"):
        assert getattr(combined, name) == pytest.approx(published[name], rel=1e-6), name
    assert combined.interval() == pytest.approx(published["interval"], rel=1e-6)


@pytest.mark.parametrize("modality", [0, 1])
def test_the_areas_are_scikit_learns(modality):
    ours = measure_auc(RATINGS[:, :, modality], TRUTH).estimates
    assert ours == pytest.approx([roc_auc_score(TRUTH, ratings) for ratings in RATINGS[:, :, modality]])


def test_delong_by_hand():
    """Two images of either kind, rated 3 and 1 against 2 and 0: wins 1, 1 | 0, 1, so the area is 3/4.

    Structural components: of the positive ones 1 and 1/2, of the negative ones 1/2 and 1; each has variance 1/8.
    """
    measured = measure_auc(np.array([[3.0, 1.0, 2.0, 0.0]]), np.array([True, True, False, False]))
    assert measured.estimates == pytest.approx([0.75])
    assert measured.covariance == pytest.approx(np.array([[1 / 16 + 1 / 16]]))


def test_balanced_accuracy_by_hand():
    """Of two images of one kind one is right, of three of the other two: (1/2 + 2/3) / 2."""
    correct = np.array([[True, False, True, True, False]])
    measured = measure_accuracy(correct, np.array([True, True, False, False, False]))
    assert measured.estimates == pytest.approx([7 / 12])
    assert measured.covariance == pytest.approx(np.array([[(1 / 2) / 2 / 4 + (1 / 3) / 3 / 4]]))


def test_covariances_resemble_those_of_a_jackknife():
    """The jackknife over patients estimates the same in another way: MRMCaov prints Cov2 = 0.000484 for it."""
    ratings, count = RATINGS[:, :, 0], len(TRUTH)
    left_out = np.array(
        [measure_auc(np.delete(ratings, i, axis=1), np.delete(TRUTH, i)).estimates for i in range(count)]
    )
    jackknife = np.cov(left_out.T) * (count - 1) ** 2 / count
    off_diagonal = ~np.eye(len(ratings), dtype=bool)
    assert jackknife[off_diagonal].mean() == pytest.approx(0.0004839618, rel=1e-6)
    assert measure_auc(ratings, TRUTH).covariance == pytest.approx(jackknife, rel=0.05, abs=1e-5)


def test_one_reader_has_the_error_of_the_images_alone():
    combined = combine(Measured(np.array([0.6]), np.array([[0.0025]]), 100))
    assert combined.standard_error == pytest.approx(0.05)
    assert combined.interval() == pytest.approx((0.6 - 1.959964 * 0.05, 0.6 + 1.959964 * 0.05))
    assert combined.p_value() == pytest.approx(0.0455, abs=1e-4)  # two standard errors from 0.5


def test_readers_who_agree_in_everything_are_one_reader():
    truth = np.repeat([True, False], 20)
    right = combine(measure_accuracy(np.ones((3, 40), bool), truth))
    assert right.estimate == 1
    assert right.interval() == pytest.approx((0.912, 1.0), abs=1e-3)  # Wilson's, of 40 of 40
    assert right.p_value() == pytest.approx(2 * 0.5**40)
    assert right.equivalence_p(0.1) == pytest.approx(1.0)


def test_equivalence_is_the_interval_of_90_percent_within_the_margin():
    combined = combine(measure_auc(RATINGS[:, :, 1], TRUTH))
    low, high = combined.interval(0.9)
    margin = max(high - 0.9, 0.9 - low)
    assert combined.equivalence_p(margin, null=0.9) == pytest.approx(0.05)
    assert combined.equivalence_p(margin * 1.1, null=0.9) < 0.05 < combined.equivalence_p(margin * 0.9, null=0.9)


def test_a_negative_covariance_counts_as_none():
    covariance = np.full((4, 4), -0.001) + 0.003 * np.eye(4)
    combined = combine(Measured(np.array([0.5, 0.6, 0.5, 0.6]), covariance, 100))
    assert combined.standard_error == pytest.approx(math.sqrt(combined.reader_mean_square / 4))
    assert combined.degrees_of_freedom == pytest.approx(3)


def test_readers_who_guess_are_seldom_called_able():
    """The whole campaign of 2,000 studies: `python -m tests.study.null_studies`."""
    assert 0.02 <= rejection_rate("accuracy", studies=400, readers=5, images=200, seed=3) <= 0.085
