"""Standard output and error that never fail: what nobody reads, or no disk holds, is no reason to end a run."""

import contextlib
import io
import os
import sys


class _Unfailing(io.TextIOBase):
    """Writes to a descriptor at once; what cannot be written is lost."""

    encoding = "utf-8"

    def __init__(self, descriptor: int):
        self._descriptor = descriptor

    def write(self, text: str) -> int:
        """Writes what can be written."""
        content = text.encode(self.encoding, errors="backslashreplace")
        with contextlib.suppress(OSError):  # a closed pipe, a full disk, a terminal that has gone
            while content:
                content = content[os.write(self._descriptor, content) :]
        return len(text)

    def writable(self) -> bool:
        """Returns that it takes text."""
        return True

    def fileno(self) -> int:
        """Returns the descriptor, for what is written below Python."""
        return self._descriptor

    def isatty(self) -> bool:
        """Returns whether it is a terminal."""
        return os.isatty(self._descriptor)


def make_unfailing() -> None:
    """Replaces the two streams; comes before any file is opened.

    A descriptor that was closed (`2>&-`) is opened on nothing: else the next file, a checkpoint perhaps, would get its
    number, and what libraries print.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != descriptor:
                os.dup2(opened, descriptor)
                os.close(opened)
    sys.stdout, sys.stderr = _Unfailing(1), _Unfailing(2)
