"""Folders that are there whole or not at all, whenever the process or the machine stops."""

import contextlib
import glob
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

PARTIAL = ".partial-"
"""Between the name of a folder and random letters, in the name of what a killed process leaves of it."""


@contextlib.contextmanager
def replacing(folder: Path, mode: int = 0o777) -> Iterator[Path]:
    """Gives out an empty folder that takes the place of `folder` at the end of the block, unless the block fails.

    It lies beside its final place, so that the last step is a rename within one file system. All files are on the disk
    by then: a rename can outlive a power cut that their content does not.

    Args:
      folder: its parent is there; what it holds is removed in the end.
      mode: permission bits, less the umask.

    Raises:
      OSError: the disk is full, or the parent cannot be written.
    """
    partial = folder.with_name(f"{folder.name}{PARTIAL}{uuid.uuid4().hex}")
    replaced = partial.with_name(f"{partial.name}-replaced")
    partial.mkdir(mode)
    try:
        yield partial
        _flush(partial)
        if folder.exists():
            folder.rename(replaced)
        try:
            partial.rename(folder)
        except BaseException:
            if replaced.exists():
                replaced.rename(folder)
            raise
        _flush_folder(folder.parent)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        shutil.rmtree(replaced, ignore_errors=True)


def remove_leftovers(folder: Path) -> None:
    """Removes what killed processes left of a folder; nobody may be writing it."""
    for leftover in folder.parent.glob(f"{glob.escape(folder.name)}{PARTIAL}*"):
        shutil.rmtree(leftover, ignore_errors=True)


def _flush(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
        else:
            _flush_folder(path)
    _flush_folder(folder)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # of file systems that do not flush folders
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
