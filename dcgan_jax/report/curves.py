"""Loss and accuracy over the iterations, as SVG that takes its colors and its font from the page."""

import io
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import matplotlib
import numpy as np
from jaxtyping import Float64
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from dcgan_jax.runs.curves import read_curve
from dcgan_jax.training.step import METRICS

BINS = 300
"""Points of a curve at most: of more steps, each is the mean of several, in the band of their lowest and highest."""

COLORS = {"discriminator_real": "#010101", "discriminator_generated": "#020202", "generator": "#030303"}
_PAGE_COLORS = {"#010101": "--real", "#020202": "--generated", "#030303": "--third", "#040404": "--line"}
_PAGE_COLORS |= {"#050505": "--quiet"}
"""Stand-ins that no drawing needs otherwise -> variables of the page's style."""

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "dcgan_jax",
    "font.size": 9.5,
    "axes.edgecolor": "#040404",
    "axes.labelcolor": "#050505",
    "xtick.color": "#040404",
    "ytick.color": "#040404",
    "xtick.labelcolor": "#050505",
    "ytick.labelcolor": "#050505",
    "axes.spines.top": False,
    "axes.spines.right": False,
}


class Binned(NamedTuple):
    """A curve of at most `BINS` points."""

    steps: Float64[np.ndarray, " bin"]
    mean: Float64[np.ndarray, " bin"]
    lowest: Float64[np.ndarray, " bin"]
    highest: Float64[np.ndarray, " bin"]


def draw_curves(rows: Sequence[dict[str, Any]], kind: str) -> str:
    """Returns a figure of the three losses or accuracies in rows of metrics.jsonl (the paper's Figure 4), or nothing.

    `kind` is "loss" or "accuracy".
    """
    names = [name for name in METRICS if kind in name]
    curves = {name: curve for name in names if (curve := bin_curve(rows, name)) is not None}
    if not curves:
        return ""
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(4.6, 2.9), layout="constrained")
        axes = figure.subplots()
        for name, curve in curves.items():
            color = COLORS[name.replace(f"_{kind}", "")]
            if len(curve.steps) == BINS:
                axes.fill_between(curve.steps, curve.lowest, curve.highest, color=color, alpha=0.14, linewidth=0)
            axes.plot(curve.steps, curve.mean, color=color, linewidth=1.2, marker="." if len(curve.steps) == 1 else "")
        if kind == "accuracy":
            axes.set_ylim(-0.03, 1.03)
        axes.set_xlabel("iteration")
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
        axes.set_axisbelow(True)
        axes.grid(color="#040404", linewidth=0.6)
        content = io.StringIO()
        figure.savefig(
            content, format="svg", transparent=True, metadata=dict.fromkeys(("Date", "Creator", "Format", "Type"))
        )
    return fit_into_page(content.getvalue(), kind)


def fit_into_page(svg: str, name: str) -> str:
    """Returns matplotlib's SVG as an element of a page: with the page's colors, and names that are its own."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r' (width|height)="[\d.]+pt"', "", svg, count=2)
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', svg)
    svg = re.sub(r'(url\(|href=")#', rf"\1#{name}-", svg)
    svg = re.sub(r"font: ([\d.]+px) [^;\"]*", r"font-size: \1", svg)
    svg = re.sub(r'="[^"]*"', lambda value: re.sub(r"(\d\.\d\d)\d+", r"\1", value[0]), svg)
    for color, variable in _PAGE_COLORS.items():
        svg = svg.replace(color, f"var({variable})")
    svg = re.sub(r"\n\s*", "\n", svg)
    return svg.replace("<svg", '<svg aria-hidden="true" focusable="false"', 1)


def bin_curve(rows: Sequence[dict[str, Any]], name: str) -> Binned | None:
    """Returns the curve of one metric, in at most `BINS` points of as many steps each; None where no row has it."""
    curve = read_curve(rows, name)
    if curve is None:
        return None
    steps, values = curve
    count = min(BINS, len(steps))
    starts = np.arange(count) * len(steps) // count
    sizes = np.diff(np.append(starts, len(steps)))
    return Binned(
        np.add.reduceat(steps, starts) / sizes,
        np.add.reduceat(values, starts) / sizes,
        np.minimum.reduceat(values, starts),
        np.maximum.reduceat(values, starts),
    )
