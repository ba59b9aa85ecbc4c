"""Ends a run that stands still, so that whoever started it can start it again: a hung device, file system or peer."""

import faulthandler
import sys
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from dcgan_jax.errors import EXIT_INTERRUPTED
from dcgan_jax.runtime import shutdown

LEAST_MINUTES = 10.0
"""Where the limit follows the pace, it is never shorter."""

Value = TypeVar("Value")

_TIMES_THE_LONGEST = 20
_TICKS = 60  # looks at the clock within the least limit


class Watchdog:
    """Watches, while it is entered, that signs of life come.

    It counts its own ticks rather than the clock: a process that was stopped and goes on has not stood still.
    """

    def __init__(self, minutes: float, give_up: Callable[[str], None] | None = None):
        """Starts nothing yet.

        Args:
          minutes: without a sign of life after which it gives up; 0: from the pace, 20 times the longest pause so far
            and at least `LEAST_MINUTES`.
          give_up: is called with a sentence then; by default the process ends, and all others of the run.
        """
        self._fixed = minutes
        self._tick_seconds = (minutes or LEAST_MINUTES) * 60 / _TICKS
        self._give_up = give_up or _leave
        self._ticks, self._longest, self._is_paused = 0, 0, False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True, name="watchdog")

    def __enter__(self) -> "Watchdog":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._thread.join()

    def sign(self) -> None:
        """Takes a sign of life: a step, a save, a picture."""
        self._longest, self._ticks = max(self._longest, self._ticks), 0

    def ignoring(self, work: Callable[..., Value]) -> Callable[..., Value]:
        """Returns a function in which time passes uncounted: of unknown length, as compiling and scoring are."""

        def call(*arguments: Any) -> Value:
            self._is_paused = True
            try:
                return work(*arguments)
            finally:
                self._is_paused, self._ticks = False, 0

        return call

    @property
    def minutes(self) -> float:
        """How long it waits now."""
        longest = self._longest * self._tick_seconds / 60
        return self._fixed or max(LEAST_MINUTES, _TIMES_THE_LONGEST * longest)

    def _watch(self) -> None:
        while not self._ended.wait(self._tick_seconds):
            self._ticks += not self._is_paused
            if self._ticks * self._tick_seconds >= self.minutes * 60:
                self._give_up(
                    f"Nothing has happened for {self.minutes:.3g} minutes; the stacks of all threads are above. Run "
                    "the same command again to continue from the last checkpoint, or raise config.train.stall_minutes."
                )
                return


def _leave(sentence: str) -> None:
    faulthandler.dump_traceback(sys.stderr, all_threads=True)
    shutdown.leave(sentence, EXIT_INTERRUPTED, lost=True)
