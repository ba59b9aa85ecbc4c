"""Commands of this repository, run to their end by a benchmark that may be stopped itself."""

import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run_and_wait(command: Sequence[str]) -> int:
    """Runs a command of ours and returns its exit code; a signal that asks us to stop is handed on to it."""
    process = subprocess.Popen(command, cwd=ROOT)
    previous = {number: signal.signal(number, lambda number, _: process.send_signal(number)) for number in SIGNALS}
    try:
        return process.wait()
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
