"""The scores of compared runs over time, as a figure."""

from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.quality_curves import save_history
from benchmarks.quality_records import load_records

DOCS = Path(__file__).parents[2] / "docs"


def test_each_scored_run_is_a_line(tmp_path):
    record = load_records(DOCS / "results.json")[0]
    scored = [
        record.model_copy(update={"seed": seed, "history": [{"step": step, "fid": 3.0 - seed} for step in (10, 20)]})
        for seed in (0, 1)
    ]

    def count_colors(records, name):
        assert save_history(records, tmp_path / name)
        pixels = np.asarray(Image.open(tmp_path / name).convert("RGB")).reshape(-1, 3).astype(int)
        return len(np.unique(pixels[np.ptp(pixels, axis=1) > 60] // 64, axis=0))  # what is not gray

    assert count_colors(scored, "two.png") > count_colors(scored[:1], "one.png") > 0


def test_without_scores_there_is_no_figure(tmp_path):
    record = load_records(DOCS / "results.json")[0].model_copy(update={"history": []})
    assert not save_history([record], tmp_path / "none.png")
    assert not (tmp_path / "none.png").exists()
