"""How the scores of the compared runs change while they train, beside those of real images."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from benchmarks.quality_records import QualityRecord
from dcgan_jax.runs.figures import save_figure

PANELS = {
    "fid": "FID",
    "irs": "IRS",
    "trace_ratio": "trace ratio",
    "coverage": "coverage",
    "precision": "precision",
    "vendi": "Vendi",
}
COLUMNS = 3


def save_history(records: Sequence[QualityRecord], path: Path) -> bool:
    """Draws each score over the images seen, a line for each run that was scored while it trained.

    A dotted line is the mean of real training images against others, where a record has it: as many as generated ones
    against about half of the training images.

    Returns:
      Whether there was anything to draw.
    """
    scored = [record for record in records if record.history]
    if not scored:
        return False
    figure = Figure(figsize=(4 * COLUMNS, 6.5), layout="constrained")
    every_axes = figure.subplots(len(PANELS) // COLUMNS, COLUMNS, sharex=True).flat
    for axes, (name, title) in zip(every_axes, PANELS.items(), strict=True):
        for record in scored:
            rows = [row for row in record.history if name in row]
            images = [row["step"] * record.images_seen / record.history[-1]["step"] for row in rows]
            axes.plot(images, [row[name] for row in rows], marker=".", label=f"{record.config}, seed {record.seed}")
        real = [getattr(record.baseline_training, name) for record in scored if record.baseline_training]
        if known := [value for value in real if value is not None]:
            axes.axhline(sum(known) / len(known), color="black", linestyle=":", label="real images")
        axes.set_title(title)
        axes.set_yscale("log" if name == "fid" else "linear")
        axes.grid(alpha=0.3)
        axes.xaxis.set_major_locator(MaxNLocator(4))
        axes.xaxis.set_major_formatter("{x:,.0f}")
        if name == "fid":
            axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axes.yaxis.set_minor_formatter(NullFormatter())
        axes.yaxis.set_major_formatter("{x:g}")
    for axes in figure.axes[-COLUMNS:]:
        axes.set_xlabel("images seen")
    figure.axes[0].legend(fontsize="small")
    save_figure(figure, path)
    return True
