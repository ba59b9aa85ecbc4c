"""Intervals and tests against SciPy's, against simulation and against definitions written out."""

from itertools import combinations

import hypothesis
import numpy as np
import pytest
import scipy.stats
from hypothesis import strategies as st

from dcgan_jax.trial.statistics import Estimate, Part, adjust_for_number, compute_freedom, create_estimate
from tests.trial.simulation import GENERATOR_SHARES, simulate

DIFFERENCES = np.array([0.02, -0.01, 0.04, 0.03, 0.0, 0.05])


def of_patients(values):
    """The estimate of a mean over patients alone, one group each."""
    left_out = np.array([np.delete(values, index).mean() for index in range(len(values))])
    return create_estimate(np.array([[values.mean()]]), left_out)


def of_seeds(values):
    """The estimate of a mean over classifier seeds alone, with patients who are all alike."""
    return create_estimate(np.asarray(values)[:, None], np.full(20, np.mean(values)))


@pytest.mark.parametrize("create", [of_patients, of_seeds])
def test_with_one_source_of_chance_it_is_students_paired_test(create):
    other = np.array([0.9, 0.8, 0.85, 0.7, 0.95, 0.9])
    expected = scipy.stats.ttest_rel(other + DIFFERENCES, other)
    found = create(DIFFERENCES)
    assert found.p_value() == pytest.approx(expected.pvalue)
    assert found.interval() == pytest.approx(tuple(expected.confidence_interval(0.95)))


def test_equivalence_is_two_one_sided_tests():
    margin = 0.06
    above = scipy.stats.ttest_1samp(DIFFERENCES, -margin, alternative="greater").pvalue
    below = scipy.stats.ttest_1samp(DIFFERENCES, margin, alternative="less").pvalue
    assert of_patients(DIFFERENCES).p_equivalence(margin) == pytest.approx(max(above, below))


def test_equivalence_agrees_with_the_90_percent_interval():
    """TOST rejects at 0.05 exactly where that interval lies within the margin."""
    found = of_patients(DIFFERENCES)
    reach = max(abs(end) for end in found.interval(0.90))
    assert found.p_equivalence(reach * 1.001) < 0.05 < found.p_equivalence(reach * 0.999)


@pytest.mark.parametrize("level", [0.95, 1 - 0.05 / 14])
@pytest.mark.parametrize("seeds", [3, 4, 20])
def test_the_smallest_detectable_difference_is_found_with_its_power(seeds, level):
    """In four of five simulated experiments, by SciPy's one-sample t test."""
    error = 0.01
    shift = Estimate(mean=0.0, error=error, freedom=seeds - 1).smallest_detectable(level)
    drawn = np.random.default_rng(0).normal(shift, error * seeds**0.5, (20_000, seeds))
    found = scipy.stats.ttest_1samp(drawn, 0, axis=1).pvalue < 1 - level
    assert found.mean() == pytest.approx(0.8, abs=0.015)


def test_intervals_hold_what_they_promise():
    """95 of 100 intervals contain the true mean, with chance from classifiers, generators and patients at once."""
    rng, trials, groups = np.random.default_rng(0), 3000, 20
    hits = 0
    for _ in range(trials):
        classifiers, generators = rng.normal(0, 1, (5, 1)), rng.normal(0, 1, (1, 4))
        patients = rng.normal(0, 2, groups)
        table = 0.3 + classifiers + generators + rng.normal(0, 0.5, (5, 4)) + patients.mean()
        left_out = table.mean() - patients.mean() + (patients.sum() - patients) / (groups - 1)
        low, high = create_estimate(table, left_out).interval()
        hits += low <= 0.3 <= high
    assert 0.94 <= hits / trials <= 0.98


@pytest.mark.parametrize(("name", "share"), GENERATOR_SHARES.items())
def test_true_nulls_are_rejected_as_often_as_promised(name, share):
    """5% of them; with four generators, however much these differ. See `python -m tests.trial.simulation`."""
    errors = simulate(generators=4, share=share, trials=800)
    assert 0.03 <= errors.difference <= 0.07
    assert 0.03 <= errors.equivalence <= 0.07


def test_with_two_generators_true_nulls_are_rejected_no_more_often():
    """By Satterthwaite's degrees of freedom 11% were, where generators differ most."""
    assert simulate(generators=2, share=GENERATOR_SHARES["dominant"], trials=800).difference <= 0.065


def test_degrees_of_freedom_by_hand():
    """Satterthwaite: 3 ** 2 / (1 / 19 + 4 / 4). Cochran: (1 * 2.0930 + 2 * 12.7062) / 3, the t of 1.2 degrees."""
    assert compute_freedom([Part(1.0, 19), Part(2.0, 4)]) == pytest.approx(8.55)
    freedom = compute_freedom([Part(1.0, 19), Part(2.0, 1)])
    assert scipy.stats.t.ppf(0.975, freedom) == pytest.approx((2.0930 + 2 * 12.7062) / 3, abs=1e-3)


def test_without_any_variation_nothing_is_known():
    """Nothing: arms that are right about every patient are not shown to be the same on others."""
    assert of_seeds([0.1, 0.1]).p_value() == 1.0
    assert of_seeds([0.0, 0.0]).p_value() == 1.0
    assert of_seeds([0.0, 0.0]).p_equivalence(0.01) == 1.0
    assert of_seeds([0.0, 0.0]).smallest_detectable() is None


def test_holm_by_hand():
    """0.01 * 3, then 0.02 * 2, then 0.5 * 1; the second of equal p-values is not below the first."""
    assert adjust_for_number([0.5, 0.01, 0.02]) == pytest.approx([0.5, 0.03, 0.04])
    assert adjust_for_number([0.03, 0.03]) == pytest.approx([0.06, 0.06])
    assert adjust_for_number([]) == []


@hypothesis.given(st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_holm_is_the_closed_test_of_bonferroni(p_values):
    """A comparison's adjusted p-value is the largest Bonferroni p-value of all groups that it belongs to."""
    members = range(len(p_values))
    groups = [group for size in range(1, len(p_values) + 1) for group in combinations(members, size)]

    def bonferroni(group):
        return min(1.0, len(group) * min(p_values[index] for index in group))

    expected = [max(bonferroni(group) for group in groups if index in group) for index in members]
    assert adjust_for_number(p_values) == pytest.approx(expected)
