"""Ctrl-C, SIGTERM and a lost terminal as a request that the loop answers between two steps."""

import signal
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import NoReturn

from dcgan_jax.runtime import processes

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
"""What asks for a stop."""

_asked_before = False


def listen(with_usr1: bool = False) -> None:
    """Makes the signals end the program as Ctrl-C does, until a loop answers them.

    Args:
      with_usr1: SIGUSR1 too, by which job systems warn; unasked it keeps its meaning, since others use it otherwise.
    """
    if with_usr1:
        SIGNALS.append(signal.SIGUSR1)
    for number in SIGNALS:
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # ignored: started by nohup
            signal.signal(number, end_program)


def end_program(number: int, frame: FrameType | None) -> NoReturn:
    """Ends the program as Ctrl-C does, where it has no loop that would save first: a handler for `SIGNALS`.

    An exception is lost where Python ignores it, as in a callback of the garbage collector. So it is remembered for the
    next loop.
    """
    global _asked_before
    _asked_before = True
    raise KeyboardInterrupt


def end_if_asked() -> None:
    """Ends the program where a signal's exception was lost: for loops that have nothing to save."""
    if _asked_before:
        raise KeyboardInterrupt


class Interrupted(Exception):
    """A signal stopped the run after its state was saved: the same command continues it.

    Attributes:
      step: completed updates of the saved state.
    """

    def __init__(self, step: int):
        super().__init__(f"stopped by a signal at step {step}")
        self.step = step


class StopRequest:
    """While it is entered, the first signal only asks for a stop; a second one acts as it would without us."""

    def __init__(self, sync: Callable[[bool], bool] = bool) -> None:
        """Changes no handler yet.

        Args:
          sync: whether this process was asked -> whether any was. The same in all processes at the same call.
        """
        self.requested = _asked_before
        self._sync = sync
        self._agreed = False
        self._previous: dict[signal.Signals, signal._HANDLER] = {}

    def __enter__(self) -> "StopRequest":
        heeded = [number for number in SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
        self._previous = {number: signal.signal(number, self._request) for number in heeded}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._restore()

    def agreed(self) -> bool:
        """Returns whether the run is to stop here; every process asks at the same points and gets the same answer."""
        self._agreed = self._agreed or self._sync(self.requested)
        return self._agreed

    def agreed_at_once(self) -> bool:
        """Returns the same where no call carries the question: the processes wait for each other's answers."""
        self._agreed = self._agreed or any(processes.gather(self.requested))
        return self._agreed

    def _request(self, number: int, frame: FrameType | None) -> None:
        self.requested = True
        self._restore()

    def _restore(self) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        self._previous = {}
