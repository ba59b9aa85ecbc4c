"""From the test probabilities of all classifiers to the tables of a trial: scores, summaries, comparisons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from dcgan_jax.metrics.intervals import GROUPS, assign_groups
from dcgan_jax.trial.arms import REFERENCE, Arm, Unit
from dcgan_jax.trial.scores import METRICS, compute_scores
from dcgan_jax.trial.statistics import Estimate, adjust_for_number, create_estimate
from dcgan_jax.trial.verdict import LEVEL, describe_difference

PRIMARY_METRIC = "auc"
_SEED = 0

Table = Float[np.ndarray, "classifier generator"]


class Prediction(NamedTuple):
    """What one classifier says of the test images: probabilities of the positive class, and where it draws the line."""

    probabilities: Float[np.ndarray, " image"]
    threshold: float


@dataclass(frozen=True)
class Measured:
    """The scores of one classifier.

    Attributes:
      whole: by metric, on all test images.
      left_out: by metric, without each group of patients in turn.
    """

    whole: dict[str, float]
    left_out: dict[str, Float[np.ndarray, " group"]]


@dataclass(frozen=True)
class TrialTest:
    """What is known of the test images.

    Attributes:
      labels: 1 for the positive class and 0 for the others.
      groups: of patients, for the jackknife; whole patients together, and every class without any one group is there.
    """

    labels: Int[np.ndarray, " image"]
    groups: Int[np.ndarray, " image"]

    def take(self, mask: Bool[np.ndarray, " image"]) -> "TrialTest":
        """Returns the images in a mask."""
        return TrialTest(self.labels[mask], self.groups[mask])

    def has_enough_patients(self) -> bool:
        """Returns whether both classes are there without any one group of patients."""
        return all(len(np.unique(self.groups[self.labels == label])) > 1 for label in (0, 1))


def group_test_images(labels: Sequence[str], patients: Sequence[str], positive: str) -> TrialTest:
    """Divides the patients of each class into the jackknife's groups.

    Args:
      labels: the class of each test image.
      patients: whose each is.
      positive: the class to be recognised.
    """
    names, owners = np.asarray(labels), np.asarray(patients)
    groups = np.zeros(len(names), int)
    for label in np.unique(names):
        mask = names == label
        groups[mask] = assign_groups(owners[mask], GROUPS, np.random.default_rng(_SEED))
    return TrialTest((names == positive).astype(int), groups)


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


def analyse(measured: Mapping[Unit, Measured], arms: Sequence[Arm], margin: float) -> dict[str, list[dict[str, Any]]]:
    """Returns `summaries` (each arm's scores with intervals) and `comparisons` (each arm less the reference).

    Args:
      measured: the scores of every classifier; each arm has all pairs of classifier and generator seeds.
      arms: all of them, the reference of each fraction included.
      margin: differences of the primary endpoint within it count as none.
    """
    comparisons = []
    primary = choose_primary(arms)
    for metric in METRICS:
        rows = [(arm, _compare(measured, arm, metric)) for arm in arms if arm.name != REFERENCE]
        adjusted = adjust_for_number([estimate.p_value() for _, estimate in rows])
        for (arm, estimate), p_adjusted in zip(rows, adjusted, strict=True):
            is_primary = arm == primary and metric == PRIMARY_METRIC
            comparisons.append(_describe(arm, metric, estimate, p_adjusted, len(rows), margin if is_primary else None))
    summaries = [_summarise(measured, arm, metric) for arm in arms for metric in METRICS]
    return {"summaries": summaries, "comparisons": comparisons}


def choose_primary(arms: Sequence[Arm]) -> Arm | None:
    """Returns the arm of the primary endpoint: `synthetic`, else the first one, at the first ratio and fraction.

    The order in `trial.ratios` and `trial.fractions` declares it before anything is trained.
    """
    compared = [arm for arm in arms if arm.name != REFERENCE]
    return next((arm for arm in compared if arm.name == "synthetic"), compared[0] if compared else None)


def _summarise(measured: Mapping[Unit, Measured], arm: Arm, metric: str) -> dict[str, Any]:
    estimate = create_estimate(_table(measured, arm, metric), _left_out(measured, arm, metric))
    interval = [float(np.clip(end, 0.0, 1.0)) for end in estimate.interval()]  # every score is a share
    return {**_name(arm), "metric": metric, "value": estimate.mean, "interval": interval}


def _compare(measured: Mapping[Unit, Measured], arm: Arm, metric: str) -> Estimate:
    """Returns the difference to the reference, classifier seed by classifier seed and on the same patients."""
    reference = Arm(REFERENCE, 0.0, arm.fraction)
    difference = _table(measured, arm, metric) - _table(measured, reference, metric)
    return create_estimate(difference, _left_out(measured, arm, metric) - _left_out(measured, reference, metric))


def _table(measured: Mapping[Unit, Measured], arm: Arm, metric: str) -> Table:
    own = {
        (unit.seed, unit.generator_seed): scores.whole[metric] for unit, scores in measured.items() if unit.arm == arm
    }
    seeds, generators = ({key[place] for key in own} for place in (0, 1))
    return np.array([[own[seed, generator] for generator in sorted(generators)] for seed in sorted(seeds)])


def _left_out(measured: Mapping[Unit, Measured], arm: Arm, metric: str) -> Float[np.ndarray, " group"]:
    return np.mean([scores.left_out[metric] for unit, scores in measured.items() if unit.arm == arm], axis=0)


def _describe(
    arm: Arm, metric: str, estimate: Estimate, p_adjusted: float, number: int, margin: float | None
) -> dict[str, Any]:
    """Returns a comparison's row; only the primary one, which has a margin, is tested on its own and for equivalence.

    The others are tested together. What those could have shown is said at Bonferroni's level, which Holm's never falls
    below.
    """
    is_primary = margin is not None
    level = LEVEL if is_primary else LEVEL / number
    record = {
        **_name(arm),
        "metric": metric,
        "difference": estimate.mean,
        "interval": list(estimate.interval()),
        "p_value": estimate.p_value(),
        "p_adjusted": p_adjusted,
        "p_equivalence": estimate.p_equivalence(margin) if margin is not None else None,
        "smallest_detectable": estimate.smallest_detectable(1 - level),
        "primary": is_primary,
    }
    return record | {"verdict": describe_difference(record, margin)}


def _name(arm: Arm) -> dict[str, Any]:
    return {"arm": arm.name, "ratio": arm.ratio, "fraction": arm.fraction}
