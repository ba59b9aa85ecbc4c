"""A bound on the memory that threads take together, without one that could wait for ever."""

import contextlib
import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

_LARGE = 2**26


class MemoryBudget:
    """Bytes that threads may hold at once; what exceeds them all has its turn alone."""

    def __init__(self, limit: int):
        self._limit, self._held, self._working = limit, 0, 0
        self._changed = Condition()

    @contextmanager
    def holding(self, amount: int) -> Iterator[None]:
        """Waits until there is room for what is about to be read, in a quarter of all, and keeps it while entered."""
        with self._changed:
            self._changed.wait_for(lambda: self._held == 0 or self._held + amount <= self._limit // 4)
            self._held += amount
        try:
            yield
        finally:
            self._release(amount)

    @contextmanager
    def working(self, amount: int) -> Iterator[None]:
        """As `holding`, for what holds something already: where all wait, one goes on whatever it takes."""
        with self._changed:
            self._changed.wait_for(lambda: self._working == 0 or self._held + amount <= self._limit)
            self._held += amount
            self._working += 1
        try:
            yield
        finally:
            if amount >= _LARGE:
                _return_to_system()
            with self._changed:
                self._working -= 1
            self._release(amount)

    def _release(self, amount: int) -> None:
        with self._changed:
            self._held -= amount
            self._changed.notify_all()


def _return_to_system() -> None:
    """Gives freed memory back: glibc keeps, for each thread, what the largest image of it took."""
    with contextlib.suppress(AttributeError, OSError, TypeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)
