"""Feeds damaged bytes to a reader, in child processes with bounds of memory and time, and counts what becomes of them.

A campaign is a module of its own, run by hand (`python -m tests.fuzz_weights --cases=5000`):

    if __name__ == "__main__":
        sys.exit(main(from_file(read_torch_file, ".pth"), [sample, ...]))

A reader may return, or raise a `UserError`. All else is a failure: another exception, memory that ran out (even where
the reader made a sentence of that), no end within the time, and death by a signal.
"""

import argparse
import contextlib
import multiprocessing
import os
import random
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from dcgan_jax.errors import UserError

MEMORY = 2**30  # bytes, beyond what the child has when it starts
SECONDS = 5.0
READ, REFUSED = "read", "refused"
_NUMBERS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 2**62, 2**63 - 1, 2**64 - 1)
_LONGEST_RUN = 64  # bytes that one change inserts, deletes or repeats
_MOST_CHANGES = 4

Read = Callable[[bytes], object]


@dataclass
class Findings:
    """What became of the cases.

    Attributes:
      outcomes: how many were "read", "refused", or failed in which way.
      failures: number of a case -> how it failed; `mutate_case` makes its bytes again.
      slowest: seconds of the slowest case that came to an end.
      memory: bytes by which a child grew at most.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    failures: dict[int, str] = field(default_factory=dict)
    slowest: float = 0.0
    memory: int = 0


def main(read: Read, samples: Sequence[bytes], arguments: Sequence[str] | None = None) -> int:
    """Runs a campaign from the command line; prints what was found, and returns 1 where a case failed."""
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument("--cases", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="folder for the files that failed")
    options = parser.parse_args(arguments)
    findings = fuzz(read, samples, options.cases, options.seed)
    print(
        f"{options.cases:,} cases: " + ", ".join(f"{n:,} {outcome}" for outcome, n in findings.outcomes.most_common())
    )
    print(f"slowest {findings.slowest:.2f} s, memory grew by {findings.memory / 2**20:.0f} MiB at most")
    for case, outcome in findings.failures.items():
        print(f"case {case}: {outcome}")
        if options.keep:
            options.keep.mkdir(parents=True, exist_ok=True)
            (options.keep / str(case)).write_bytes(mutate_case(samples, options.seed, case))
    return 1 if findings.failures else 0


def from_file(read_fn: Callable[[Path], object], suffix: str) -> Read:
    """Returns a reader of bytes from one of files."""
    folder = Path("/dev/shm") if Path("/dev/shm").is_dir() else Path(tempfile.gettempdir())

    def read(content: bytes) -> object:
        path = folder / f"fuzz-{os.getpid()}{suffix}"
        try:
            path.write_bytes(content)
            return read_fn(path)
        finally:
            path.unlink(missing_ok=True)

    return read


def fuzz(
    read: Read, samples: Sequence[bytes], cases: int, seed: int = 0, memory: int = MEMORY, seconds: float = SECONDS
) -> Findings:
    """Reads `cases` files, each a sample with a few changes, and says what became of them."""
    findings = Findings()
    processes = multiprocessing.get_context("fork")
    case = 0
    while case < cases:
        here, there = processes.Pipe(duplex=False)
        child = processes.Process(
            target=_read_cases, args=(there, read, samples, range(case, cases), seed, memory, seconds)
        )
        child.start()
        there.close()
        with contextlib.suppress(EOFError):  # of a child that is done, or dead
            while True:
                outcome, taken, grown = here.recv()
                findings.slowest, findings.memory = max(findings.slowest, taken), max(findings.memory, grown)
                _note(findings, case, outcome)
                case += 1
        child.join()
        if child.exitcode:
            died = "no end" if child.exitcode == -signal.SIGALRM else f"died with {child.exitcode}"
            _note(findings, case, died)
            case += 1
    return findings


def mutate_case(samples: Sequence[bytes], seed: int, case: int) -> bytes:
    """Returns the bytes of one case: a sample with one to four changes."""
    rng = random.Random(f"{seed}/{case}")
    content = bytearray(rng.choice(samples))
    for _ in range(rng.randint(1, _MOST_CHANGES)):
        rng.choice((_flip, _overwrite, _set_number, _insert, _delete, _repeat, _cut))(content, rng)
    return bytes(content)


def _note(findings: Findings, case: int, outcome: str) -> None:
    findings.outcomes[outcome] += 1
    if outcome not in (READ, REFUSED):
        findings.failures[case] = outcome


def _read_cases(
    results: Connection, read: Read, samples: Sequence[bytes], cases: range, seed: int, memory: int, seconds: float
) -> None:
    in_use = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (in_use + memory,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # a handler would wait for the C code that does not end
    at_start = _peak()
    for case in cases:
        content = mutate_case(samples, seed, case)
        start = time.monotonic()
        signal.setitimer(signal.ITIMER_REAL, seconds)
        outcome = _try(read, content)
        signal.setitimer(signal.ITIMER_REAL, 0)
        results.send((outcome, time.monotonic() - start, _peak() - at_start))


def _try(read: Read, content: bytes) -> str:
    try:
        read(content)
    except BaseException as error:
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, MemoryError):
                return "out of memory"
            cause = cause.__cause__ or cause.__context__
        return REFUSED if isinstance(error, UserError) else f"raised {type(error).__name__}"
    return READ


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _at(content: bytearray, rng: random.Random) -> int:
    """A position, half of the time near an end, where headers and directories are."""
    if rng.random() < 0.5:
        near = rng.randrange(min(len(content), 2048) + 1)
        return rng.choice((near, len(content) - near))
    return rng.randrange(len(content) + 1)


def _flip(content: bytearray, rng: random.Random) -> None:
    if content:
        content[_at(content, rng) - 1] ^= 1 << rng.randrange(8)


def _overwrite(content: bytearray, rng: random.Random) -> None:
    at, new = _at(content, rng), rng.randbytes(rng.randint(1, 8))
    content[at : at + len(new)] = new


def _set_number(content: bytearray, rng: random.Random) -> None:
    number, length = rng.choice(_NUMBERS), rng.choice((1, 2, 4, 8))
    at = _at(content, rng)
    content[at : at + length] = (number % 256**length).to_bytes(length, rng.choice(("little", "big")))


def _insert(content: bytearray, rng: random.Random) -> None:
    at, length = _at(content, rng), rng.randint(1, _LONGEST_RUN)
    content[at:at] = rng.choice((bytes(length), rng.randbytes(length)))


def _delete(content: bytearray, rng: random.Random) -> None:
    at = _at(content, rng)
    del content[at : at + rng.randint(1, _LONGEST_RUN)]


def _repeat(content: bytearray, rng: random.Random) -> None:
    at = _at(content, rng)
    content[at:at] = content[at : at + rng.randint(1, _LONGEST_RUN)] * rng.choice((1, 2, 16, 256))


def _cut(content: bytearray, rng: random.Random) -> None:
    del content[_at(content, rng) :]
