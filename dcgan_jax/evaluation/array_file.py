"""Named arrays in the cache: written whole or not at all, and made again when they can't be read."""

import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np


def read_cached(path: Path) -> dict[str, np.ndarray] | None:
    """Returns the arrays of a cache file, or None when it is absent or damaged."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return dict(arrays)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
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
