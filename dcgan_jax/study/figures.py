"""Figures of a study: ROC curves, a forest of readers, confidences, and the images that misled most."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from matplotlib.figure import Figure

from dcgan_jax.runs.figures import save_figure
from dcgan_jax.study.codes import name_reader
from dcgan_jax.study.collected import Collected
from dcgan_jax.study.multireader import CHANCE
from dcgan_jax.study.reader_scores import trace_roc
from dcgan_jax.study.report_record import Fooled, StudyReport

SHOWN = 8
"""Images of either kind in the grid of those that misled most."""


def save_roc(collected: Collected, path: Path) -> None:
    """Draws the ROC curve of each reader's signed confidence."""
    figure = Figure(figsize=(5.2, 5), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="0.7", linestyle="--", linewidth=1, label="guessing")
    for row, reader in enumerate(collected.readers):
        read = collected.is_read[row]
        if 0 < collected.truth[read].sum() < read.sum():
            axes.plot(*trace_roc(collected.ratings[row][read], collected.truth[read]), label=name_reader(reader))
    axes.set(xlabel="share of real taken for generated", ylabel="share of generated recognized", aspect="equal")
    if len(collected.readers) <= 10:
        axes.legend(loc="lower right")
    save_figure(figure, path, dpi=120)


def save_forest(report: StudyReport, path: Path) -> None:
    """Draws each reader's accuracy with its interval, and that of all together."""
    rows = [(each.reader, each.accuracy, *each.interval) for each in report.readers]
    if report.pooled:
        rows.append(("all", report.pooled.accuracy, *report.pooled.interval))
    figure = Figure(figsize=(6.5, 1.2 + 0.35 * len(rows)), layout="constrained")
    axes = figure.subplots()
    margin = report.plan.margin
    axes.axvspan(CHANCE - margin, CHANCE + margin, color="0.92", label="counts as guessing")
    axes.axvline(CHANCE, color="0.6", linestyle="--", linewidth=1)
    for place, (name, estimate, low, high) in enumerate(reversed(rows)):
        if estimate is not None and low is not None and high is not None:
            error = [[max(0.0, estimate - low)], [max(0.0, high - estimate)]]
            axes.errorbar(estimate, place, xerr=error, fmt="D" if name == "all" else "o", color="C0", capsize=3)
    axes.set_yticks(range(len(rows)), [name for name, *_ in reversed(rows)])
    axes.set(xlim=(0, 1), ylim=(-0.6, len(rows) - 0.4), xlabel="accuracy, 95% interval")
    save_figure(figure, path, dpi=120)


def save_confidence(collected: Collected, is_pairs: bool, path: Path) -> None:
    """Draws how sure readers were, for either kind."""
    figure = Figure(figsize=(6.5, 3.6), layout="constrained")
    axes = figure.subplots()
    scale = [rating for rating in range(-5, 6) if rating]
    kinds = ("generated left", "generated right") if is_pairs else ("generated", "real")
    for shift, (kind, chosen) in enumerate(zip(kinds, (collected.truth, ~collected.truth), strict=True)):
        given = collected.ratings[:, chosen]
        given = given[~np.isnan(given)]
        shares = [(given == rating).mean() if len(given) else 0.0 for rating in scale]
        axes.bar(np.arange(len(scale)) + 0.4 * shift - 0.2, shares, 0.4, label=kind)
    axes.set_xticks(range(len(scale)), [f"{abs(rating)}" for rating in scale])
    said = ("left is real", "right is real") if is_pairs else ("said real", "said generated")
    axes.set(xlabel=f"{said[0]}, certain to guessing   |   {said[1]}, guessing to certain", ylabel="share of answers")
    axes.legend()
    save_figure(figure, path, dpi=120)


def save_fooled(
    fooled: Sequence[Fooled], image_fn: Callable[[int], UInt8[np.ndarray, "size size"]], path: Path
) -> None:
    """Draws the generated images that were most often taken for real ones, and the other way round."""
    figure = Figure(figsize=(1.6 * SHOWN, 4.6), layout="constrained")
    grid = figure.subplots(2, SHOWN)
    for axes, kind, title in zip(grid, ("generated", "real"), ("taken for real", "taken for generated"), strict=True):
        shown = [each for each in fooled if each.kind == kind][:SHOWN]
        for place in axes:
            place.set_axis_off()
        for place, each in zip(axes, shown, strict=False):
            place.imshow(image_fn(each.image), cmap="gray", vmin=0, vmax=255)
            place.set_title(f"{each.readers} of {each.of}", fontsize=9)
        axes[0].text(-0.12, 0.5, f"{kind}\n{title}", transform=axes[0].transAxes, rotation=90, va="center", ha="center")
    save_figure(figure, path, dpi=120)
