"""The tables of a trial against values by hand, DeLong's test and a bootstrap over patients."""

import numpy as np
import pytest
import scipy.stats
from sklearn.metrics import roc_auc_score

from dcgan_jax.trial.analysis import Prediction, analyze, choose_primary, group_test_images, measure
from dcgan_jax.trial.arms import Arm, Unit
from dcgan_jax.trial.scores import METRICS, compute_scores
from dcgan_jax.trial.statistics import adjust_for_number
from dcgan_jax.trial.verdict import SAME_CLASSIFIERS

REAL, SYNTHETIC, WEIGHTED = Arm("real", 0.0, 1.0), Arm("synthetic", 1.0, 1.0), Arm("weighted", 0.0, 1.0)
COUNT = 400
GENERATORS = {REAL: [], SYNTHETIC: [2], WEIGHTED: []}


@pytest.fixture(scope="module")
def test_images():
    labels = ["A", "B"] * (COUNT // 2)
    return group_test_images(labels, [f"patient{index}" for index in range(COUNT)], "B")


def predict(test_images, quality, seed):
    """Probabilities whose order is right the more often the higher the quality."""
    common = np.random.default_rng(0).normal(size=COUNT)
    own = np.random.default_rng(seed + 1).normal(size=COUNT)
    return scipy.stats.norm.cdf(quality * test_images.labels - quality / 2 + 0.8 * common + 0.6 * own)


@pytest.fixture(scope="module")
def predictions(test_images):
    return {
        Unit(arm, seed, generator): Prediction(predict(test_images, quality, 100 * place + 10 * generator + seed), 0.5)
        for place, (arm, quality, generators) in enumerate([(REAL, 1.0, 1), (SYNTHETIC, 1.3, 2), (WEIGHTED, 1.0, 1)])
        for seed in range(4)
        for generator in range(generators)
    }


@pytest.fixture(scope="module")
def measured(test_images, predictions):
    return {unit: measure(prediction, test_images) for unit, prediction in predictions.items()}


@pytest.fixture(scope="module")
def analysis(measured):
    return analyze(measured, [REAL, SYNTHETIC, WEIGHTED], 0.01, GENERATORS)


def row_of(rows, arm, metric="auc"):
    return next(row for row in rows if row.arm == arm and row.metric == metric)


def test_groups_hold_whole_patients_and_every_class():
    labels, patients = ["A"] * 60 + ["B"] * 60, [f"{index // 3}" for index in range(120)]
    found = group_test_images(labels, patients, "B")
    assert found.labels.tolist() == [0] * 60 + [1] * 60
    for patient in set(patients):
        assert len({group for group, owner in zip(found.groups, patients, strict=True) if owner == patient}) == 1
    assert all(np.bincount(found.groups[found.labels == label]).min() == 3 for label in (0, 1))


@pytest.mark.parametrize("rare", ["A", "B"])
def test_no_group_is_all_of_a_class_whose_patients_are_in_another_one_too(rare):
    """Two patients have both classes, and twenty more have the other one alone."""
    other = "B" if rare == "A" else "A"
    labels = [rare, rare, other, other, *[other] * 20]
    found = group_test_images(labels, ["1", "2", "1", "2", *(f"{patient}" for patient in range(3, 23))], rare)
    assert found.has_enough_patients()
    assert found.groups[0] == found.groups[2] != found.groups[1] == found.groups[3]


def test_no_group_is_all_of_a_class_of_two_that_shares_one_patient():
    found = group_test_images(["A", "A", "B", "B"], ["1", "2", "2", "3"], "B")
    assert found.has_enough_patients()
    assert found.groups[1] == found.groups[2]


def test_a_class_of_one_patient_is_not_enough():
    two = group_test_images(["A", "A", "B", "B"], ["1", "2", "3", "4"], "B")
    assert two.has_enough_patients()
    assert not two.take(np.array([True, True, True, False])).has_enough_patients()
    assert not two.take(np.array([True, True, False, False])).has_enough_patients()


def test_a_difference_is_the_mean_over_paired_seeds(predictions, test_images, analysis):
    def area(arm, seed, generator):
        return roc_auc_score(test_images.labels, predictions[Unit(arm, seed, generator)].probabilities)

    pairs = [area(SYNTHETIC, seed, g) - area(REAL, seed, 0) for seed in range(4) for g in range(2)]
    row = row_of(analysis.comparisons, "synthetic")
    assert row.difference == pytest.approx(np.mean(pairs))
    assert row.interval[0] < row.difference < row.interval[1]


def test_summaries_are_means_over_all_classifiers(measured, analysis):
    row = row_of(analysis.summaries, "synthetic", "f1")
    own = [scores.whole["f1"] for unit, scores in measured.items() if unit.arm == SYNTHETIC]
    assert row.value == pytest.approx(np.mean(own))


def test_over_patients_alone_the_error_is_delongs(test_images):
    """DeLong, DeLong and Clarke-Pearson 1988: variances of the placement values of both classes, paired."""
    first, second = (predict(test_images, quality, seed) for quality, seed in ((1.3, 1), (1.0, 2)))
    predictions = {Unit(SYNTHETIC, 0, 0): Prediction(first, 0.5), Unit(REAL, 0, 0): Prediction(second, 0.5)}
    measured = {unit: measure(prediction, test_images) for unit, prediction in predictions.items()}
    row = row_of(analyze(measured, [REAL, SYNTHETIC], 0.01, GENERATORS).comparisons, "synthetic")

    is_positive = test_images.labels == 1
    placements = [(values[is_positive][:, None] > values[~is_positive]).astype(float) for values in (first, second)]
    difference = placements[0] - placements[1]
    variance = sum(np.var(difference.mean(axis=axis), ddof=1) / (COUNT / 2) for axis in (0, 1))
    reach = (row.interval[1] - row.interval[0]) / 2
    assert row.difference == pytest.approx(difference.mean())
    assert reach / scipy.stats.t.ppf(0.975, 19) == pytest.approx(variance**0.5, rel=0.3)


def test_over_patients_alone_errors_are_a_bootstraps(test_images):
    prediction = Prediction(predict(test_images, 1.0, 3), 0.5)
    measured = {Unit(REAL, 0, 0): measure(prediction, test_images)}
    summaries = analyze(measured, [REAL], 0.01, GENERATORS).summaries
    rng, drawn = np.random.default_rng(1), []
    for _ in range(150):
        rows = np.concatenate([rng.choice(np.flatnonzero(test_images.labels == label), COUNT // 2) for label in (0, 1)])
        drawn.append(compute_scores(test_images.labels[rows], prediction.probabilities[rows], 0.5))
    for metric in METRICS:
        low, high = row_of(summaries, "real", metric).interval
        error = (high - low) / 2 / scipy.stats.t.ppf(0.975, 19)
        assert error == pytest.approx(np.std([scores[metric] for scores in drawn]), rel=0.4)


def test_p_values_are_corrected_among_the_comparisons_of_a_metric(analysis):
    for metric in METRICS:
        rows = [row for row in analysis.comparisons if row.metric == metric]
        assert [row.p_adjusted for row in rows] == adjust_for_number([row.p_value for row in rows])


def test_an_arm_that_repeats_the_reference_counts_in_no_correction(measured, analysis):
    """Holm doubles the smaller of two p-values; the one that is tested alone stays as it is."""
    repeated = {
        Unit(WEIGHTED, unit.seed, unit.generator_seed): scores for unit, scores in measured.items() if unit.arm == REAL
    }
    found = analyze(measured | repeated, [REAL, SYNTHETIC, WEIGHTED], 0.01, GENERATORS, [WEIGHTED]).comparisons
    for metric in METRICS:
        synthetic, weighted = (row_of(found, arm, metric) for arm in ("synthetic", "weighted"))
        assert synthetic.p_adjusted == synthetic.p_value
        assert (weighted.difference, weighted.p_adjusted) == (0, 1)
        assert weighted.verdict == SAME_CLASSIFIERS
    counted = row_of(analysis.comparisons, "synthetic", "f1")
    assert row_of(found, "synthetic", "f1").smallest_detectable < counted.smallest_detectable


def test_only_the_primary_comparison_is_tested_for_equivalence(analysis):
    """Its margin is that of areas under the ROC curve, and means nothing for other metrics and arms."""
    rows = [row for row in analysis.comparisons if row.p_equivalence is not None]
    assert [(row.arm, row.metric) for row in rows] == [("synthetic", "auc")]
    assert not any("the same as" in row.verdict for row in analysis.comparisons if not row.primary)


def test_synthetic_images_are_compared_with_as_many_copies_of_the_same_fraction_too(test_images):
    """What is augmented besides differs from copies in more than what it adds."""
    compared = [Arm("synthetic", 1.0, 1.0), Arm("selected", 0.5, 1.0), Arm("synthetic", 1.0, 0.5)]
    copies = [Arm("duplicated", arm.ratio, arm.fraction) for arm in compared]
    arms = [REAL, Arm("real", 0.0, 0.5), *compared, *copies, Arm("both", 1.0, 1.0)]
    measured = {
        Unit(arm, seed, draw): measure(
            Prediction(predict(test_images, 1 + place / 9, 99 * place + 9 * draw + seed), 0.5), test_images
        )
        for place, arm in enumerate(arms)
        for seed in range(3)
        for draw in range(2 if arm.has_synthetic else 1)
    }
    rows = analyze(measured, arms, 0.01, {arm: [2] if arm.has_synthetic else [] for arm in arms}).over_copies
    assert [Arm(row.arm, row.ratio, row.fraction) for row in rows] == compared
    for row, arm, duplicated in zip(rows, compared, copies, strict=True):
        pairs = [
            measured[Unit(arm, seed, draw)].whole["auc"] - measured[Unit(duplicated, seed, 0)].whole["auc"]
            for seed in range(3)
            for draw in range(2)
        ]
        assert row.difference == pytest.approx(np.mean(pairs))
        assert "2 generators" in row.verdict
    smallest, middle, largest = sorted(rows, key=lambda row: row.p_value)  # Holm: times three, two and one
    assert smallest.p_adjusted == pytest.approx(min(3 * smallest.p_value, 1))
    assert middle.p_adjusted == pytest.approx(min(max(2 * middle.p_value, smallest.p_adjusted), 1))
    assert largest.p_adjusted == pytest.approx(max(largest.p_value, middle.p_adjusted))


def test_without_copies_there_is_nothing_to_compare_with(analysis):
    assert analysis.over_copies == ()


def test_what_could_be_shown_is_at_the_level_of_the_test(test_images):
    """Over patients alone there are 19 degrees of freedom; two comparisons of a metric share the level of 0.05."""
    predictions = {
        Unit(arm, 0, 0): Prediction(predict(test_images, quality, seed), 0.5)
        for arm, quality, seed in ((REAL, 1.0, 1), (SYNTHETIC, 1.3, 2), (WEIGHTED, 1.0, 3))
    }
    measured = {unit: measure(prediction, test_images) for unit, prediction in predictions.items()}
    rows = analyze(measured, [REAL, SYNTHETIC, WEIGHTED], 0.01, GENERATORS).comparisons
    for arm, metric, level in (("synthetic", "auc", 0.05), ("weighted", "auc", 0.025), ("synthetic", "f1", 0.025)):
        row = row_of(rows, arm, metric)
        error = (row.interval[1] - row.difference) / scipy.stats.t.ppf(0.975, 19)
        critical = scipy.stats.t.ppf(1 - level / 2, 19)
        power = scipy.stats.nct.sf(critical, 19, row.smallest_detectable / error)
        assert power == pytest.approx(0.8, abs=1e-6)


def test_one_comparison_is_primary(analysis):
    primary = [(row.arm, row.metric) for row in analysis.comparisons if row.primary]
    assert primary == [("synthetic", "auc")]


def test_the_primary_arm_is_declared_by_the_order_of_the_fields():
    further = Arm("synthetic", 0.5, 1.0)
    assert choose_primary([REAL, WEIGHTED, SYNTHETIC, further]) == SYNTHETIC
    assert choose_primary([REAL, WEIGHTED]) == WEIGHTED
    assert choose_primary([REAL]) is None


def test_draws_of_one_generator_count_once(measured):
    """Two generators that were drawn from twice give the interval of two generators, not of four."""
    drawn_once = {unit: own for unit, own in measured.items() if unit.arm != WEIGHTED}
    drawn_twice = drawn_once | {
        unit._replace(generator_seed=unit.generator_seed + 2): own
        for unit, own in drawn_once.items()
        if unit.arm == SYNTHETIC
    }
    once, twice = (
        row_of(analyze(drawn, [REAL, SYNTHETIC], 0.01, GENERATORS).comparisons, "synthetic")
        for drawn in (drawn_once, drawn_twice)
    )
    assert twice.interval == pytest.approx(once.interval)
    assert twice.verdict == once.verdict
    assert "2 generators made the synthetic images" in once.verdict
