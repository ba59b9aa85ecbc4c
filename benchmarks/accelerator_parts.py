"""The parts of benchmarks/accelerator.py: which commands they are, and how one is run and remembered."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dcgan_jax.storage import atomic_file

REPOSITORY = Path(__file__).resolve().parents[1]
DTYPES = ("float32", "bfloat16")


@dataclass(frozen=True)
class Part:
    """One measurement.

    Attributes:
      name: of its files.
      command: what is run, from the repository's folder.
      result: the JSON file that it leaves; None where only its time matters.
      workdir: of a training, which must begin anew for its time to be the whole time.
    """

    name: str
    command: tuple[str, ...]
    result: Path | None = None
    workdir: Path | None = None


@dataclass(frozen=True)
class Sizes:
    """How large everything is."""

    image_size: int
    base_channels: int
    batch_size: int
    steps_per_dispatch: tuple[int, ...]
    steps_per_dispatch_of_runs: int
    calls: int
    repeats: int
    growth: tuple[int, ...]
    growth_image_sizes: tuple[int, ...]
    drawn: int
    training: tuple[str, ...]


FULL = Sizes(128, 64, 128, (1, 8, 32), 20, 20, 9, (32, 64, 256, 512, 1024), (64, 128, 256), 1341, ())
TINY = Sizes(64, 1, 8, (1, 2), 2, 2, 2, (8, 16), (64,), 16, ("--config.train.epochs=2", "--config.model.latent_size=8"))


def create_parts(out: Path, sizes: Sizes) -> list[Part]:
    """Returns all parts, those that answer most first."""
    size = f"--size={sizes.base_channels}:{sizes.batch_size}"
    common = (f"--image_size={sizes.image_size}", f"--repeats={sizes.repeats}", f"--drawn={sizes.drawn}")
    parts = []

    def step(name: str, *options: str) -> None:
        result = out / f"{name}.json"
        parts.append(Part(name, ("benchmarks/train_step.py", f"--json={result}", *options), result))

    for dtype in reversed(DTYPES):
        for steps in sizes.steps_per_dispatch:
            calls = max(1, sizes.calls // steps)
            options = (f"--dtype={dtype}", f"--steps_per_dispatch={steps}", f"--calls={calls}")
            step(f"step-{dtype}-{steps}", size, *common, *options)
    parts += create_trainings(out, sizes)
    for dtype in DTYPES:
        for placement in ("device", "stream"):
            options = (f"--dtype={dtype}", f"--placement={placement}", f"--images={sizes.drawn}")
            step(f"{placement}-{dtype}", size, *common, *options, f"--calls={sizes.calls}")
        step(
            f"profile-{dtype}", size, *common, f"--dtype={dtype}", f"--profile={out / f'profile-{dtype}'}", "--calls=3"
        )
    for pixels in sizes.growth_image_sizes:
        for batch in sizes.growth:
            options = (f"--image_size={pixels}", "--dtype=bfloat16", f"--repeats={sizes.repeats}")
            step(f"growth-{pixels}-{batch}", f"--size={sizes.base_channels}:{batch}", *options)
    result = out / "stream-input.json"
    options = (f"--json={result}", f"--drawn={sizes.drawn}", f"--image_size={sizes.image_size}")
    parts.append(Part("stream-input", ("benchmarks/input_pipeline.py", *options), result))
    return parts


def create_trainings(out: Path, sizes: Sizes) -> list[Part]:
    """Returns the preparation of the phantoms and the whole runs on them."""
    fields = (
        "--config=configs/cxr.py",
        "--config.data.source=phantom",
        f"--config.data.phantom_count={sizes.drawn}",
        f"--config.data.image_size={sizes.image_size}",
        f"--config.model.base_channels={sizes.base_channels}",
        f"--config.train.batch_size={sizes.batch_size}",
        f"--config.train.steps_per_dispatch={sizes.steps_per_dispatch_of_runs}",
        "--config.eval.every_epochs=0",
        *sizes.training,
    )
    parts = [Part("prepare", ("launch.py", "--mode=prepare", *fields))]
    for dtype in reversed(DTYPES):
        workdir = out / f"run-{dtype}"
        command = ("launch.py", f"--workdir={workdir}", *fields, f"--config.model.dtype={dtype}")
        parts.append(Part(f"run-{dtype}", command, workdir / "summary.json", workdir))
    return parts


def run(part: Part, out: Path) -> int:
    """Runs a part, writes down what it found and how long it took, and returns its exit code."""
    print(f"\n{part.name}: python {' '.join(part.command)}", flush=True)
    if part.workdir:
        shutil.rmtree(part.workdir, ignore_errors=True)
    start = time.monotonic()
    code = subprocess.run([sys.executable, *part.command], cwd=REPOSITORY, check=False).returncode
    seconds = time.monotonic() - start
    if not code:
        found = json.loads(part.result.read_text()) if part.result else None
        finished = {"command": _describe(part), "seconds": seconds, "result": found}
        atomic_file.write_text(_finished(part, out), json.dumps(finished, indent=1) + "\n")
    return code


def is_done(part: Part, out: Path) -> bool:
    """Returns whether a part came to its end by this very command, now or at an earlier start."""
    path = _finished(part, out)
    return path.exists() and json.loads(path.read_text())["command"] == _describe(part)


def collect(parts: Sequence[Part], out: Path) -> None:
    """Writes what all finished parts found into results.json."""
    results: dict[str, Any] = {
        part.name: json.loads(_finished(part, out).read_text()) for part in parts if is_done(part, out)
    }
    atomic_file.write_text(out / "results.json", json.dumps(results, indent=1) + "\n")


def _describe(part: Part) -> str:
    return " ".join(("python", *part.command))


def _finished(part: Part, out: Path) -> Path:
    return out / f"{part.name}.finished.json"
