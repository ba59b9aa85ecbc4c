"""The end of a trial: the test images are looked at, and trial.json, report.md and the figures written."""

import io
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import jax
import numpy as np
from jaxtyping import Float, PyTree

from dcgan_jax.data.prepared import Example
from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.storage import atomic_file
from dcgan_jax.trial.analysis import Measured, Prediction, TrialTest, analyze, group_test_images, measure
from dcgan_jax.trial.arms import Arm, Unit, repeats_reference
from dcgan_jax.trial.figures import ArmResults, draw_figures
from dcgan_jax.trial.plan_record import Plan
from dcgan_jax.trial.record import (
    RECORD,
    Analysis,
    Calibration,
    GeneratorCount,
    ImageCounts,
    PrimaryComparison,
    Scored,
    SplitCounts,
    TrainingCounts,
    TrialRecord,
    TwoSampleTest,
)
from dcgan_jax.trial.report import describe_endpoint, describe_trial
from dcgan_jax.trial.scores import Calibrated, compute_calibration
from dcgan_jax.trial.splits import TrialSplit
from dcgan_jax.trial.store import Trained
from dcgan_jax.trial.variance_sources import generators_by_arm
from dcgan_jax.version import collect_versions

REPORT = "report.md"
PREDICTIONS = "test_predictions.npz"
_PACKAGES = ("jax", "jaxlib", "flax", "optax", "numpy", "scikit-learn")

Predict = Callable[[PyTree], Float[np.ndarray, " image"]]
"""Weights -> probabilities of the test images."""


@dataclass(frozen=True)
class Known:
    """What is known of a trial before its test images are looked at."""

    plan: Plan
    arms: Sequence[Arm]
    split: TrialSplit  # its real images
    margin: float  # of equivalence
    notes: Sequence[str]  # what a reader should know about data and generators
    variance_sources: str  # the sentence on what intervals are over
    generators: Sequence[GeneratorCount]  # of each class and fraction
    two_sample_test: TwoSampleTest | None  # whether synthetic images can be told from real ones
    started: float  # when this start of the trial began, by the monotonic clock


def write_results(known: Known, trained: Mapping[Unit, Trained], predict: Predict, workdir: Workdir) -> str:
    """Writes everything that a finished trial leaves, the record last; returns the sentence on the primary endpoint."""
    split = known.split
    predictions = {unit: Prediction(predict(own.params), own.threshold) for unit, own in trained.items()}
    labels, patients = ([getattr(example, name) for example in split.test] for name in ("label", "patient"))
    test = group_test_images(labels, patients, known.plan.positive)
    measured = {unit: measure(prediction, test) for unit, prediction in predictions.items()}
    calibrated = {arm: _calibrate(arm, predictions, test) for arm in known.arms}
    arms = tuple(_describe_unit(unit, trained[unit], measured[unit]) for unit in trained)
    record = _create_record(
        known, _analyze(known, measured), _analyze_again(known, predictions, test), arms, calibrated
    )
    results = [
        ArmResults(
            arm,
            [predictions[unit].probabilities for unit in trained if unit.arm == arm],
            [trained[unit].curve for unit in trained if unit.arm == arm],
            calibrated[arm].bins,
        )
        for arm in known.arms
    ]
    workdir.figures.mkdir(exist_ok=True)
    figures = draw_figures(record, results, test.labels, known.margin, workdir.figures)
    _save_predictions(workdir.root / PREDICTIONS, split, predictions)
    paths = [path.relative_to(workdir.root).as_posix() for path in figures]
    atomic_file.write_text(workdir.root / REPORT, describe_trial(record, paths))
    record.write(workdir.root / RECORD)
    return record.primary.verdict if record.primary else "Nothing was compared."


def _create_record(
    known: Known,
    analysis: Analysis,
    without_ambiguous: Analysis | None,
    arms: tuple[Scored, ...],
    calibrated: Mapping[Arm, Calibrated],
) -> TrialRecord:
    plan = known.plan
    primary = next((row for row in analysis.comparisons if row.primary), None)
    return TrialRecord(
        primary=PrimaryComparison(endpoint=describe_endpoint(plan), **primary.model_dump()) if primary else None,
        notes=tuple(known.notes),
        variance_sources=known.variance_sources,
        generators=tuple(known.generators),
        plan=plan,
        positive=plan.positive,
        negative=tuple(label for label in known.split.labels if label != plan.positive),
        test_split=plan.test_split,
        synthetic_from=plan.synthetic.place if plan.synthetic else "none",
        steps=plan.classifier.steps,
        splits=_count_splits(known.split),
        arms=arms,
        summaries=analysis.summaries,
        comparisons=analysis.comparisons,
        over_copies=analysis.over_copies,
        without_ambiguous=without_ambiguous,
        two_sample_test=known.two_sample_test,
        calibration=tuple(
            Calibration(**arm.columns, brier=found.brier, expected_calibration_error=found.expected_calibration_error)
            for arm, found in calibrated.items()
        ),
        seconds=time.monotonic() - known.started,
        devices=tuple(device.device_kind for device in jax.devices()),
        versions=collect_versions(*_PACKAGES),
    )


def _analyze(known: Known, measured: Mapping[Unit, Measured]) -> Analysis:
    generators = generators_by_arm(known.arms, known.generators, known.plan.label, known.split.labels)
    training = known.split.training
    repeating = [
        arm
        for arm in known.arms
        if repeats_reference(arm, [example.label for example in training[arm.fraction]], known.plan.positive)
    ]
    return analyze(measured, known.arms, known.margin, generators, repeating)


def _analyze_again(known: Known, predictions: Mapping[Unit, Prediction], test: TrialTest) -> Analysis | None:
    """Returns the analysis without ambiguous patients, where there are any and both classes have enough others."""
    kept = np.array([example not in known.split.ambiguous for example in known.split.test])
    rest = test.take(kept)
    if kept.all() or not rest.has_enough_patients():
        return None
    measured = {
        unit: measure(Prediction(prediction.probabilities[kept], prediction.threshold), rest)
        for unit, prediction in predictions.items()
    }
    return _analyze(known, measured)


def _count_splits(split: TrialSplit) -> SplitCounts:
    return SplitCounts(
        training=tuple(
            TrainingCounts(fraction=fraction, **_count(examples).model_dump())
            for fraction, examples in split.training.items()
        ),
        validation=_count(split.validation),
        test=_count(split.test),
        ambiguous=_count(tuple(split.ambiguous)),
    )


def _count(examples: Sequence[Example]) -> ImageCounts:
    classes = Counter(example.label for example in examples)
    patients = {example.patient for example in examples}
    return ImageCounts(images=len(examples), patients=len(patients), classes=dict(sorted(classes.items())))


def _describe_unit(unit: Unit, trained: Trained, measured: Measured) -> Scored:
    return Scored(
        name=unit.arm.name,
        ratio=unit.arm.ratio,
        fraction=unit.arm.fraction,
        seed=unit.seed,
        generator_seed=unit.generator_seed,
        threshold=trained.threshold,
        step=trained.step,
        num_real=trained.num_real,
        num_added=trained.num_added,
        **measured.whole,
    )


def _calibrate(arm: Arm, predictions: Mapping[Unit, Prediction], test: TrialTest) -> Calibrated:
    """Returns the calibration of an arm, over the probabilities of all its classifiers."""
    own = [prediction.probabilities for unit, prediction in predictions.items() if unit.arm == arm]
    return compute_calibration(np.tile(test.labels, len(own)), np.concatenate(own))


def _save_predictions(path: Path, split: TrialSplit, predictions: Mapping[Unit, Prediction]) -> None:
    """Writes the probabilities of all test images, so that others can analyze them otherwise."""
    content = io.BytesIO()
    np.savez_compressed(
        content,
        files=np.array([example.file for example in split.test]),
        labels=np.array([example.label for example in split.test]),
        patients=np.array([example.patient for example in split.test]),
        units=np.array([unit.name for unit in predictions]),
        thresholds=np.array([prediction.threshold for prediction in predictions.values()]),
        probabilities=np.stack([prediction.probabilities for prediction in predictions.values()]),
    )
    atomic_file.write_bytes(path, content.getvalue())
