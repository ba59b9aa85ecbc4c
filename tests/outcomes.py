"""What finished runs are compared by: their losses, and the weights and moments of their final states."""

import json
from pathlib import Path

import jax
import numpy as np

from dcgan_jax.runs.restore import restore
from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.runtime.devices import create_mesh
from dcgan_jax.training.checkpoints import Checkpoints
from dcgan_jax.training.state import TrainState, create_recipe
from dcgan_jax.training.step import METRICS


def losses(workdir: Path) -> list[list[float]]:
    """Returns the three losses of every step."""
    rows = [json.loads(line) for line in (workdir / "metrics.jsonl").read_text().splitlines()]
    return [[row[name] for name in METRICS[:3]] for row in rows]


def final_state(workdir: Path) -> TrainState:
    """Returns the state of the newest checkpoint."""
    run = Workdir(workdir)
    settings = run.settings({})
    with Checkpoints(run.checkpoints(settings), run.identity(settings), read_only=True) as checkpoints:
        return restore(create_recipe(settings), checkpoints, checkpoints.steps()[-1], create_mesh())


def assert_same_state(ours: TrainState, theirs: TrainState, tolerance: float = 1e-5) -> None:
    """Compares weights and moments, leaf by leaf: a wrong scale of the gradients shows in the moments alone."""
    for (path, leaf), other in zip(jax.tree_util.tree_leaves_with_path(ours), jax.tree.leaves(theirs), strict=True):
        leaf, other = np.asarray(leaf, np.float64), np.asarray(other, np.float64)
        error = np.linalg.norm(leaf - other) / max(np.linalg.norm(other), 1e-30)
        assert error <= tolerance, (jax.tree_util.keystr(path), error)
