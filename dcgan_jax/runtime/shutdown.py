"""How processes leave a run: together in good order, or all because one has to, with its sentence and exit code."""

import contextlib
import json
import sys
import threading
import time
from typing import NoReturn

from dcgan_jax.errors import EXIT_INTERRUPTED
from dcgan_jax.runtime import processes

GRACE_SECONDS = 5
"""What a process that is told to leave has to come to an end by itself."""

SHUTDOWN_SECONDS = 60
"""More than leaving JAX's runtime takes."""

LOST = (
    "Lost the connection to another process of this run: run the same command again, in all processes, to continue "
    "from the last checkpoint."
)

_SIGNS_OF_A_LOST_PROCESS = ("Gloo", "NCCL", "Connection", "Socket closed", "heartbeat", "UNAVAILABLE")
_NOTICE = "dcgan_jax/shutdown"

_leaving = threading.Event()
_shutting_down = threading.Event()


def finish() -> None:
    """Takes leave of the others in good order, when all have come to their end."""
    if processes.is_joined():
        processes.wait_for_all()
        _leaving.set()
        _shut_down()


def leave(sentence: str, code: int, lost: bool = False) -> NoReturn:
    """Ends this process before its time, and all others with it: they print the sentence and take the exit code.

    Where another process is `lost`, nobody must wait for it.
    """
    _leaving.set()
    print(sentence, file=sys.stderr, flush=True)
    with contextlib.suppress(Exception):  # another one left before, or the coordination service is gone
        processes.tell(_NOTICE, json.dumps([sentence, code, lost]))
    _exit(code, lost)


def give_way() -> None:
    """Waits for the end of this process where another thread is ending it; what fails meanwhile may fail of that."""
    if _shutting_down.is_set():
        time.sleep(SHUTDOWN_SECONDS)


def is_sign_of_a_lost_process(error: BaseException) -> bool:
    """Returns whether an error says that another process does not answer any more."""
    return processes.is_joined() and any(sign in str(error) for sign in _SIGNS_OF_A_LOST_PROCESS)


def follow() -> None:
    """Leaves, from now on, when another process leaves before its time."""
    if processes.is_joined():
        threading.Thread(target=_follow, daemon=True).start()


def _follow() -> None:
    """Waits until a process leaves before its time and leaves too, unless this one is about to."""
    try:
        sentence, code, lost = json.loads(processes.wait_for(_NOTICE))
    except Exception:  # the coordination service is gone, and with it the first process; JAX is about to abort
        if not _leaving.is_set():
            print(LOST, file=sys.stderr, flush=True)
            processes.exit_at_once(EXIT_INTERRUPTED)
        return
    if not _leaving.wait(GRACE_SECONDS):
        print(sentence, file=sys.stderr, flush=True)
        _exit(code, lost)


def _shut_down() -> None:
    import jax

    with contextlib.suppress(Exception):
        jax.distributed.shutdown()


def _exit(code: int, lost: bool) -> NoReturn:
    _shutting_down.set()
    if lost:
        time.sleep(1)  # for the others to hear of it
    else:
        _shut_down()
    processes.exit_at_once(code)
