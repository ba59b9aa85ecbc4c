"""results.json as tables in results.md: one for each scale, a row for each configuration, ranges over its seeds."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.quality_records import QualityRecord
from dcgan_jax.storage import atomic_file

BEGIN, END = "<!-- table: {} -->", "<!-- end of table: {} -->"
COLUMNS = {
    "fid": "FID (768)",
    "fid_2048": "FID (2048)",
    "kid": "KID x 1000",
    "kid_held_out": "KID x 1000, held-out",
    "precision": "Precision",
    "recall": "Recall",
    "density": "Density",
    "coverage": "Coverage",
    "irs": "IRS",
    "trace_ratio": "Trace ratio",
    "vendi": "Vendi",
    "ms_ssim": "MS-SSIM of pairs",
    "ms_ssim_real": "Real pairs",
    "memorised_share": "Memorized share",
    "false_positive_rate": "The same of held-out images",
    "lowest_sensitivity": "Lowest sensitivity",
    "checkerboard": "Checkerboard",
    "checkerboard_real": "The same of real images",
    "checkerboard_amplitude": "In gray levels",
    "checkerboard_amplitude_real": "Real, in gray levels",
}
COSTS = {"generator_flops": "MFLOP to make an image", "training_flops": "MFLOP to train on one"}
THOUSANDTHS = ("kid", "kid_held_out")


def update_page(path: Path, records: Sequence[QualityRecord]) -> None:
    """Writes the tables of all scales into the page, each between its two marks; what is around them stays."""
    text = path.read_text() if path.exists() else "# Results\n"
    for scale in sorted({record.scale for record in records}):
        begin, end = BEGIN.format(scale), END.format(scale)
        if begin not in text:
            text += f"\n{begin}\n{end}\n"
        before, _, rest = text.partition(begin)
        _, _, after = rest.partition(end)
        of_scale = [record for record in records if record.scale == scale]
        text = f"{before}{begin}\n\n{format_table(of_scale)}\n\n{end}{after}"
    atomic_file.write_text(path, text)


def format_table(records: Sequence[QualityRecord]) -> str:
    """Returns a Markdown table, the longest runs first and of them the best FID; below it, how the scores were made."""
    groups: dict[tuple[str, int], list[QualityRecord]] = {}
    for record in records:
        groups.setdefault((record.config, record.images_seen), []).append(record)
    rows = sorted(groups.items(), key=lambda group: (-group[0][1], _mean([record.fid for record in group[1]])))
    header = ["Configuration", "Images seen", "Seeds", *COLUMNS.values(), *COSTS.values()]
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    for (config, images_seen), group in rows:
        cells = [format_cell(name, [getattr(record, name) for record in group]) for name in COLUMNS]
        costs = [f"{getattr(group[0], name) / 1e6:,.0f}" for name in COSTS]
        lines.append("| " + " | ".join([config, f"{images_seen:,}", str(len(group)), *cells, *costs]) + " |")
        lines += format_baseline(group)
    return "\n".join([*lines, "", *describe_protocols(records)])


def format_cell(name: str, values: Sequence[Any]) -> str:
    """Returns the mean over seeds and, where they differ, the range; "-" where nothing was measured."""
    numbers = [value * (1000 if name in THOUSANDTHS else 1) for value in values if isinstance(value, int | float)]
    if not numbers:
        return "-"
    if min(numbers) == max(numbers):
        return f"{numbers[0]:.3f}"
    return f"{_mean(numbers):.3f} ({min(numbers):.3f} to {max(numbers):.3f})"


def format_baseline(records: Sequence[QualityRecord]) -> list[str]:
    """Returns a row with what held-out real images score, and one of as many generated ones, where records have it."""
    baselines = [record.baseline for record in records if record.baseline]
    if not baselines:
        return []
    count = min(baseline.num_other for baseline in baselines)
    rows = []
    for title, sets in (
        (f"*{count:,} held-out real images*", baselines),
        (f"*{count:,} of {records[0].config}*", [baseline.generated for baseline in baselines]),
    ):
        cells = [format_cell(name, [getattr(measures, name, None) for measures in sets]) for name in COLUMNS]
        rows.append("| " + " | ".join([title, "", "", *cells, *[""] * len(COSTS)]) + " |")
    return rows


def describe_protocols(records: Sequence[QualityRecord]) -> list[str]:
    """Returns a sentence for each way in which scores of the table were made, with the baseline FIDs under it."""
    baselines: dict[str, list[float]] = {}
    for record in records:
        sentence = (
            f"{record.image_size}x{record.image_size} pixels, {record.base_channels} base channels, {record.dtype}; "
            f"{record.num_real:,} real against {record.num_generated:,} generated images, "
            f"{record.preprocess} ({record.resize_filter}), weights: {record.weights} "
            f"({record.weights_sha256[:12]}); {record.num_held_out:,} held-out images."
        )
        parts = record.baseline_training
        if parts:
            sentence += f" Real against real: {parts.num_real:,} against {parts.num_other:,} training images, FID"
        baselines.setdefault(sentence, []).extend([parts.fid] if parts and parts.fid is not None else [])
    return [
        f"{sentence} {format_cell('fid', values)}." if values else sentence
        for sentence, values in sorted(baselines.items())
    ]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
