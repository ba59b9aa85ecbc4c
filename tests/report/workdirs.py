"""Workdirs with records of every kind, for tests of the report: no training, no network, a moment each."""

import json
import shutil
from pathlib import Path

import numpy as np

from dcgan_jax.runs.figures import encode_png, save_comparison, tile
from dcgan_jax.study.report import write_report as write_study_report
from tests.evaluation.conftest import OLD_RECORD
from tests.old_runs.recording import Recording
from tests.study.studies import make_study
from tests.study.test_report import rate, read_study
from tests.trial.test_record import OLD_TRIAL

SIZE = 64


def make_run(root: Path) -> Path:
    """A finished run of version 0.1 with pictures and without scores."""
    Recording.of("0.1").copy_to(root)
    for number, step in enumerate((0, 3, 6)):
        draw_samples(root, step, number)
    return root


def draw_samples(root: Path, step: int, seed: int, size: int = SIZE, channels: int = 1) -> None:
    """Writes a grid of noise, which compresses worse than any image."""
    images = np.random.default_rng(seed).integers(0, 256, (64, size, size, channels), np.uint8)
    (root / "samples").mkdir(exist_ok=True)
    (root / "samples" / f"step_{step:07d}.png").write_bytes(encode_png(tile(images, 8)))


def add_real_images(root: Path) -> None:
    """Writes the figure that shows real images."""
    (root / "figures").mkdir(exist_ok=True)
    black = np.zeros((4, SIZE, SIZE, 1), np.uint8)
    save_comparison([black], [255 - black], root / "figures" / "comparison_with_real_images.png")


def add_evaluation(root: Path, name: str = "step_0000012_default_0123456789ab.json", **changes) -> Path:
    """Writes the record of an evaluation, with changes."""
    path = root / "evaluation" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({**json.loads(OLD_RECORD.read_text()), **changes}))
    return path


def add_trial(root: Path) -> Path:
    """Writes the record of a finished trial."""
    return Path(shutil.copy(OLD_TRIAL, root / "trial.json"))


def add_study(root: Path) -> None:
    """Closes a study of two readers, the first of whom is always right; both said something with markup in it."""
    make_study(root / "study", images=10, naive=2, question="NORMAL / PNEUMONIA")

    def judge(truth, reader, number):
        return rate("generated" if truth and reader == 1 else "real", 5 if reader == 1 else 2, 0)

    study = read_study(root / "study", judge)
    write_study_report(study, root / "study", False)
    study.close()


def make_full(root: Path) -> Path:
    """A run with everything that a page can show."""
    make_run(root)
    add_evaluation(root)
    add_trial(root)
    add_study(root)
    add_real_images(root)
    return root
