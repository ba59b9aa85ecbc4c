"""Runs the command as a user would, in a process of its own, without paying for the imports each time."""

import contextlib
import gc
import multiprocessing
import os
import runpy
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

import jax

from dcgan_jax.cli.modes import MODES

REPOSITORY = Path(__file__).resolve().parent.parent
PRELOADED = [
    "jax",
    "orbax.checkpoint",
    "matplotlib.backends.backend_agg",
    "sklearn.neighbors",
    "dcgan_jax.cli.main",
    "dcgan_jax.report.write",
    "configs.cxr",
    *(mode.entry.partition(":")[0] for mode in MODES.values()),
]
TINY = {
    "data.phantom_count": 16,
    "model.base_channels": 1,
    "model.latent_size": 8,
    "train.batch_size": 8,
    "train.steps": 6,
    "train.sample_every_steps": 3,
    "checkpoint.every_steps": 2,
    "generate.count": 5,
    "runtime.convolutions": "xla",
}
"""What makes configs/cxr.py:smoke small enough for tests: a run through everything takes seconds."""

TINY_FLAGS = ("--config=configs/cxr.py:smoke", *(f"--config.{name}={value}" for name, value in TINY.items()))
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


class Running:
    """A command under way, with the part of Popen's interface that tests need."""

    def __init__(self, arguments: tuple[str, ...], log: Path, devices: int | None, environment: dict[str, str]):
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(PRELOADED)
        self.log = log
        self._process = context.Process(target=_main, args=(arguments, str(log), devices, environment))
        self._process.start()
        _begun.append(self)

    @property
    def pid(self) -> int:
        assert self._process.pid
        return self._process.pid

    def send_signal(self, number: int) -> None:
        if self._process.is_alive():
            with contextlib.suppress(ProcessLookupError):  # it ended just now
                os.kill(self._process.pid, number)

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        assert self._process.exitcode is not None, f"still running after {timeout} s: {self.log.read_text()}"
        return self._process.exitcode


_begun: list[Running] = []


def end_what_still_runs() -> None:
    """Kills the commands that were started and not waited for; a test that fails may leave some."""
    while _begun:
        running = _begun.pop()
        running.send_signal(signal.SIGKILL)
        running.wait()


def launch(*arguments: str, log: Path, **environment: str) -> Outcome:
    """Runs `python launch.py ...` in a process forked off one that has the packages loaded, and waits for it."""
    code = Running(arguments, log, None, environment).wait()
    return Outcome(code, log.read_text())


def start(*arguments: str, log: Path, devices: int = 1, **environment: str) -> Running:
    """Starts `python launch.py ...` and returns at once; for runs that are to be stopped."""
    return Running(arguments, log, devices, environment)


def free_address() -> str:
    """Returns an address of this machine that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


def start_together(count: int, *arguments: str, log: Path, devices: int = 2, **environment: str) -> list[Running]:
    """Starts the command in several processes that make up one run on this machine; each has a log of its own."""
    flags = (*arguments, f"--coordinator_address={free_address()}", f"--num_processes={count}")
    logs = [log.with_name(f"{log.name}.{index}") for index in range(count)]
    return [
        start(*flags, f"--process_id={index}", log=log, devices=devices, **environment)
        for index, log in enumerate(logs)
    ]


def _main(arguments: tuple[str, ...], log: str, devices: int | None, environment: dict[str, str]) -> None:
    gc.freeze()  # what is loaded stays loaded: no collection need look at it
    os.environ.update(environment)
    os.chdir(REPOSITORY)
    sys.path.insert(0, str(REPOSITORY))
    sys.argv = ["launch.py", *arguments]
    with Path(log).open("w") as file:
        os.dup2(file.fileno(), sys.stdout.fileno())  # what is not written by Python goes there too
        os.dup2(file.fileno(), sys.stderr.fileno())
    if devices:
        jax.config.update("jax_num_cpu_devices", devices)
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)  # so that no program is compiled twice
    runpy.run_path("launch.py", run_name="__main__")
