"""How the command ends: what stops it becomes a sentence and an exit code; a defect keeps its traceback."""

import errno
import os
import sys
import traceback
from pathlib import Path
from typing import NoReturn

from dcgan_jax.errors import EXIT_DEFECT, EXIT_INTERRUPTED, EXIT_USER_ERROR, RetryLater, UserError
from dcgan_jax.runtime import processes, retrying, shutdown

STORAGE_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM}


def stop_for(error: Exception) -> NoReturn:
    """Leaves with the sentence and the code that an error calls for; a defect keeps its traceback."""
    shutdown.give_way()
    if isinstance(error, UserError):
        stop(str(error), EXIT_USER_ERROR)
    if isinstance(error, RetryLater):
        stop(str(error), EXIT_INTERRUPTED)
    if isinstance(error, OSError) and is_away(error):
        stop(str(retrying.unavailable(error.filename or "A folder of the run", error)), EXIT_INTERRUPTED)
    if isinstance(error, OSError) and error.errno in STORAGE_ERRORS:
        stop(
            f"{error.filename or 'The disk'} cannot be used ({error.strerror}): make room, permit it or choose another "
            "place, and run the same command again; what was written whole is kept.",
            EXIT_USER_ERROR,
        )
    if shutdown.is_sign_of_a_lost_process(error):
        reason = " ".join(str(error).split())[:300]
        shutdown.leave(f"{shutdown.LOST} The devices said: {reason}", EXIT_INTERRUPTED, lost=True)
    if processes.is_joined():
        traceback.print_exception(error)
        stop(f"Process {processes.position()} failed: see what it printed.", EXIT_DEFECT)
    raise error


def is_away(error: OSError) -> bool:
    """Returns whether storage does not answer; a missing file is a defect, unless its folder is missing too."""
    if error.errno == errno.ENOENT:
        return bool(error.filename) and not Path(os.fsdecode(error.filename)).parent.exists()
    return retrying.is_transient(error)


def stop(sentence: str, code: int) -> NoReturn:
    """Prints a sentence and leaves; the other processes leave too, if they have not yet."""
    if processes.is_joined():
        shutdown.leave(sentence, code)
    print(sentence, file=sys.stderr, flush=True)
    # At once: on a full disk, packages that close their files would bury the sentence in tracebacks; and after a signal
    # the devices may still be computing, whose threads crash where the interpreter is taken down under them.
    processes.exit_at_once(code)
