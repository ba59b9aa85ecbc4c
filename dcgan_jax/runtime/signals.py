"""Ctrl-C, SIGTERM and a lost terminal as a request that the loop answers between two steps."""

import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from dcgan_jax.runtime import processes, starting

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

SIGNALS = [*starting.SIGNALS, signal.SIGALRM]
"""What asks for a stop; by the last one, one that was lost is sent again."""

_PAUSE_SECONDS = 0.01  # what lost it is over by then
_asked = False


def listen(with_usr1: bool = False) -> None:
    """Makes the signals end the program as Ctrl-C does, until a loop answers them."""
    if with_usr1:  # by which job systems warn; unasked it keeps its meaning, since others use it otherwise
        SIGNALS.append(signal.SIGUSR1)
    starting.set_handler(end_program, SIGNALS)
    sys.unraisablehook = send_again


def ignore_signals() -> None:
    """Lets no signal change what the program leaves as its exit code any more: its work is done."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def end_program(number: int, frame: FrameType | None) -> NoReturn:
    """Ends the program as Ctrl-C does, where it has no loop that would save first: a handler for `SIGNALS`."""
    global _asked
    _asked = True
    raise KeyboardInterrupt


def end_if_asked() -> None:
    """Ends the program if a signal asked for it: called where an error may be what a library made of the signal's.

    TensorStore calls a checkpoint unreadable whose reading a signal ended.
    """
    if _asked:
        raise KeyboardInterrupt


def send_again(lost: "UnraisableHookArgs") -> None:
    """Sends a signal again whose exception Python ignored: a `sys.unraisablehook`.

    Python ignores what is raised in callbacks of the garbage collector, of which JAX has one, and in destructors.
    """
    if isinstance(lost.exc_value, KeyboardInterrupt):
        signal.setitimer(signal.ITIMER_REAL, _PAUSE_SECONDS)
    else:
        sys.__unraisablehook__(lost)


class Interrupted(Exception):
    """A signal stopped the run after its state was saved, at `step`: the same command continues it."""

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
        self.requested = False
        self._sync = sync
        self._agreed = False
        self._previous: dict[signal.Signals, signal._HANDLER] = {}

    def __enter__(self) -> "StopRequest":
        heeded = [number for number in SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
        self._previous = {number: signal.signal(number, self._request) for number in heeded}
        return self

    def __exit__(self, *error: object) -> None:
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
