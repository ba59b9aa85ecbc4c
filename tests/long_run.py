"""Long runs whose memory, descriptors, threads and files must not grow, by hand:

    python -m tests.long_run --steps=5000 --resumes=20

Resident images, streamed images, and a run that is stopped by SIGTERM and given again, which ends in the state of the
first. Exits with 1 if anything grows beyond the limits below. Reads /proc, so Linux alone.

With glibc's many arenas the resident memory of a process with forty threads comes and goes by tens of MiB while what it
holds stays the same: each arena keeps free pages of its own. So the runs have a single one, and what grows is held.
TensorStore 0.1.86 loses some 38 KB at each checkpoint (every `to_json` of a spec, and every metric it collects, is kept
for ever), 0.8 KB a step here; a run of 100 checkpoints loses 4 MB.
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from dcgan_jax.errors import EXIT_INTERRUPTED
from dcgan_jax.storage.cache import cache_dir
from tests.interruptions import Run
from tests.launching import Running

MEMORY_PER_STEP = 1024
"""Bytes of resident memory; a batch of the smallest run has 32 times as many."""

MEMORY_NOISE = 8 * 2**20
"""Bytes by which resident memory comes and goes: pages are taken and given back in lots."""

MEMORY_PER_START = 2**21
LOG_PER_STEP = 2048
"""Bytes of metrics.jsonl and TensorBoard events."""

WARM_UP = 0.25
"""Share of the measurements in which buffers and pools still fill."""

SLACK = 0.05
"""Share by which a median may differ; checkpoints are compressed, and their sizes vary."""

NO_SAMPLES = ("--config.train.sample_every_epochs=0",)  # which are kept on purpose
PLACEMENTS = {"resident": "device", "streamed": "stream"}
STOPPED = "stopped"
POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Usage:
    """What a process holds after some steps, and what its run has on the disk.

    Attributes:
      step: completed.
      memory: resident, in bytes.
      descriptors: that are open.
      threads: that run.
      events: files of TensorBoard.
      logs: bytes of them and of metrics.jsonl.
      kept: bytes of all other files of the workdir.
    """

    step: int
    memory: int
    descriptors: int
    threads: int
    events: int
    logs: int
    kept: int


def find_growth(usages: Sequence[Usage]) -> list[str]:
    """Returns what grew in one process, in words; `usages` in the order of steps, of equal weight."""
    after = usages[int(WARM_UP * len(usages)) :]
    faults = []
    slope = fit_slope([usage.step for usage in after], [usage.memory for usage in after])
    if slope > MEMORY_PER_STEP and slope * (after[-1].step - after[0].step) > MEMORY_NOISE:
        faults.append(f"memory grows by {slope:,.0f} bytes a step, more than {MEMORY_PER_STEP:,}")
    faults += _compare_halves(after, ("descriptors", "threads", "kept"))
    if after[-1].events > 1:
        faults.append(f"one start leaves {after[-1].events} files of TensorBoard")
    written = (after[-1].logs - after[0].logs) / max(after[-1].step - after[0].step, 1)
    if written > LOG_PER_STEP:
        faults.append(f"logs grow by {written:,.0f} bytes a step, more than {LOG_PER_STEP:,}")
    return faults


def find_growth_over_starts(starts: Sequence[Usage]) -> list[str]:
    """Returns what grew from start to start, in words; each with the most that it held."""
    faults = []
    if (slope := fit_slope(range(len(starts)), [usage.memory for usage in starts])) > MEMORY_PER_START:
        faults.append(f"memory grows by {slope:,.0f} bytes a start, more than {MEMORY_PER_START:,}")
    faults += _compare_halves(starts, ("descriptors", "threads", "kept"))
    if any(later.events - earlier.events > 1 for earlier, later in pairwise(starts)):
        faults.append("a start leaves more than one file of TensorBoard")
    return faults


def _compare_halves(usages: Sequence[Usage], names: Sequence[str]) -> list[str]:
    """Returns what the second half has more of, by the median: writing a checkpoint takes threads of its own."""
    faults = []
    for name in names:
        values = [getattr(usage, name) for usage in usages]
        before, later = np.median(values[: len(values) // 2]), np.median(values[len(values) // 2 :])
        if later > before + max(1, SLACK * before):
            faults.append(f"{name} grow from {before:,.0f} to {later:,.0f}")
    return faults


def fit_slope(steps: Sequence[int], values: Sequence[float]) -> float:
    """Returns the slope of the least-squares line."""
    return float(np.polyfit(steps, values, 1)[0])


def measure(process: Running, run: Run) -> Usage | None:
    """Returns what a process and its run hold, None when it has come to its end."""
    proc = Path("/proc", str(process.pid))
    try:
        status = dict(line.split(":", 1) for line in (proc / "status").read_text().splitlines())
        memory, threads = int(status["VmRSS"].split()[0]) * 1024, int(status["Threads"])
        descriptors = len(list((proc / "fd").iterdir()))
    except (OSError, KeyError):
        return None
    sizes = {path: path.stat().st_size for path in _files(run.workdir)}
    events = [path for path in sizes if "tfevents" in path.name]
    logs = sum(sizes[path] for path in events) + sizes.get(run.workdir / "metrics.jsonl", 0)
    return Usage(run.steps_done(), memory, descriptors, threads, len(events), logs, sum(sizes.values()) - logs)


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield path


def watch(process: Running, run: Run, until: float = float("inf")) -> list[Usage]:
    """Returns what a process held, whenever it had done some more steps, until it has done so many or has ended."""
    usages: list[Usage] = []
    while process.poll() is None and (not usages or usages[-1].step < until):
        try:
            usage = measure(process, run)
        except FileNotFoundError:  # an old checkpoint went meanwhile
            continue
        if usage and usage.step and (not usages or usage.step > usages[-1].step):
            usages.append(usage)
        time.sleep(POLL_SECONDS)
    return usages


def describe(usages: Sequence[Usage]) -> str:
    """Returns the first and last measurement after warming up, in one line."""
    after = usages[int(WARM_UP * len(usages)) :]
    slope = fit_slope([usage.step for usage in after], [usage.memory for usage in after])
    spans = [
        f"{name} {getattr(after[0], name):,} to {getattr(after[-1], name):,}"
        for name in ("step", "memory", "descriptors", "threads", "events", "logs", "kept")
    ]
    eighths = [f"{usages[len(usages) * part // 8].memory / 2**20:.0f}" for part in range(8)]
    spans.append(f"MiB at each eighth {', '.join(eighths)}")
    return f"{', '.join(spans)}; memory {slope:+,.0f} bytes a step ({len(after)} measurements)"


def run_whole(run: Run) -> list[str]:
    """Runs to the end; prints what was held and returns what grew."""
    (process,) = run.start()
    usages = watch(process, run)
    assert process.wait() == 0, process.log.read_text()
    print(f"{run.workdir.name}: {describe(usages)}", flush=True)
    return [f"{run.workdir.name}: {fault}" for fault in find_growth(usages)]


def run_in_parts(run: Run, resumes: int, moments: random.Random) -> list[str]:
    """Stops a run as often as asked and gives it again; prints the most that each start held, returns what grew."""
    starts = []
    apart = run.steps // (resumes + 1)
    for step in [*(number * apart + moments.randrange(apart // 4) for number in range(1, resumes + 1)), float("inf")]:
        (process,) = run.start()
        usages = watch(process, run, until=step)
        process.send_signal(signal.SIGTERM)
        code = process.wait()
        assert code in (0, EXIT_INTERRUPTED), process.log.read_text()
        if usages:  # it was not too fast to be seen
            starts.append(
                Usage(**{name: max(getattr(usage, name) for usage in usages) for name in Usage.__annotations__})
            )
            print(f"start {len(starts)}: {starts[-1]}", flush=True)
    return [f"over starts: {fault}" for fault in find_growth_over_starts(starts)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("--resumes", type=int, default=20)
    parser.add_argument("--parts", nargs="+", choices=[*PLACEMENTS, STOPPED], default=[*PLACEMENTS, STOPPED])
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    os.environ["JAX_PLATFORMS"] = "cpu"
    os.environ["MALLOC_ARENA_MAX"] = "1"  # before the process is started that all others are forked from
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(cache_dir("compiled")))
    faults = []
    with tempfile.TemporaryDirectory() as folder:
        runs = {
            name: Run(
                Path(folder, name),
                arguments.steps,
                flags=("--config.checkpoint.every_steps=50", *NO_SAMPLES, f"--config.data.placement={placement}"),
            )
            for name, placement in {**PLACEMENTS, STOPPED: "device"}.items()
        }
        for name in [name for name in PLACEMENTS if name in arguments.parts]:
            faults += run_whole(runs[name])
        if STOPPED in arguments.parts:
            faults += run_in_parts(runs[STOPPED], arguments.resumes, random.Random(arguments.seed))
        digests = {runs[name].digest() for name in ("resident", STOPPED) if name in arguments.parts}
        if len(digests) > 1:
            faults.append(f"the stopped run ends in another state than the whole one: {' and '.join(digests)}")
    print(*(faults or ["nothing grows"]), sep="\n")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
