"""Progress of a long job: a bar on a terminal, a plain line now and then where output is piped or logged."""

import sys
import threading
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from tqdm import tqdm

Item = TypeVar("Item")

_BAR_FORMAT = "{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}, {remaining} left, {rate_noinv_fmt}{postfix}]"
_PLAIN_FORMAT = "{desc}: {n_fmt} of {total_fmt}{unit}, {rate_noinv_fmt}, {remaining} left{postfix}"
_SECONDS_BETWEEN_LINES = 10.0
_hidden = False


def hide() -> None:
    """Shows no progress from now on: of several processes that do the same, one shows it."""
    global _hidden
    _hidden = True


class _Bar(tqdm):
    """A tqdm that may wait for something before its first unit; what that takes counts for neither pace nor time left.

    The pace is the mean since then, so that what comes at intervals, as scores do, counts as often as it comes.
    """

    disable: bool
    seconds_between_ticks = 1.0
    _waits_for = ""

    def wait_for(self, what: str) -> None:
        """Shows `what` and its seconds until the first unit is done."""
        if self.disable:
            return
        self._waits_for, self._is_over = what, threading.Event()
        threading.Thread(target=self._tick, daemon=True).start()

    def update(self, n: float = 1) -> bool | None:
        if not self._waits_for:
            return super().update(n)
        self._stop_waiting()
        self.n += n
        self.initial = self.last_print_n = self.n
        self.start_t = self.last_print_t = self._time()
        self.refresh()
        return True

    def close(self) -> None:
        self._stop_waiting()
        super().close()

    @property
    def format_dict(self) -> dict[str, Any]:
        shown = super().format_dict
        if self._waits_for:
            shown["postfix"] = f"{self._waits_for}, {shown['elapsed']:.0f} s"
        return shown

    def _tick(self) -> None:
        pause = 1.0  # nothing is said of what is over by then
        while not self._is_over.wait(pause):
            self.refresh()
            pause = self.seconds_between_ticks

    def _stop_waiting(self) -> None:
        if self._waits_for:
            self._is_over.set()
            self._waits_for = ""


class _PlainLines(_Bar):
    """A tqdm that writes whole lines, so that a log file stays readable."""

    seconds_between_ticks = _SECONDS_BETWEEN_LINES

    def display(self, msg: str | None = None, pos: int | None = None) -> None:
        self.fp.write(f"{msg or self}\n")
        self.fp.flush()

    def close(self) -> None:
        self._stop_waiting()
        if not self.disable:
            self.disable = True
            self._decr_instances(self)
            if self.n:
                self.display()


def create_progress(total: int, description: str, unit: str, initial: int = 0, waits_for: str = "") -> tqdm:
    """Returns a tqdm that shows count, rate and time left on standard error; it is a context manager with `update`.

    Args:
      total: how many units the job has.
      description: what the job does, shown first.
      unit: what is counted, plural ("images").
      initial: units that were done before.
      waits_for: what comes before the first unit is done ("compiling"); shown with its seconds, and not counted.
    """
    shared = {
        **{"total": total, "desc": description, "unit": f" {unit}"},
        **{"initial": initial, "file": sys.stderr, "disable": _hidden, "smoothing": 0},
    }
    if sys.stderr.isatty():
        bar = _Bar(**shared, bar_format=_BAR_FORMAT, dynamic_ncols=True)
    else:
        pause = _SECONDS_BETWEEN_LINES
        bar = _PlainLines(**shared, bar_format=_PLAIN_FORMAT, mininterval=pause, maxinterval=pause, delay=0.1)
    if waits_for:
        bar.wait_for(waits_for)
    return bar


def track(items: Iterable[Item], total: int, description: str, unit: str) -> Iterator[Item]:
    """Yields the items while showing how far the iteration has come."""
    with create_progress(total, description, unit) as progress:
        for item in items:
            yield item
            progress.update()
