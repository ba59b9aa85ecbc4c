"""Signals that come while the program's packages are being imported, which takes seconds: nothing is there to be saved.

It imports next to nothing itself, so that it hears them from the first moment on.
"""

import contextlib
import os
import signal
from collections.abc import Callable, Iterable
from types import FrameType
from typing import NoReturn

from dcgan_jax.errors import EXIT_INTERRUPTED

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STOPPED = "Stopped: run the same command again to continue."


def leave_on_signals() -> None:
    """Makes signals end the program with a sentence and `EXIT_INTERRUPTED`, until `signals.listen` takes over."""
    set_handler(_leave, SIGNALS)


def set_handler(handler: Callable[[int, FrameType | None], NoReturn], numbers: Iterable[signal.Signals]) -> None:
    """Sets what answers signals; one that nohup has them ignore stays ignored."""
    for number in numbers:
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, handler)


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    # At once, and not by an exception: packages that are being imported catch those, and take the import for failed.
    with contextlib.suppress(OSError):
        os.write(2, f"{STOPPED}\n".encode())
    os._exit(EXIT_INTERRUPTED)
