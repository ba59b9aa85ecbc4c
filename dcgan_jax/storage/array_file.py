"""Named arrays in the cache: written whole or not at all, and made again when they can't be read."""

import lzma
import os
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

UNREADABLE = (
    *(OSError, EOFError, KeyError, TypeError, ValueError, OverflowError, MemoryError),  # a header that is not numpy's
    *(RuntimeError, NotImplementedError, SyntaxError, struct.error),  # flags and methods that zip files may have
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError),
)
"""What numpy can raise on a .npz that is damaged or no .npz at all."""


def read_cached(path: Path) -> dict[str, np.ndarray] | None:
    """Returns the arrays of a cache file, or None when it is absent or damaged."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return dict(arrays)
    except UNREADABLE:
        return None


def write_cached(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Writes a cache file by way of a temporary one beside it; a cache that can't be written is left out silently."""
    entries: dict[str, Any] = dict(arrays)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        try:
            with part.open("wb") as file:
                np.savez(file, **entries)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError:
        return  # the next run computes it again; this one has what it needs
