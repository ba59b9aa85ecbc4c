"""Named arrays in .npz files: read without trusting them, and kept in the cache as long as they can be read."""

import contextlib
import math
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from dcgan_jax.errors import FileError
from dcgan_jax.storage import atomic_file

_SUFFIX = ".npy"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""As numpy writes them. Others, which zip files may have, can grow without bounds from a few bytes."""

_DEFLATED_MOST = 1032  # bytes that one byte can become


class ArrayFileError(FileError):
    """The file is no .npz that may be read: damaged, or it holds something other than plain numbers."""


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Returns the arrays of a .npz file by their names, without running anything that it holds.

    An array takes no more memory than the file has bytes for. What the arrays are is for the caller to check.

    Raises:
      FileNotFoundError: there is none.
      ArrayFileError: it can't be read, is damaged, encrypted or no .npz, or holds Python objects.
    """
    if path.exists() and not path.is_file():
        raise ArrayFileError(path, "is no file: give a .npz.")  # a pipe would be waited for
    try:
        size = path.stat().st_size
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if entry.filename.endswith(_SUFFIX)]
            return {entry.filename.removesuffix(_SUFFIX): _read_entry(archive, entry, size) for entry in entries}
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ArrayFileError(path, f"can't be read ({error.strerror or error}): permit reading it.") from None
    # zipfile, zlib and numpy's reader of headers, which is a parser of Python, raise almost anything.
    except Exception as error:
        reason = str(error) if isinstance(error, _UnreadableError) else type(error).__name__
        raise ArrayFileError(path, f"is no .npz with arrays of numbers, or is damaged ({reason}).") from None


def read_cached(path: Path) -> dict[str, np.ndarray] | None:
    """Returns the arrays of a cache file, or None when it is absent or damaged."""
    try:
        return read_arrays(path)
    except (FileNotFoundError, ArrayFileError):
        return None


def write_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    """Writes a .npz file, whole or not at all; raises OSError if it can't be written."""
    with atomic_file.replacing(path) as file:
        np.savez(file, **arrays)


def write_cached(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Writes a cache file; one that can't be written is left out silently."""
    with contextlib.suppress(OSError):  # the next run computes it again; this one has what it needs
        path.parent.mkdir(parents=True, exist_ok=True)
        write_arrays(path, arrays)


class _UnreadableError(Exception):
    """Why an entry is not read."""


def _read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, size: int) -> np.ndarray:
    if entry.compress_type not in _METHODS:
        raise _UnreadableError(f"compressed by method {entry.compress_type}, which numpy does not write")
    growth = _DEFLATED_MOST if entry.compress_type == zipfile.ZIP_DEFLATED else 1
    if entry.compress_size > size or entry.file_size > growth * entry.compress_size:
        raise _UnreadableError(f"an entry claims {entry.file_size} bytes in {entry.compress_size}: more than there are")
    with archive.open(entry) as file:
        version = np.lib.format.read_magic(file)
        read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, is_fortran, dtype = read_header(file)
        if dtype.hasobject:
            raise _UnreadableError("it holds Python objects")
        content = file.read()  # to the end, where the checksum is
    if len(content) != math.prod(shape) * dtype.itemsize:
        raise _UnreadableError("an array is shorter or longer than it says")
    return np.frombuffer(content, dtype).reshape(shape, order="F" if is_fortran else "C")
