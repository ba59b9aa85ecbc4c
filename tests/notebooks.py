"""The notebook in examples/, run cell by cell in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.launching import REPOSITORY

SAID, WORKDIR = "said.txt", "runs/tour"
"""Where a tour leaves what it printed, and its run."""


def read_notebook() -> Any:
    """Returns the notebook as its file has it."""
    return json.loads((REPOSITORY / "examples" / "tour.ipynb").read_text())


def run_tour(folder: Path) -> None:
    """Runs the cells, with two steps of training, in a folder of their own."""
    folder.mkdir(exist_ok=True)
    for name in ("launch.py", "configs", "dcgan_jax"):  # its workdir is a folder of where it runs
        (folder / name).symlink_to(REPOSITORY / name)
    cells = ["".join(cell["source"]) for cell in read_notebook()["cells"] if cell["cell_type"] == "code"]
    ended = subprocess.run(
        [sys.executable, "-c", "\n".join(cells)],
        cwd=folder,
        env={**os.environ, "TOUR_STEPS": "2", "MPLBACKEND": "agg", "JAX_NUM_CPU_DEVICES": "1"},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    (folder / SAID).write_text(ended.stdout)
