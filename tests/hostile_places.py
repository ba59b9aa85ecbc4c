"""Folders that are damaged, shared, or another user's: part of `python -m tests.interrupted_modes`.

Each campaign takes an empty folder and returns what it tried and what did not hold.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from PIL import Image

from dcgan_jax.data.phantom import draw_phantom
from dcgan_jax.errors import EXIT_USER_ERROR
from dcgan_jax.storage.cache import CACHE_VARIABLE
from tests.launching import REPOSITORY, TINY_FLAGS, Outcome, Running, start

ANOTHER_USER = 65534
WITHOUT_RIGHTS = ("setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner,-chown", "--inh-caps=-all")
"""Takes from root what it has beyond other users: it then obeys the modes of files, its own and others'.

Not a user of another number: the Python that runs this may be one that root alone can reach.
"""

Found = tuple[int, list[str]]
"""How many cases were tried, and what did not hold."""

DAMAGES: dict[str, Callable[[Path], object]] = {
    "cut to half": lambda path: os.truncate(path, path.stat().st_size // 2),
    "emptied": lambda path: os.truncate(path, 0),
    "one bit flipped": lambda path: path.write_bytes(_flip(path.read_bytes())),
    "removed": lambda path: path.unlink(),
    "made longer": lambda path: path.write_bytes(path.read_bytes() + b"\0"),
}


def damage_prepared_files(place: Path) -> Found:
    """Damages each file of a prepared set in each way: it is named or made anew; pixels are never wrong."""
    tried, faults = 0, []
    pristine = place / "pristine"
    _expect_success(prepare(pristine))
    expected, (kept,) = records_of(pristine), list_sets(pristine)
    for file in sorted(path.relative_to(kept) for path in kept.rglob("*") if path.is_file()):
        for name, damage in DAMAGES.items():
            cache = place / "cache"
            shutil.rmtree(cache, ignore_errors=True)
            shutil.copytree(pristine, cache)
            (directory,) = list_sets(cache)
            damage(directory / file)
            case, tried = f"{file} {name}", tried + 1
            outcome = prepare(cache)
            if (
                outcome.code == EXIT_USER_ERROR
                and str(directory) in outcome.output
                and "Traceback" not in outcome.output
            ):
                shutil.rmtree(directory)  # as the sentence says
                outcome = prepare(cache)
            if outcome.code or records_of(cache) != expected:
                faults.append(f"{case}: exit {outcome.code}, {outcome.output[-300:]}")
    return tried, faults


def start_four_at_once(place: Path) -> Found:
    """Trains four runs on one empty cache: one prepares, the others wait, all end in the same state."""
    running = [
        start(
            *TINY_FLAGS,
            f"--workdir={place / str(number)}",
            log=place / f"{number}.log",
            **{CACHE_VARIABLE: str(place / "cache")},
        )
        for number in range(4)
    ]
    faults = [f"exit {code}: {one.log.read_text()[-300:]}" for one in running if (code := one.wait())]
    sets = list_sets(place / "cache")
    if len(sets) != 1:
        faults.append(f"{len(sets)} prepared sets")
    states = {(place / str(number) / "summary.json").read_text().split('"state_sha256"')[1][:80] for number in range(4)}
    if len(states) != 1:
        faults.append(f"{len(states)} states")
    return 4, faults


def run_without_rights(place: Path) -> Found:
    """Runs the command as somebody who is not root: it works in folders of one's own, and says so where it may not."""
    own, closed, shared = place / "own", place / "closed", place / "shared"
    for folder in (own, closed):
        folder.mkdir()
    closed.chmod(0o700)
    _expect_success(prepare(shared))
    for path in (closed, shared, *shared.rglob("*")):
        os.chown(path, ANOTHER_USER, ANOTHER_USER)
    faults = []
    cases = {
        "a folder of one's own": (own / "cache", own / "run", 0),
        "a cache that another user filled": (shared, own / "run2", 0),
        "a cache that is closed": (closed / "cache", own / "run3", EXIT_USER_ERROR),
        "a workdir that is closed": (own / "cache", closed / "run", EXIT_USER_ERROR),
    }
    for name, (cache, workdir, expected) in cases.items():
        outcome = run_restricted(cache, *TINY_FLAGS, f"--workdir={workdir}")
        if outcome.code != expected or "Traceback" in outcome.output:
            faults.append(f"{name}: exit {outcome.code}, not {expected}: {outcome.output[-600:]}")
    return len(cases), faults


def read_what_cannot_be_written(place: Path) -> Found:
    """Prepares a folder of another user's that is read-only, and one with a file that may not be read."""
    source = place / "xrays"
    for number in range(12):
        path = source / "NORMAL" / f"p{number}" / "a.png"
        path.parent.mkdir(parents=True)
        Image.fromarray(draw_phantom(64, 0, number, "NORMAL")).save(path)
    before = digests_of(source)
    for path in (source, *source.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
        os.chown(path, ANOTHER_USER, ANOTHER_USER)
    flags = ("--config=cxr", "--mode=prepare", "--config.data.image_size=64", f"--config.data.dir={source}")
    file, folder = source / "NORMAL" / "p3" / "a.png", source / "NORMAL" / "p4"
    outcomes = {"read-only": (run_restricted(place / "1", *flags), 0)}
    file.chmod(0)
    outcomes["one file closed"] = run_restricted(place / "2", *flags), EXIT_USER_ERROR
    skipping = run_restricted(place / "2", *flags, "--config.data.on_bad_image=skip")
    outcomes["one file closed and left out"] = skipping, 0
    file.chmod(0o444)
    folder.chmod(0)
    outcomes["one folder closed"] = run_restricted(place / "3", *flags), EXIT_USER_ERROR
    folder.chmod(0o555)
    faults = [
        f"{name}: exit {outcome.code}, not {expected}: {outcome.output[-600:]}"
        for name, (outcome, expected) in outcomes.items()
        if outcome.code != expected or "Traceback" in outcome.output
    ]
    if "1 of 12 files" not in skipping.output:
        faults.append(f"the file left out is not counted: {skipping.output[-300:]}")
    if digests_of(source) != before:
        faults.append("the source was changed")
    return len(outcomes), faults


CAMPAIGNS: dict[str, Callable[[Path], Found]] = {
    "damage": damage_prepared_files,
    "shared": start_four_at_once,
    "rights": run_without_rights,
    "source": read_what_cannot_be_written,
}
RESTRICTED = ("rights", "source")
"""Those that start the command without root's rights, of folders that are another user's: root alone can do both."""


def prepare(cache: Path) -> Outcome:
    """Runs `--mode=prepare` on phantoms in a cache."""
    log = cache.with_name(f"{cache.name}.log")
    flags = (*TINY_FLAGS, "--mode=prepare", f"--workdir={cache.with_name('run')}")
    return _wait(start(*flags, log=log, **{CACHE_VARIABLE: str(cache)}))


def run_restricted(cache: Path, *flags: str) -> Outcome:
    """Runs the command without root's rights and without a home, in a process of its own."""
    process = subprocess.run(
        [*WITHOUT_RIGHTS, sys.executable, "launch.py", *flags],
        cwd=REPOSITORY,
        env=os.environ | {CACHE_VARIABLE: str(cache), "HOME": "/nonexistent"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Outcome(process.returncode, process.stdout)


def list_sets(cache: Path) -> list[Path]:
    """Returns the prepared sets of a cache, those included that are not whole."""
    return [path for path in (cache / "prepared").iterdir() if path.is_dir()]


def records_of(cache: Path) -> dict[str, str]:
    """Returns a digest of each file of pixels and of each index, by its place."""
    found = digests_of(cache / "prepared")
    return {name: digest for name, digest in found.items() if name.endswith((".npy", ".tsv"))}


def digests_of(folder: Path) -> dict[str, str]:
    """Returns a digest of each file below a folder, by its place."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in _files(folder)
    }


def _files(folder: Path) -> Iterator[Path]:
    yield from sorted(path for path in folder.rglob("*") if path.is_file())


def _flip(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def _wait(process: Running) -> Outcome:
    code = process.wait()
    return Outcome(code, process.log.read_text())


def _expect_success(outcome: Outcome) -> None:
    assert outcome.code == 0, outcome.output
