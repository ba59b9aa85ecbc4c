"""The end of a trial: the test images are looked at, and trial.json, report.md and the figures written."""

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jaxtyping import Float, PyTree

from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.settings import Settings
from dcgan_jax.storage import atomic_file
from dcgan_jax.trial.analysis import (
    PRIMARY_METRIC,
    Measured,
    Prediction,
    TrialTest,
    analyse,
    group_test_images,
    measure,
)
from dcgan_jax.trial.arms import Arm, Unit, list_units
from dcgan_jax.trial.figures import (
    save_calibration,
    save_differences,
    save_learning_curves,
    save_roc_curves,
    save_scarcity,
)
from dcgan_jax.trial.report import describe_trial
from dcgan_jax.trial.scores import compute_calibration
from dcgan_jax.trial.splits import TrialSplit
from dcgan_jax.trial.store import Store, Trained

RECORD, REPORT = "trial.json", "report.md"
_PACKAGES = ("jax", "jaxlib", "flax", "optax", "numpy", "scikit-learn")

Predict = Callable[[PyTree], Float[np.ndarray, " image"]]


def write_results(
    record: dict[str, Any],
    settings: Settings,
    split: TrialSplit,
    arms: Sequence[Arm],
    store: Store,
    predict: Predict,
    workdir: Workdir,
    started: float,
) -> str:
    """Writes everything that a finished trial leaves; returns the sentence on the primary endpoint.

    Args:
      record: what is known already: `plan`, `positive`, `notes`, `coverage`, `generators`, `two_sample_test`.
      settings: of the trial.
      split: its real images.
      arms: all of them, every classifier of which is in the store.
      store: the trained classifiers.
      predict: weights -> probabilities of the test images.
      workdir: where to write.
      started: when this start of the trial began, by the monotonic clock.
    """
    trained = {unit: store.read(unit) for arm in arms for unit in list_units(arm, settings.trial)}
    predictions = {unit: Prediction(predict(own.params), own.threshold) for unit, own in trained.items()}
    test = group_test_images(
        [example.label for example in split.test], [example.patient for example in split.test], record["positive"]
    )
    measured = {unit: measure(prediction, test) for unit, prediction in predictions.items()}
    analysis = analyse(measured, arms, settings.trial.margin)
    calibration = _calibrate(arms, predictions, test)
    primary = next((row for row in analysis["comparisons"] if row["primary"]), None)
    record = {
        "primary": {"endpoint": record["plan"]["primary endpoint"], **primary} if primary else None,
        **record,
        "negative": [label for label in split.labels if label != record["positive"]],
        "test_split": split.test_name,
        "synthetic_from": _describe_source(record["plan"]["synthetic images"]),
        "steps": settings.trial.steps,
        **_count(split),
        "arms": [_describe_unit(unit, trained[unit], measured[unit]) for unit in trained],
        **analysis,
        "without_ambiguous": _analyse_again(split, predictions, test, arms, settings.trial.margin),
        "calibration": [{key: value for key, value in row.items() if key != "bins"} for row in calibration],
        "seconds": time.monotonic() - started,
        "devices": [device.device_kind for device in jax.devices()],
        "versions": {name: version(name) for name in _PACKAGES},
    }
    figures = _draw(workdir, arms, trained, predictions, test, record, calibration)
    _save_predictions(workdir.root / "test_predictions.npz", split, predictions)
    atomic_file.write_text(workdir.root / REPORT, describe_trial(record, figures))
    atomic_file.write_text(workdir.root / RECORD, json.dumps(record, indent=1) + "\n")
    return primary["verdict"] if primary else "Nothing was compared."


def _analyse_again(
    split: TrialSplit, predictions: Mapping[Unit, Prediction], test: TrialTest, arms: Sequence[Arm], margin: float
) -> dict[str, Any] | None:
    """Returns the analysis without ambiguous patients, where there are any and both classes have enough others."""
    kept = np.array([example not in split.ambiguous for example in split.test])
    rest = test.take(kept)
    if kept.all() or not rest.has_enough_patients():
        return None
    measured = {
        unit: measure(Prediction(prediction.probabilities[kept], prediction.threshold), rest)
        for unit, prediction in predictions.items()
    }
    return analyse(measured, arms, margin)


def _count(split: TrialSplit) -> dict[str, Any]:
    parts = {
        **{f"training at {fraction:g}": examples for fraction, examples in split.training.items()},
        "validation": split.validation,
        "test": split.test,
        "ambiguous": tuple(split.ambiguous),
    }
    return {
        "images": {name: len(examples) for name, examples in parts.items()},
        "patients": {name: len({example.patient for example in examples}) for name, examples in parts.items()},
        "classes": {
            name: dict(sorted(Counter(example.label for example in examples).items()))
            for name, examples in parts.items()
        },
    }


def _describe_source(description: dict[str, Any] | None) -> str:
    if description is None:
        return "none"
    return description.get("folder") or ", ".join(run["workdir"] for run in description["runs"])


def _describe_unit(unit: Unit, trained: Trained, measured: Measured) -> dict[str, Any]:
    return {
        "name": unit.arm.name,
        "ratio": unit.arm.ratio,
        "fraction": unit.arm.fraction,
        "seed": unit.seed,
        "generator_seed": unit.generator_seed,
        **measured.whole,
        "threshold": trained.threshold,
        "step": trained.step,
        "num_real": trained.num_real,
        "num_added": trained.num_added,
    }


def _calibrate(arms: Sequence[Arm], predictions: Mapping[Unit, Prediction], test: TrialTest) -> list[dict[str, Any]]:
    """Returns the calibration of each arm, over the probabilities of all its classifiers."""
    rows = []
    for arm in arms:
        own = [prediction.probabilities for unit, prediction in predictions.items() if unit.arm == arm]
        found = compute_calibration(np.tile(test.labels, len(own)), np.concatenate(own))
        rows.append({"arm": arm.name, "ratio": arm.ratio, "fraction": arm.fraction, **found})
    return rows


def _draw(
    workdir: Workdir,
    arms: Sequence[Arm],
    trained: Mapping[Unit, Trained],
    predictions: Mapping[Unit, Prediction],
    test: TrialTest,
    record: dict[str, Any],
    calibration: Sequence[dict[str, Any]],
) -> list[str]:
    """Draws the figures, one set of curves for each fraction; returns their paths relative to the workdir."""
    margin = record["plan"]["config.trial.margin"]
    paths = [workdir.figures / "differences.png"]
    areas = [row for row in record["comparisons"] if row["metric"] == PRIMARY_METRIC]
    save_differences(areas, margin, paths[0])
    if len({arm.fraction for arm in arms}) > 1:
        paths.append(workdir.figures / "scarcity.png")
        save_scarcity(_list_areas(record), paths[-1])
    for fraction in dict.fromkeys(arm.fraction for arm in arms):
        own = [arm for arm in arms if arm.fraction == fraction]
        titles = {arm: _title(arm.name, arm.ratio) for arm in own}
        places = [workdir.figures / f"{name}_{fraction:g}.png" for name in ("roc", "learning", "calibration")]
        units = {arm: [unit for unit in trained if unit.arm == arm] for arm in own}
        probabilities = {titles[arm]: [predictions[unit].probabilities for unit in units[arm]] for arm in own}
        save_roc_curves(test.labels, probabilities, places[0])
        save_learning_curves({titles[arm]: [trained[unit].curve for unit in units[arm]] for arm in own}, places[1])
        bins = {Arm(row["arm"], row["ratio"], row["fraction"]): row["bins"] for row in calibration}
        save_calibration({titles[arm]: bins[arm] for arm in own}, places[2])
        paths += places
    return [path.relative_to(workdir.root).as_posix() for path in paths]


def _list_areas(record: dict[str, Any]) -> dict[str, list[tuple[int, float, tuple[float, float]]]]:
    """Returns, by arm, the number of real training images, the mean area and its interval at each fraction."""
    curves: dict[str, list[tuple[int, float, tuple[float, float]]]] = {}
    for row in record["summaries"]:
        if row["metric"] == PRIMARY_METRIC:
            count = record["images"][f"training at {row['fraction']:g}"]
            curves.setdefault(_title(row["arm"], row["ratio"]), []).append((count, row["value"], row["interval"]))
    return curves


def _title(name: str, ratio: float) -> str:
    return f"{name} {ratio:g}" if ratio else name


def _save_predictions(path: Path, split: TrialSplit, predictions: Mapping[Unit, Prediction]) -> None:
    """Writes the probabilities of all test images, so that others can analyse them otherwise."""
    np.savez_compressed(
        path,
        files=np.array([example.file for example in split.test]),
        labels=np.array([example.label for example in split.test]),
        patients=np.array([example.patient for example in split.test]),
        units=np.array([unit.name for unit in predictions]),
        thresholds=np.array([prediction.threshold for prediction in predictions.values()]),
        probabilities=np.stack([prediction.probabilities for prediction in predictions.values()]),
    )
