"""Storage that comes and goes: what fails of it is tried again for a while, before the run leaves to be started again.

A file server restarts, a mount is renewed, a folder is moved and brought back. A full disk and missing rights are no
such case: they stay until somebody mends them.
"""

import errno
import logging
import os
import time
from collections.abc import Callable
from typing import TypeVar

from dcgan_jax.errors import RetryLater, UserError
from dcgan_jax.runtime import shutdown

logger = logging.getLogger(__name__)

SECONDS = 120.0
"""How long it is tried again."""

_PAUSE_SECONDS = 1.0
_TRANSIENT = {
    *(errno.EIO, errno.ESTALE, errno.ENOTCONN, errno.EPIPE, errno.ETIMEDOUT, errno.ENOENT, errno.ENODEV),
    *(errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.ECONNREFUSED, errno.ECONNRESET, errno.ECONNABORTED),
}
_WORDS = ("UNAVAILABLE", "DEADLINE_EXCEEDED", *(os.strerror(number) for number in sorted(_TRANSIENT)))

Value = TypeVar("Value")


def is_transient(error: BaseException) -> bool:
    """Returns whether an error says that storage does not answer, by its number or, of object stores, by its words."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno in _TRANSIENT
    if isinstance(error, RetryLater | UserError):
        return False
    return any(word in str(error) for word in _WORDS)


def unavailable(place: object, error: BaseException) -> RetryLater:
    """Returns the error that ends a run because of storage that does not answer."""
    reason = getattr(error, "strerror", None) or (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
    return RetryLater(
        f"{place} does not answer ({reason}): bring it back and run the same command again to continue from the last "
        "checkpoint."
    )


def retry(operation: Callable[[], Value], place: object) -> Value:
    """Returns what an operation returns, trying it again for `SECONDS` while the storage it needs does not answer.

    `place` is what messages call that. Raises RetryLater if it did not answer in all this time.
    """
    begun, is_told = time.monotonic(), False
    while True:
        try:
            return operation()
        except Exception as error:
            if not is_transient(error) or shutdown.is_sign_of_a_lost_process(error):
                raise
            if time.monotonic() - begun > SECONDS:
                raise unavailable(place, error) from error
            if not is_told:
                logger.warning("%s does not answer (%s): trying again for %.0f s", place, error, SECONDS)
                is_told = True
        time.sleep(_PAUSE_SECONDS)
