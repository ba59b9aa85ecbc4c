"""Runs the command as a user would, in a process of its own, without paying for the imports each time."""

import contextlib
import multiprocessing
import os
import runpy
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
PRELOADED = ["jax", "orbax.checkpoint", "matplotlib.figure", "dcgan_jax.modes.train", "dcgan_jax.modes.generate"]
TINY_FLAGS = (
    "--config=configs/cxr.py:smoke",
    "--config.data.phantom_count=16",
    "--config.model.base_channels=1",
    "--config.model.latent_size=8",
    "--config.train.batch_size=8",
    "--config.train.steps=6",
    "--config.train.sample_every_steps=3",
    "--config.checkpoint.every_steps=2",
)
FORBID_TENSORFLOW = """
import importlib.machinery, sys

class Forbidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("tensorflow", "keras"):
            return importlib.machinery.ModuleSpec(name, self)

    def create_module(self, spec):
        raise AssertionError(f"{spec.name} was imported")

    def exec_module(self, module):
        pass

sys.meta_path.insert(0, Forbidden())
"""
"""Code that, run first, makes importing TensorFlow fail."""


@dataclass(frozen=True)
class Outcome:
    """What a command left: its exit code and what it printed."""

    code: int
    output: str


def launch(*arguments: str, log: Path) -> Outcome:
    """Runs `python launch.py ...` in a process forked off one that has the packages loaded, and waits for it."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    process = context.Process(target=_main, args=(arguments, str(log)))
    process.start()
    process.join()
    return Outcome(process.exitcode or 0, log.read_text())


def start(*arguments: str, log: Path, **environment: str) -> subprocess.Popen[bytes]:
    """Starts `python launch.py ...` and returns at once; for runs that are to be killed."""
    return subprocess.Popen(
        [sys.executable, "launch.py", *arguments],
        cwd=REPOSITORY,
        env=os.environ | {"JAX_NUM_CPU_DEVICES": "1"} | environment,
        stdout=log.open("w"),
        stderr=subprocess.STDOUT,
    )


def _main(arguments: tuple[str, ...], log: str) -> None:
    os.chdir(REPOSITORY)
    sys.path.insert(0, str(REPOSITORY))
    sys.argv = ["launch.py", *arguments]
    with Path(log).open("w") as file, contextlib.redirect_stdout(file), contextlib.redirect_stderr(file):
        runpy.run_path("launch.py", run_name="__main__")
