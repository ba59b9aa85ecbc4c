"""Square images of one size in numbered slots of a file, filled and read by any number of threads."""

import os
from pathlib import Path

import numpy as np
from jaxtyping import Shaped


class PixelFile:
    """A file of slots. (A full disk is an OSError here, and a crash in a memory map; a lost file system likewise.)"""

    def __init__(self, path: Path, size: int, dtype: type[np.generic] = np.uint8):
        """Creates the file, for images of `size` pixels a side."""
        self.path, self._size, self._dtype = path, size, np.dtype(dtype)
        self._slot_bytes = size**2 * self._dtype.itemsize
        self._file = path.open("w+b", buffering=0)

    def __enter__(self) -> "PixelFile":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, slot: int, pixels: Shaped[np.ndarray, "size size"]) -> None:
        """Fills a slot."""
        content, written = pixels.astype(self._dtype).tobytes(), 0
        while written < len(content):
            written += os.pwrite(self._file.fileno(), content[written:], slot * self._slot_bytes + written)

    def read(self, slot: int) -> Shaped[np.ndarray, "size size"]:
        """Returns what was written to a slot."""
        content = read_at(self._file.fileno(), self._slot_bytes, slot * self._slot_bytes)
        return np.frombuffer(content, self._dtype).reshape(self._size, self._size)


def read_at(descriptor: int, count: int, place: int) -> bytearray:
    """Returns bytes of an open file; raises OSError if they can't be read, or the file ends before."""
    content = bytearray()
    while len(content) < count:
        part = os.pread(descriptor, count - len(content), place + len(content))
        if not part:
            raise OSError(f"it ends at byte {place + len(content)}")
        content += part
    return content
