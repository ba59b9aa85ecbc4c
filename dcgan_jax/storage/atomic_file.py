"""Files that are there whole or not at all, whenever the process or the machine stops.

A file is written as a hidden neighbor, `.NAME.part`, which then takes its name. Processes that write the same file wait
for each other; the last one's content stays. What a killed process leaves of a neighbor is overwritten by the next
that writes the file; until then `is_partial` tells it from what a folder holds.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

_LONGEST_NAME = 255 - len("..part")  # bytes, of the file systems in use


def write_text(path: Path, text: str) -> None:
    """As `write_bytes`, of UTF-8; surrogates stand for bytes that are not UTF-8, as in file names."""
    write_bytes(path, text.encode("utf-8", errors="surrogateescape"))


def write_bytes(path: Path, content: bytes) -> None:
    """Writes a file whole, or leaves it as it was; one that holds the content already is left alone.

    Raises OSError if it can't be written (a full disk: ENOSPC). The error carries the file's name; no neighbor is left.
    """
    if path.is_file() and path.read_bytes() == content:
        return
    with replacing(path) as file:
        file.write(content)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Gives out an empty file that takes the place of `path` at the end of the block, unless the block fails.

    Raises OSError as `write_bytes`.
    """
    partial = path.with_name(f".{os.fsdecode(os.fsencode(path.name)[:_LONGEST_NAME])}.part")
    try:
        with _open_alone(partial) as file:
            try:
                yield file
                file.flush()
                os.fsync(file.fileno())
                partial.replace(path)
            except BaseException:
                partial.unlink(missing_ok=True)
                raise
    except OSError as error:
        if error.errno is None or error.filename not in (None, str(partial)):
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error


def is_partial(name: str) -> bool:
    """Tells whether a file of this name is one that is being written, or that a killed process left behind."""
    return name.startswith(".") and name.endswith(".part")


def _open_alone(partial: Path) -> IO[bytes]:
    """Opens a file for this process alone, empty; waits while another has it."""
    while True:
        file = os.fdopen(os.open(partial, os.O_RDWR | os.O_CREAT, 0o666), "r+b")
        try:
            with contextlib.suppress(OSError):  # of file systems without locks
                fcntl.flock(file, fcntl.LOCK_EX)
            # Whoever had it has given it its name by now, or removed it: then this is no longer the neighbor.
            if partial.exists() and os.path.samestat(os.fstat(file.fileno()), partial.stat()):
                if os.fstat(file.fileno()).st_size:
                    file.truncate()
                return file
        except FileNotFoundError:
            pass
        except BaseException:
            file.close()
            raise
        file.close()
