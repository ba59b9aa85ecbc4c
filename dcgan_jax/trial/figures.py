"""Figures of a trial: ROC curves, learning curves, differences with their intervals, scarce data, calibration."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.metrics import roc_curve

from dcgan_jax.runs.figures import save_figure
from dcgan_jax.trial.arms import Arm
from dcgan_jax.trial.record import Comparison, TrialRecord
from dcgan_jax.trial.scores import Bin

_GRID = np.linspace(0, 1, 501)
_CORNER = 0.3  # of the ROC plane, where good classifiers are told apart


class ArmResults(NamedTuple):
    """What is drawn of an arm."""

    arm: Arm
    probabilities: Sequence[Float[np.ndarray, " image"]]  # of the test images, by each of its classifiers
    # Rows of updates, loss and area under the validation images' ROC curve, of each of its classifiers.
    curves: Sequence[Sequence[Sequence[float]]]
    bins: Sequence[Bin]


def draw_figures(
    record: TrialRecord, results: Sequence[ArmResults], labels: Int[np.ndarray, " image"], margin: float, folder: Path
) -> list[Path]:
    """Draws all figures into a folder, one set of curves for each fraction; returns their paths.

    The labels are those of the test images: 1 for the positive class and 0 for the others.
    """
    paths = [folder / "differences.png"]
    save_differences([row for row in record.comparisons if row.metric == "auc"], margin, paths[0])
    fractions = list(dict.fromkeys(result.arm.fraction for result in results))
    if len(fractions) > 1:
        paths.append(folder / "scarcity.png")
        whose = f"{record.plan.label} images" if record.plan.of_label_alone else "images"
        save_scarcity(list_areas(record), f"real training {whose}", paths[-1])
    for fraction in fractions:
        own = {_title(result.arm): result for result in results if result.arm.fraction == fraction}
        places = [folder / f"{name}_{fraction:g}.png" for name in ("roc", "learning", "calibration")]
        save_roc_curves(labels, {title: result.probabilities for title, result in own.items()}, places[0])
        save_learning_curves({title: result.curves for title, result in own.items()}, places[1])
        save_calibration({title: result.bins for title, result in own.items()}, places[2])
        paths += places
    return paths


def list_areas(record: TrialRecord) -> dict[str, list[tuple[int, float, tuple[float, float]]]]:
    """Returns, by arm, the number of real training images, the mean area and its interval at each fraction.

    Where fractions are of one class alone, the images are those of that class.
    """
    plan = record.plan
    images = {
        counts.fraction: counts.classes[plan.label] if plan.of_label_alone else counts.images
        for counts in record.splits.training
    }
    curves: dict[str, list[tuple[int, float, tuple[float, float]]]] = {}
    for row in record.summaries:
        if row.metric == "auc":
            point = (images[row.fraction], row.value, row.interval)
            curves.setdefault(_title(Arm(row.arm, row.ratio, row.fraction)), []).append(point)
    return curves


def _title(arm: Arm) -> str:
    return f"{arm.name} {arm.ratio:g}" if arm.ratio else arm.name


def save_roc_curves(
    labels: Int[np.ndarray, " image"], probabilities: Mapping[str, Sequence[Float[np.ndarray, " image"]]], path: Path
) -> None:
    """Draws the ROC curve of each classifier thinly and the mean of each arm boldly (sensitivity averaged).

    A second panel shows the upper left corner. The probabilities are by arm, those of each of its classifiers.
    """
    figure = Figure(figsize=(12, 6), layout="constrained")
    panels = figure.subplots(1, 2)
    for index, (arm, of_arm) in enumerate(probabilities.items()):
        curves = []
        for values in of_arm:
            false_positives, true_positives, _ = roc_curve(labels, values)
            for axes in panels:
                axes.plot(false_positives, true_positives, color=f"C{index}", linewidth=0.4, alpha=0.3)
            curves.append(np.interp(_GRID, false_positives, true_positives))
        for axes in panels:
            mean = [0.0, *np.mean(curves, axis=0)]
            axes.plot([0.0, *_GRID], mean, color=f"C{index}", linewidth=1.5, label=arm)
    panels[0].plot([0, 1], [0, 1], color="gray", linewidth=0.8, linestyle=":")
    panels[1].set(xlim=(0, _CORNER), ylim=(1 - _CORNER, 1.005))
    panels[1].legend(fontsize=8, loc="lower right")
    for axes in panels:
        axes.set(xlabel="1 - specificity", ylabel="sensitivity")
        axes.grid(alpha=0.3)
    save_figure(figure, path)


def save_learning_curves(curves: Mapping[str, Sequence[Sequence[Sequence[float]]]], path: Path) -> None:
    """Draws the area under the validation images' ROC curve over the updates, as the mean of each arm's classifiers.

    The curves are by arm, for each classifier the rows of updates, loss and area.
    """
    with _plot(path, "updates", "area under the validation images' ROC curve") as axes:
        for arm, of_arm in curves.items():
            table = np.asarray(of_arm)
            axes.plot(table[0, :, 0], table[:, :, 2].mean(axis=0), marker=".", label=arm)


def save_differences(comparisons: Sequence[Comparison], margin: float, path: Path) -> None:
    """Draws the differences of one metric to real images alone, with intervals and the margin of equivalence."""
    figure = Figure(figsize=(8, 1.5 + 0.35 * len(comparisons)), layout="constrained")
    axes = figure.subplots()
    axes.axvspan(-margin, margin, color="gray", alpha=0.15, label=f"within {margin:g}")
    axes.axvline(0, color="gray", linewidth=0.8)
    names = []
    for place, row in enumerate(reversed(comparisons)):
        low, high = row.interval
        color = "C3" if row.primary else "C0"
        axes.plot([low, high], [place, place], color=color)
        axes.plot(row.difference, place, marker="s", color=color)
        names.append(f"{row.arm}, ratio {row.ratio:g}, fraction {row.fraction:g}")
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.set_xlabel("difference of the area under the ROC curve to real images alone (red: primary)")
    axes.legend(fontsize=8)
    save_figure(figure, path)


def save_scarcity(
    curves: Mapping[str, Sequence[tuple[int, float, tuple[float, float]]]], images: str, path: Path
) -> None:
    """Draws the area under the ROC curve over the number of images, with intervals.

    The curves are by arm, for each fraction the number of images, the area and its interval; `images` says what is
    counted.
    """
    with _plot(path, images, "area under the test images' ROC curve") as axes:
        for index, (arm, points) in enumerate(curves.items()):
            counts, values, intervals = (np.array(column) for column in zip(*sorted(points), strict=True))
            beside = counts * (1 + 0.02 * (index - len(curves) / 2))  # so that the intervals can be told apart
            reach = np.abs(intervals.T - values)
            axes.errorbar(beside, values, reach, marker="o", markersize=4, linewidth=1, capsize=2, label=arm)
        axes.set_xscale("log")
        axes.set_xticks(counts, [f"{count:,}" for count in counts])
        axes.minorticks_off()


def save_calibration(calibration: Mapping[str, Sequence[Bin]], path: Path) -> None:
    """Draws, for each arm, the share of positive images over the probability that its classifiers gave them."""
    with _plot(path, "probability of the positive class", "share of positive images", (6.5, 6)) as axes:
        axes.plot([0, 1], [0, 1], color="gray", linewidth=0.8, linestyle=":")
        for arm, bins in calibration.items():
            axes.plot([part.probability for part in bins], [part.share for part in bins], marker=".", label=arm)


@contextmanager
def _plot(path: Path, xlabel: str, ylabel: str, size: tuple[float, float] = (8, 5.5)) -> Iterator[Axes]:
    """Yields the axes of a figure, which is then given labels, a grid and a legend, and written."""
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots()
    yield axes
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    save_figure(figure, path)
