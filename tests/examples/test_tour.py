"""The notebook runs from its first cell to its last."""

import json
import os
import shutil
import subprocess
import sys

from tests.launching import REPOSITORY


def test_every_cell_runs(tmp_path):
    notebook = json.loads((REPOSITORY / "examples" / "tour.ipynb").read_text())
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert len(cells) == 5
    for name in ("launch.py", "configs", "dcgan_jax"):  # its workdir is a folder of where it runs
        (tmp_path / name).symlink_to(REPOSITORY / name)
    ended = subprocess.run(
        [sys.executable, "-c", "\n".join(cells)],
        cwd=tmp_path,
        # On as many devices as the README's quickstart has in its test, so that either finds the other's programs.
        env={**os.environ, "TOUR_STEPS": "2", "MPLBACKEND": "agg", "JAX_NUM_CPU_DEVICES": "1"},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    assert "generated 0." in ended.stdout
    assert (tmp_path / "runs" / "tour" / "summary.json").is_file()
    shutil.rmtree(tmp_path / "runs")


def test_no_output_is_kept_in_it():
    notebook = json.loads((REPOSITORY / "examples" / "tour.ipynb").read_text())
    assert all(not cell.get("outputs") for cell in notebook["cells"])
