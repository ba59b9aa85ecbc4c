"""The curves of a training: losses and accuracies, each smoothed over its raw line, and the scores below them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dcgan_jax.runs.figures import save_figure
from dcgan_jax.training.step import METRICS

_SMOOTHED = 100  # windows side by side over the whole training
_POINTS = 2000  # of a curve, at most
_SHARES = ("precision", "recall", "coverage")  # scores that lie between 0 and 1
_OUTLIERS = 0.5  # percent of raw values, at either end, that do not stretch the axis

Values = Float64[np.ndarray, " step"]


def save_curves(rows: Sequence[dict[str, Any]], path: Path, best_step: int | None = None) -> None:
    """Draws losses and accuracies of metrics.jsonl (the paper's Figure 4) and, where there are some, the scores.

    Small batches make the raw lines noise: each is drawn faintly under its mean over a hundredth of the training, and
    of a long one in no more points than the eye tells apart. `best_step` is that of the checkpoint that evaluate and
    generate take; None where none is scored.
    """
    fids = sorted({name for row in rows for name in row if name.partition("/")[0] == "fid"})
    panels = [("loss", [name for name in METRICS if "loss" in name])]
    panels += [("accuracy", [name for name in METRICS if "accuracy" in name])]
    panels += [("FID", fids), ("share", list(_SHARES))] if fids else []
    figure = Figure(figsize=(10, 3 * len(panels) + 1), layout="constrained")
    every_axes = figure.subplots(len(panels), 1, sharex=True)
    for axes, (title, names) in zip(every_axes, panels, strict=True):
        is_scored = title in ("FID", "share")
        raw = [values for name in names if len(values := _draw(axes, rows, name, is_scored))]
        if raw and not is_scored:
            low, high = np.percentile(np.concatenate(raw), [_OUTLIERS, 100 - _OUTLIERS])
            axes.set_ylim(low - 0.05 * (high - low) - 1e-3, high + 0.05 * (high - low) + 1e-3)
        if title == "share":
            axes.set_ylim(bottom=0)
            axes.set_ylim(top=max(axes.get_ylim()[1], 0.1))  # all of them 0, as at first, is no flat line in the middle
        if best_step is not None:
            axes.axvline(best_step, color="black", linestyle=":", label=f"best checkpoint, step {best_step:,}")
        axes.set_ylabel(title)
        axes.grid(alpha=0.3)
        if axes.lines:
            axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize="small")
    every_axes[-1].set_xlabel("iteration")
    save_figure(figure, path)


def read_curve(rows: Sequence[dict[str, Any]], name: str) -> Float64[np.ndarray, "2 step"] | None:
    """Returns the steps and the values of one metric in rows of metrics.jsonl; None where no row has it."""
    points = [(row["step"], row[name]) for row in rows if isinstance(row.get(name), int | float)]
    return np.array(points, np.float64).T if points else None


def smooth(values: Values) -> Values:
    """Returns the running mean over a hundredth of the values; at the ends, over those of them that there are."""
    window, places = max(1, len(values) // _SMOOTHED), np.arange(len(values))
    sums = np.concatenate([[0.0], np.cumsum(values)])
    low, high = np.maximum(places - window // 2, 0), np.minimum(places + (window + 1) // 2, len(values))
    return (sums[high] - sums[low]) / (high - low)


def thin(values: Values) -> Float64[np.ndarray, " point"]:
    """Returns the values, or the means of as many neighbors as leave `_POINTS`: more would be drawn over each other."""
    width = -(-len(values) // _POINTS)
    starts = np.arange(0, len(values), width)
    return np.add.reduceat(values, starts) / np.diff([*starts, len(values)])


def _draw(axes: Axes, rows: Sequence[dict[str, Any]], name: str, is_scored: bool) -> Float64[np.ndarray, " drawn"]:
    """Draws one curve; returns its values."""
    curve = read_curve(rows, name)
    if curve is None:
        return np.empty(0)
    steps, values = curve
    label = name.replace("_", " ").replace("/", " of ")
    if is_scored:
        axes.plot(steps, values, label=label, marker=".", linewidth=1.0)
        return values
    raw = thin(values)
    (line,) = axes.plot(thin(steps), thin(smooth(values)), label=label, linewidth=1.2)
    axes.plot(thin(steps), raw, color=line.get_color(), alpha=0.25, linewidth=0.5, zorder=1)
    return raw
