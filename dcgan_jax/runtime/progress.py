"""Progress of a long job: a bar on a terminal, a plain line now and then where output is piped or logged."""

import sys
from collections.abc import Iterable, Iterator
from typing import TextIO, TypeVar

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


class _PlainLines(tqdm):
    """A tqdm that writes whole lines, so that a log file stays readable."""

    def display(self, msg=None, pos=None):
        self.fp.write(f"{msg or self}\n")
        self.fp.flush()

    def close(self):
        if not self.disable:
            self.disable = True
            self._decr_instances(self)
            if self.n:
                self.display()


def create_progress(total: int, description: str, unit: str, initial: int = 0, stream: TextIO | None = None) -> tqdm:
    """Returns a tqdm that shows count, rate and time left; use it as a context manager and call `update`.

    Args:
      total: how many units the job has.
      description: what the job does, shown first.
      unit: what is counted, plural ("images").
      initial: units that were done before.
      stream: where to write; standard error by default.
    """
    stream = stream or sys.stderr
    shared = {
        **{"total": total, "desc": description, "unit": f" {unit}"},
        **{"initial": initial, "file": stream, "disable": _hidden},
    }
    if stream.isatty():
        return tqdm(**shared, bar_format=_BAR_FORMAT, dynamic_ncols=True)
    return _PlainLines(
        **shared,
        bar_format=_PLAIN_FORMAT,
        mininterval=_SECONDS_BETWEEN_LINES,
        maxinterval=_SECONDS_BETWEEN_LINES,
        delay=0.1,
    )


def track(items: Iterable[Item], total: int, description: str, unit: str) -> Iterator[Item]:
    """Yields the items while showing how far the iteration has come."""
    with create_progress(total, description, unit) as progress:
        for item in items:
            yield item
            progress.update()
