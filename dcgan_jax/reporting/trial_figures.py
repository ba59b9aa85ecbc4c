"""Figures of a trial: ROC curves, learning curves, differences with their intervals, calibration."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from matplotlib.figure import Figure
from sklearn.metrics import roc_curve

_GRID = np.linspace(0, 1, 201)


def save_roc_curves(
    labels: Int[np.ndarray, " image"], probabilities: Mapping[str, Sequence[Float[np.ndarray, " image"]]], path: Path
) -> None:
    """Draws the ROC curve of each classifier thinly and the mean of each arm boldly (sensitivity averaged).

    Args:
      labels: 1 for the positive class and 0 for the others.
      probabilities: by arm, those of each of its classifiers.
      path: where to write the figure.
    """
    figure = Figure(figsize=(7, 6.5), layout="constrained")
    axes = figure.subplots()
    for index, (arm, of_arm) in enumerate(probabilities.items()):
        curves = []
        for values in of_arm:
            false_positives, true_positives, _ = roc_curve(labels, values)
            axes.plot(false_positives, true_positives, color=f"C{index}", linewidth=0.4, alpha=0.4)
            curves.append(np.interp(_GRID, false_positives, true_positives))
        axes.plot(_GRID, np.mean(curves, axis=0), color=f"C{index}", linewidth=2, label=arm)
    axes.plot([0, 1], [0, 1], color="gray", linewidth=0.8, linestyle=":")
    axes.set_xlabel("1 - specificity")
    axes.set_ylabel("sensitivity")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    figure.savefig(path, dpi=100)


def save_learning_curves(curves: Mapping[str, Sequence[Sequence[Sequence[float]]]], path: Path) -> None:
    """Draws the area under the validation images' ROC curve over the updates, as the mean of each arm's classifiers.

    Args:
      curves: by arm, for each classifier the rows of updates, loss and area.
      path: where to write the figure.
    """
    figure = Figure(figsize=(8, 5.5), layout="constrained")
    axes = figure.subplots()
    for arm, of_arm in curves.items():
        table = np.asarray(of_arm)
        axes.plot(table[0, :, 0], table[:, :, 2].mean(axis=0), marker=".", label=arm)
    axes.set_xlabel("updates")
    axes.set_ylabel("area under the validation images' ROC curve")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    figure.savefig(path, dpi=100)


def save_differences(comparisons: Sequence[dict[str, Any]], margin: float, path: Path) -> None:
    """Draws the differences of one metric to real images alone, with intervals and the margin of equivalence.

    Args:
      comparisons: rows of trial.json's `comparisons`.
      margin: of equivalence.
      path: where to write the figure.
    """
    figure = Figure(figsize=(8, 1.5 + 0.35 * len(comparisons)), layout="constrained")
    axes = figure.subplots()
    axes.axvspan(-margin, margin, color="gray", alpha=0.15, label=f"within {margin:g}")
    axes.axvline(0, color="gray", linewidth=0.8)
    names = []
    for place, row in enumerate(reversed(comparisons)):
        low, high = row["interval"]
        color = "C3" if row["primary"] else "C0"
        axes.plot([low, high], [place, place], color=color)
        axes.plot(row["difference"], place, marker="s", color=color)
        names.append(f"{row['arm']}, ratio {row['ratio']:g}, fraction {row['fraction']:g}")
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.set_xlabel("difference of the area under the ROC curve to real images alone (red: primary)")
    axes.legend(fontsize=8)
    figure.savefig(path, dpi=100)


def save_calibration(calibration: Mapping[str, Sequence[dict[str, Any]]], path: Path) -> None:
    """Draws, for each arm, the share of positive images over the probability that its classifiers gave them.

    Args:
      calibration: by arm, the bins of scores.compute_calibration.
      path: where to write the figure.
    """
    figure = Figure(figsize=(6.5, 6), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="gray", linewidth=0.8, linestyle=":")
    for arm, bins in calibration.items():
        axes.plot([part["probability"] for part in bins], [part["share"] for part in bins], marker=".", label=arm)
    axes.set_xlabel("probability of the positive class")
    axes.set_ylabel("share of positive images")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    figure.savefig(path, dpi=100)
