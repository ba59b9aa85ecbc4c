"""Folders that are there whole or not at all, whenever the process or the machine stops."""

import contextlib
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

PARTIAL = ".partial-"
"""Between the name of a folder and letters of chance: what a killed process leaves of it."""


@contextlib.contextmanager
def replacing(folder: Path, mode: int = 0o777) -> Iterator[Path]:
    """Gives out an empty folder that takes the place of `folder` at the end of the block, unless the block fails.

    It lies beside its final place, so that the last step is a rename within one file system. All files are on the disk
    by then: a rename can outlive a power cut that their content does not.

    Args:
      folder: its parent is there; what it holds is removed in the end.
      mode: who may read it.

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
        partial.rename(folder)
        _flush_folder(folder.parent)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        shutil.rmtree(replaced, ignore_errors=True)


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
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
