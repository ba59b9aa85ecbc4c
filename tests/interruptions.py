"""Runs that are stopped at random moments until they have come to their end, for tests and by hand:

    python -m tests.interruptions --kills=20 --terms=20 --processes=2 --seed=0

A run with the same devices that nobody stops has to end in the same state, bit for bit on one CPU.
"""

import argparse
import json
import os
import random
import signal
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dcgan_jax.errors import EXIT_INTERRUPTED
from dcgan_jax.runtime.processes import HEARTBEAT_SECONDS
from dcgan_jax.storage.cache import cache_dir
from tests.launching import TINY_FLAGS, Running, start, start_together

ABORTED = -signal.SIGABRT
"""How JAX ends a process whose peer does not answer, where ours has not heard of it first."""

STEPS = 40
"""How long the runs are that tests stop."""

RARELY = ("--config.train.sample_every_steps=0", "--config.checkpoint.every_steps=10")
"""Flags of a run that spends its time on training."""

MARGIN_SECONDS = 60
"""What a busy machine may need beyond the time after which a process counts as lost."""


@dataclass(frozen=True)
class Run:
    """A run in some number of processes, to be started again and again.

    Attributes:
      workdir: its folder; logs lie beside it.
      steps: its length.
      processes: how many make it up.
      flags: besides those of every tiny run.
      devices: of each process; by default one where there is one process, and two otherwise.
    """

    workdir: Path
    steps: int
    processes: int = 1
    flags: tuple[str, ...] = ()
    devices: int = 0

    def start(self) -> list[Running]:
        """Starts its processes."""
        flags = (*TINY_FLAGS, f"--config.train.steps={self.steps}", *RARELY, *self.flags, f"--workdir={self.workdir}")
        log = self.workdir.parent / f"{self.workdir.name}.log"
        if self.processes == 1:
            return [start(*flags, log=log, devices=self.devices or 1)]
        return start_together(self.processes, *flags, log=log, devices=self.devices or 2)

    def finish(self) -> str:
        """Runs it to its end and returns the digest of its final state."""
        running = self.start()
        for process in running:
            assert process.wait() == 0, process.log.read_text()
        return self.digest()

    def digest(self) -> str:
        """Returns the digest of the final state of a finished run."""
        return json.loads((self.workdir / "summary.json").read_text())["state_sha256"]

    def steps_done(self) -> int:
        """Returns how many steps are in the log of metrics."""
        metrics = self.workdir / "metrics.jsonl"
        return metrics.read_bytes().count(b"\n") if metrics.exists() else 0

    def stop(self, number: int, victim: int, step: int | None, seconds: float = 0.0) -> tuple[list[int], float]:
        """Starts it, sends one of its processes a signal, and waits for all.

        Args:
          number: of the signal.
          victim: which process gets it.
          step: as soon as the processes have met and the run has gone past this step.
          seconds: where `step` is None: so long after the processes have met.

        Returns:
          The exit codes, and the seconds from the signal until the last process was gone.
        """
        lock = self.workdir / ".lock"  # what the first process takes when all are there
        lock.unlink(missing_ok=True)
        running = self.start()

        def is_time() -> bool:
            return lock.exists() and (step is None or self.steps_done() > step)

        while not is_time() and all(process.poll() is None for process in running):
            time.sleep(0.001)
        if step is None:
            time.sleep(seconds)
        running[victim].send_signal(number)
        sent = time.monotonic()
        codes = [process.wait(HEARTBEAT_SECONDS + MARGIN_SECONDS) for process in running]
        return codes, time.monotonic() - sent


def interrupt(run: Run, number: int, count: int, seed: int) -> list[float]:
    """Stops a run as often as asked at random moments, a quarter of them in its start; returns how long each took."""
    moments = random.Random(seed)
    steps = sorted(moments.sample(range(1, run.steps - 5), count))
    took = []
    for step in steps:
        victim = moments.randrange(run.processes)
        early = moments.random() < 0.25
        codes, seconds = run.stop(number, victim, None if early else step, moments.uniform(0.1, 8.0))
        check_codes(run, codes, number, victim)
        took.append(seconds)
        name = signal.Signals(number).name
        print(f"{name} to process {victim} after step {run.steps_done()}: {codes} in {seconds:.1f} s", flush=True)
    return took


def check_codes(run: Run, codes: Sequence[int], number: int, victim: int) -> None:
    """Checks how the processes of a run left that was sent a signal."""
    logs = "\n".join(path.read_text() for path in sorted(run.workdir.parent.glob(f"{run.workdir.name}.log*")))
    if number == signal.SIGKILL:
        assert codes[victim] == -signal.SIGKILL, (codes, logs)
        others = [code for process, code in enumerate(codes) if process != victim]
        assert set(others) <= {EXIT_INTERRUPTED, ABORTED}, (codes, logs)
    else:
        assert set(codes) == {EXIT_INTERRUPTED}, (codes, logs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--terms", type=int, default=20)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    os.environ["JAX_PLATFORMS"] = "cpu"
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(cache_dir("compiled")))
    with tempfile.TemporaryDirectory() as folder:
        flags = ("--config.checkpoint.every_steps=5",)
        expected = Run(Path(folder, "whole"), arguments.steps, arguments.processes, flags).finish()
        print("uninterrupted:", expected, flush=True)
        for number, count in ((signal.SIGKILL, arguments.kills), (signal.SIGTERM, arguments.terms)):
            run = Run(Path(folder, signal.Signals(number).name), arguments.steps, arguments.processes, flags)
            took = interrupt(run, number, count, arguments.seed)
            digest = run.finish()
            print(f"{count} times {signal.Signals(number).name}, {max(took, default=0):.1f} s at most: {digest}")
            assert digest == expected


if __name__ == "__main__":
    main()
