"""Modes besides train that are killed at random moments and then run to their end, and places that are damaged, shared
or another user's, by hand:

    python -m tests.interrupted_modes --kills=10
    python -m tests.interrupted_modes --modes damage shared rights source

Each leaves the files that it leaves where nobody kills it, and nothing besides. `evaluate` needs the weights that
DCGAN_JAX_TEST_INCEPTION names.
"""

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import tempfile
import time
from pathlib import Path

from dcgan_jax.storage.cache import CACHE_VARIABLE, cache_dir
from tests.hostile_places import CAMPAIGNS, RESTRICTED
from tests.launching import TINY_FLAGS, start

TRIAL = (
    *("--config.data.phantom_count=40", "--config.trial.arms=real,classical", "--config.trial.seeds=2"),
    *("--config.trial.steps=10", "--config.trial.batch_size=16", "--config.trial.base_channels=8"),
)
MODES = {
    "prepare": (*TINY_FLAGS, "--config.data.phantom_count=200"),
    "generate": ("--config.generate.count=200", "--config.generate.walk=50"),
    "export": (),
    "balance": ("--config.balance.ratio=4", "--config.balance.max_similarity=0"),
    "trial": (*TINY_FLAGS, *TRIAL),
    "evaluate": ("--config.eval.num_samples=16", "--config.eval.seeds=1"),
}
"""Flags of each mode."""

UNTIMED = {"trial.json": "seconds", "report.json": "seconds", "files.json": "report.json"}
"""Files with a key that tells how long the work took, or the digest of such a file."""

UNCOMPARED = {".lock", "compiled", "starts.jsonl", "report.html"}
"""Locks, programs compiled by JAX, and what tells when it was started and how long it took."""


def digests(folder: Path) -> dict[str, str]:
    """Returns a digest of each file below a folder, by its place, without what says how long it took."""
    found = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        if UNCOMPARED.isdisjoint(path.relative_to(folder).parts) and path.suffix != ".lock":
            content = path.read_bytes()
            if path.name in UNTIMED:
                values = {name: value for name, value in json.loads(content).items() if name != UNTIMED[path.name]}
                content = json.dumps(values).encode()
            found[path.relative_to(folder).as_posix()] = hashlib.sha256(content).hexdigest()
    return found


def run(mode: str, place: Path, flags: tuple[str, ...], seconds: float = float("inf")) -> tuple[int, float]:
    """Starts a mode, kills it after some seconds if it still runs, and returns its exit code and how long it ran."""
    begun = time.monotonic()
    cache = {CACHE_VARIABLE: str(place / "cache")}
    flags = (f"--mode={mode}", f"--workdir={place / 'run'}", *flags)
    process = start(*flags, log=place.with_name(f"{mode}.log"), **cache)
    while process.poll() is None and time.monotonic() - begun < seconds:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    return process.wait(), time.monotonic() - begun


def finish(mode: str, place: Path, flags: tuple[str, ...]) -> float:
    """Runs a mode to its end, and returns how long that took."""
    code, seconds = run(mode, place, flags)
    assert code == 0, place.with_name(f"{mode}.log").read_text()
    return seconds


def interrupt(mode: str, base: Path, flags: tuple[str, ...], kills: int, moments: random.Random) -> None:
    """Kills a mode as often as asked, lets it end, and compares with one that nobody killed; `base` stays as it is."""
    kept = base.rename(base.with_name("kept"))

    def restore() -> None:  # always at one path: records name it
        shutil.rmtree(base, ignore_errors=True)
        shutil.copytree(kept, base)

    for _ in range(2):  # the first compiles, which the killed ones need not
        restore()
        seconds = finish(mode, base, flags)
    expected = digests(base)
    restore()
    begun, killed = time.monotonic(), 0
    while killed < kills:
        code, _ = run(mode, base, flags, moments.uniform(0.1, seconds))
        if code == -signal.SIGKILL:
            killed += 1
        else:  # it came to its end first, and what is started there would have nothing left to do
            assert code == 0, base.with_name(f"{mode}.log").read_text()
            restore()
    finish(mode, base, flags)
    found = digests(base)
    differing = sorted(name for name in {*expected, *found} if expected.get(name) != found.get(name))
    print(
        f"{mode}: {killed} killed within {seconds:.1f} s, {len(found)} files, differing: {differing}",
        f"({time.monotonic() - begun:.0f} s)",
        flush=True,
    )
    shutil.rmtree(base)
    kept.rename(base)
    assert not differing


def visit(name: str, place: Path) -> None:
    """Makes one of the campaigns of `tests.hostile_places`, or says why it cannot be made."""
    if name in RESTRICTED and (os.geteuid() or not shutil.which("setpriv")):
        print(f"{name}: skipped, for it takes root, who gives rights away, and setpriv, which does", flush=True)
        return
    place.mkdir()
    begun = time.monotonic()
    tried, faults = CAMPAIGNS[name](place)
    print(f"{name}: {tried} tried, not as it should be: {faults} ({time.monotonic() - begun:.0f} s)", flush=True)
    assert not faults


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--modes", nargs="+", choices=[*MODES, *CAMPAIGNS], default=[*MODES, *CAMPAIGNS])
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    os.environ["JAX_PLATFORMS"] = "cpu"
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(cache_dir("compiled")))
    with tempfile.TemporaryDirectory() as folder:
        for name in [name for name in arguments.modes if name in CAMPAIGNS]:
            visit(name, Path(folder, name))
        modes = [name for name in arguments.modes if name in MODES]
        if not modes:
            return
        base = Path(folder, "base")
        base.mkdir()
        finish("train", base, (*TINY_FLAGS, "--config.train.sample_every_steps=0"))
        for mode in modes:
            flags = MODES[mode]
            if mode == "trial":
                flags = (*flags, f"--workdir={base / 'trial'}")  # the run's images are not those of the trial
            if mode == "evaluate":
                weights = os.environ["DCGAN_JAX_TEST_INCEPTION"]
                flags = (*flags, f"--config.eval.weights={weights}/standin-pt_inception.pth")
            interrupt(mode, base, flags, arguments.kills, random.Random(arguments.seed))


if __name__ == "__main__":
    main()
