"""From the test probabilities of all classifiers to the tables of a trial: scores, summaries, comparisons."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from dcgan_jax.metrics.intervals import GROUPS, assign_groups
from dcgan_jax.trial.arms import COPIES, REFERENCE, Arm, Unit
from dcgan_jax.trial.record import Analysis, Comparison, Metric, OverCopies, Summary
from dcgan_jax.trial.scores import METRICS, compute_scores
from dcgan_jax.trial.statistics import Estimate, adjust_for_number, create_estimate
from dcgan_jax.trial.variance_sources import count_independent
from dcgan_jax.trial.verdict import LEVEL, SAME_CLASSIFIERS, describe_difference, describe_over_copies

PRIMARY_METRIC: Metric = "auc"
_SEED = 0

Table = Float[np.ndarray, "classifier generator"]


class Prediction(NamedTuple):
    """What one classifier says of the test images: probabilities of the positive class, and where it draws the line."""

    probabilities: Float[np.ndarray, " image"]
    threshold: float


@dataclass(frozen=True)
class Measured:
    """The scores of one classifier."""

    whole: dict[Metric, float]  # by metric, on all test images
    left_out: dict[Metric, Float[np.ndarray, " group"]]  # by metric, without each group of patients in turn


@dataclass(frozen=True)
class TrialTest:
    """What is known of the test images."""

    labels: Int[np.ndarray, " image"]  # 1 for the positive class and 0 for the others
    # Of patients, for the jackknife; whole patients together, and every class without any one group is there.
    groups: Int[np.ndarray, " image"]

    def take(self, mask: Bool[np.ndarray, " image"]) -> "TrialTest":
        """Returns the images in a mask."""
        return TrialTest(self.labels[mask], self.groups[mask])

    def has_enough_patients(self) -> bool:
        """Returns whether both classes are there without any one group of patients."""
        return all(len(np.unique(self.groups[self.labels == label])) > 1 for label in (0, 1))


def group_test_images(labels: Sequence[str], patients: Sequence[str], positive: str) -> TrialTest:
    """Returns the test images of these classes and patients; the patients of each class are divided into groups.

    Who is in two classes has one group. The other patients of the second class go into groups that it does not have
    yet, so that no group is all of a class.
    """
    names, owners = np.asarray(labels), np.asarray(patients)
    group_of: dict[str, int] = {}
    for label in sorted(np.unique(names), key=lambda label: len(np.unique(owners[names == label]))):
        own = set(owners[names == label].tolist())
        taken = {group_of[owner] for owner in own if owner in group_of}
        free = [group for group in range(GROUPS) if group not in taken] or list(range(GROUPS))
        new = sorted(own - group_of.keys())
        found = assign_groups(new, len(free), np.random.default_rng(_SEED))
        group_of |= {owner: free[group] for owner, group in zip(new, found.tolist(), strict=True)}
    return TrialTest((names == positive).astype(int), np.array([group_of[owner] for owner in owners.tolist()]))


def measure(prediction: Prediction, images: TrialTest) -> Measured:
    """Returns the scores of a classifier, and how they change without some of the patients."""
    rows = [
        compute_scores(images.labels[kept], prediction.probabilities[kept], prediction.threshold)
        for kept in [images.groups != group for group in np.unique(images.groups)]
    ]
    return Measured(
        compute_scores(images.labels, prediction.probabilities, prediction.threshold),
        {metric: np.array([row[metric] for row in rows]) for metric in METRICS},
    )


def analyze(
    measured: Mapping[Unit, Measured],
    arms: Sequence[Arm],
    margin: float,
    generators: Mapping[Arm, Sequence[int]],
    repeating: Collection[Arm] = (),
) -> Analysis:
    """Returns each arm's scores with intervals, each arm less the reference, and some less copies (`OverCopies`).

    Args:
      measured: the scores of every classifier; each arm has all pairs of classifier and generator seeds.
      arms: all of them, the reference of each fraction included.
      margin: differences of the primary endpoint within it count as none.
      generators: by arm, how many made the synthetic images of each class of it; 0: they are of one folder.
      repeating: those that train the very classifiers of the reference: no hypothesis is tested with them.
    """
    comparisons = []
    primary = choose_primary(arms)
    tables = {arm: _Tables(measured, arm, count_independent(generators[arm])) for arm in arms}
    for metric in METRICS:
        rows = [
            (arm, _compare(tables[arm], tables[Arm(REFERENCE, 0.0, arm.fraction)], metric))
            for arm in arms
            if arm.name != REFERENCE
        ]
        tested = {arm: estimate.p_value() for arm, estimate in rows if arm not in repeating}
        adjusted = dict(zip(tested, adjust_for_number(list(tested.values())), strict=True))
        for arm, estimate in rows:
            own_margin = margin if arm == primary and metric == PRIMARY_METRIC else None
            comparison = _describe(arm, metric, estimate, adjusted.get(arm, 1.0), max(len(tested), 1), own_margin)
            verdict = describe_difference(comparison, own_margin, min(generators[arm], default=None))
            if arm in repeating:
                verdict = SAME_CLASSIFIERS
            comparisons.append(comparison.model_copy(update={"verdict": verdict}))
    summaries = [_summarize(tables[arm], arm, metric) for arm in arms for metric in METRICS]
    return Analysis(
        summaries=tuple(summaries), comparisons=tuple(comparisons), over_copies=_compare_with_copies(tables, generators)
    )


def choose_primary(arms: Sequence[Arm]) -> Arm | None:
    """Returns the arm of the primary endpoint: `synthetic`, else the first one, at the first ratio and fraction.

    The order in `trial.ratios` and `trial.fractions` declares it before anything is trained.
    """
    compared = [arm for arm in arms if arm.name != REFERENCE]
    return next((arm for arm in compared if arm.name == "synthetic"), compared[0] if compared else None)


class _Tables:
    """The scores of an arm: by classifier and generator, and without each group of patients.

    Seeds that draw from one generator are averaged: they say nothing of another one.
    """

    def __init__(self, measured: Mapping[Unit, Measured], arm: Arm, independent: int):
        own = {(unit.seed, unit.generator_seed): scores for unit, scores in measured.items() if unit.arm == arm}
        seeds, draws = (sorted({key[place] for key in own}) for place in (0, 1))
        groups = [[draw for draw in draws if draw % independent == place] for place in range(independent)]
        groups = [group for group in groups if group] if independent else [[draw] for draw in draws]
        self._cells = [[[own[seed, draw] for draw in group] for group in groups] for seed in seeds]

    def whole(self, metric: Metric) -> Table:
        """Returns the scores on all test images."""
        return np.array([[np.mean([one.whole[metric] for one in cell]) for cell in row] for row in self._cells])

    def left_out(self, metric: Metric) -> Float[np.ndarray, " group"]:
        """Returns the mean score without each group of patients."""
        cells = [np.mean([one.left_out[metric] for one in cell], axis=0) for row in self._cells for cell in row]
        return np.mean(cells, axis=0)


def _summarize(tables: _Tables, arm: Arm, metric: Metric) -> Summary:
    estimate = create_estimate(tables.whole(metric), tables.left_out(metric))
    low, high = (float(np.clip(end, 0.0, 1.0)) for end in estimate.interval())  # every score is a share
    return Summary(**arm.columns, metric=metric, value=estimate.mean, interval=(low, high))


def _compare(tables: _Tables, reference: _Tables, metric: Metric) -> Estimate:
    """Returns the difference to the reference, classifier seed by classifier seed and on the same patients."""
    difference = tables.whole(metric) - reference.whole(metric)
    return create_estimate(difference, tables.left_out(metric) - reference.left_out(metric))


def _compare_with_copies(
    tables: Mapping[Arm, _Tables], generators: Mapping[Arm, Sequence[int]]
) -> tuple[OverCopies, ...]:
    """Returns each arm that differs from `duplicated` in what it adds alone, less that arm, in the primary metric."""
    estimates = {
        arm: _compare(tables[arm], tables[copies], PRIMARY_METRIC)
        for arm in tables
        if arm.kind.added == "of_one_class"
        and not arm.kind.is_augmented
        and (copies := Arm(COPIES, arm.ratio, arm.fraction)) in tables
    }
    adjusted = adjust_for_number([estimate.p_value() for estimate in estimates.values()])
    rows = []
    for (arm, estimate), p_adjusted in zip(estimates.items(), adjusted, strict=True):
        row = OverCopies(
            **arm.columns,
            difference=estimate.mean,
            interval=estimate.interval(),
            p_value=estimate.p_value(),
            p_adjusted=p_adjusted,
            verdict="",
        )
        verdict = describe_over_copies(row, min(generators[arm], default=None))
        rows.append(row.model_copy(update={"verdict": verdict}))
    return tuple(rows)


def _describe(
    arm: Arm, metric: Metric, estimate: Estimate, p_adjusted: float, number: int, margin: float | None
) -> Comparison:
    """Returns a comparison; only the primary one, which has a margin, is tested on its own and for equivalence.

    The others are tested together. What those could have shown is said at Bonferroni's level, which Holm's never falls
    below.
    """
    is_primary = margin is not None
    level = LEVEL if is_primary else LEVEL / number
    return Comparison(
        **arm.columns,
        metric=metric,
        difference=estimate.mean,
        interval=estimate.interval(),
        p_value=estimate.p_value(),
        p_adjusted=p_adjusted,
        p_equivalence=None if margin is None else estimate.p_equivalence(margin),
        smallest_detectable=estimate.smallest_detectable(1 - level),
        primary=is_primary,
        verdict="",
    )
