"""Images of one size in a .npy file: NumPy opens it, and threads read single ones out of it."""

import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from dcgan_jax.data.pixel_file import read_at


def write_records(path: Path, images: Iterable[UInt8[np.ndarray, "size size"]], count: int, size: int) -> None:
    """Writes `count` images as one array, uint8 [image, size, size, 1], without holding them all."""
    with path.open("wb") as file:
        header = {"descr": "|u1", "fortran_order": False, "shape": (count, size, size, 1)}
        np.lib.format.write_array_header_1_0(file, header)
        for image in images:
            file.write(image.tobytes())


class Records:
    """The images of such a file; any thread may read. (A file system that goes away is an OSError here, and death to
    who reads a memory map.)
    """

    def __init__(self, path: Path):
        """Opens the file.

        Raises:
          OSError: it can't be read.
          ValueError: it is no such file.
        """
        self._file = path.open("rb", buffering=0)
        np.lib.format.read_magic(self._file)
        (self._count, self._size, *_), _, _ = np.lib.format.read_array_header_1_0(self._file)
        self._start = self._file.tell()
        expected = self._start + self._count * self._size**2
        if os.fstat(self._file.fileno()).st_size != expected:
            raise ValueError(f"it is not {expected} bytes long")

    def read(self, position: int) -> UInt8[np.ndarray, "size size 1"]:
        """Returns an image; raises OSError or IndexError if it can't be read."""
        if not 0 <= position < self._count:
            raise IndexError(f"there is no image {position}")
        length = self._size**2
        content = read_at(self._file.fileno(), length, self._start + position * length)
        return np.frombuffer(content, np.uint8).reshape(self._size, self._size, 1)
