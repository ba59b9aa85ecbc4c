"""Reads the tensors of a torch file without torch, and without ever running anything that the file says.

A torch file is a pickle (`torch_pickle`) beside raw arrays. Arrays are as long as the file has bytes for them, all of
them together no longer than the file, and no tensor reaches beyond its array.
"""

import io
import math
import struct
import zipfile
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from dcgan_jax.errors import FileError
from dcgan_jax.inception.torch_pickle import Refused, Storage, Tensor, is_key, unpickle

_OLD_FORMAT_MAGIC = 0x1950A86A20F9469CFC6C
_OLD_FORMAT_PROTOCOL = 1001
_LONGEST_TEXT = {"byteorder": 16, "data.pkl": 2**24}  # bytes of the entries of an archive that hold no numbers
_SHOWN = 80  # characters of a name in a message


class TorchFileError(FileError):
    """The file is not one that may be read: damaged, or it holds something other than tensors."""


def read_torch_file(path: Path) -> dict[str, np.ndarray]:
    """Returns the named tensors of a file that `torch.save(state_dict)` wrote, in the old or the zip format.

    Raises:
      TorchFileError: the file is truncated, is no torch file, or its pickle names anything but tensors and plain
        containers; the message says what. Nothing in the pickle is executed.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            if not zipfile.is_zipfile(file):
                file.seek(0)
                return _read_old(file, size)
            with zipfile.ZipFile(file) as archive:
                return _read_archive(archive, size)
    except Refused as reason:
        raise TorchFileError(path, f"was refused: {reason}; give weights in pytorch-fid's format.") from None
    except OSError as error:
        raise TorchFileError(path, f"cannot be read: {error.strerror or error}; check the path.") from None
    except Exception as error:  # zipfile's ways to fail are many, struct.error and RuntimeError among them
        raise TorchFileError(
            path,
            f"was refused: its zip archive is damaged ({type(error).__name__}); give weights in pytorch-fid's format.",
        ) from None


def _read_old(file: io.BufferedIOBase, size: int) -> dict[str, np.ndarray]:
    """Reads the format before torch 1.6: pickles of a magic number, the protocol, the system, the state, the names of
    storages; then the storages, each behind its length.
    """
    if unpickle(file) != _OLD_FORMAT_MAGIC or unpickle(file) != _OLD_FORMAT_PROTOCOL:
        raise Refused("it is not a torch file")
    system = unpickle(file)
    if not isinstance(system, dict) or system.get("little_endian") is not True:
        raise Refused("its numbers are not little-endian")
    tensors = _named_tensors(unpickle(file))
    keys = unpickle(file)
    storages = _collect_storages(tensors)
    if not isinstance(keys, list) or not all(map(is_key, keys)) or storages.keys() - set(keys):
        raise Refused("its list of storages is incomplete")
    arrays = {}
    for key in keys:
        if key not in storages:
            raise Refused(f"storage {key} belongs to no tensor")
        storage = storages[key]
        header = file.read(struct.calcsize("<q"))
        length = storage.length * storage.dtype.itemsize
        if len(header) < struct.calcsize("<q") or file.tell() + length > size:
            _refuse_truncated(storage)
        if struct.unpack("<q", header)[0] != storage.length:
            raise Refused(f"storage {key} does not have the {storage.length} numbers that were announced")
        arrays[key] = np.frombuffer(file.read(length), storage.dtype)
    return {name: _view(arrays[tensor.storage.key], tensor) for name, tensor in tensors.items()}


def _read_archive(archive: zipfile.ZipFile, size: int) -> dict[str, np.ndarray]:
    """Reads the format since torch 1.6: a zip archive of the pickle and the storages."""
    names = set(archive.namelist())
    pickles = [name for name in names if name.count("/") == 1 and name.endswith("/data.pkl")]
    if len(pickles) != 1:
        raise Refused("it is a zip archive without data.pkl, not a torch file")
    folder = pickles[0].removesuffix("data.pkl")
    byte_order, longest = f"{folder}byteorder", _LONGEST_TEXT
    if byte_order in names and _read_entry(archive, byte_order, longest["byteorder"]).strip() != b"little":
        raise Refused("its numbers are not little-endian")
    content = _read_entry(archive, pickles[0], min(size, longest["data.pkl"]))
    tensors = _named_tensors(unpickle(io.BytesIO(content)))
    arrays = {}
    for key, storage in _collect_storages(tensors).items():
        entry, length = f"{folder}data/{key}", storage.length * storage.dtype.itemsize
        if entry not in names or archive.getinfo(entry).file_size != length:
            _refuse_truncated(storage)
        # Entries may overlap: all of them together are no longer than the file.
        content = _read_entry(archive, entry, size)
        if len(content) != length:
            _refuse_truncated(storage)
        size -= length
        arrays[key] = np.frombuffer(content, storage.dtype)
    return {name: _view(arrays[tensor.storage.key], tensor) for name, tensor in tensors.items()}


def _read_entry(archive: zipfile.ZipFile, name: str, longest: int) -> bytes:
    entry = archive.getinfo(name)
    if entry.compress_type != zipfile.ZIP_STORED:
        raise Refused("its zip archive is compressed, which torch never does")
    claimed = max(entry.file_size, entry.compress_size)  # either is asked for in one piece
    if claimed > longest:
        raise Refused(f"its zip archive is damaged (an entry of {claimed} bytes where {longest} are possible)")
    return archive.read(entry)


def _refuse_truncated(storage: Storage) -> NoReturn:
    raise Refused(f"it is truncated: storage {storage.key} should have {storage.length} numbers")


def _named_tensors(state: Any) -> dict[str, Tensor]:
    if not isinstance(state, dict):
        raise Refused(f"it holds a {type(state).__name__}, not named tensors")
    for name, value in state.items():
        if not isinstance(name, str):
            raise Refused(f"one of its entries is named by a {type(name).__name__}")
        if not isinstance(value, Tensor):
            raise Refused(f"its entry {name[:_SHOWN]!r} is no tensor")
    return dict(state)


def _collect_storages(tensors: dict[str, Tensor]) -> dict[str, Storage]:
    storages: dict[str, Storage] = {}
    for tensor in tensors.values():
        if storages.setdefault(tensor.storage.key, tensor.storage) != tensor.storage:
            raise Refused(f"storage {tensor.storage.key} is described in two ways")
    return storages


def _view(array: np.ndarray, tensor: Tensor) -> np.ndarray:
    """Returns the tensor in its storage's numbers; never one beyond them, where as_strided would read as well."""
    _, offset, shape, strides = tensor
    elements = math.prod(shape)
    last = offset + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True))
    if elements > array.size or (elements and last >= array.size):
        raise Refused(f"a tensor of {len(shape)} dimensions reaches beyond its storage of {array.size} numbers")
    # A stride that is never taken can be any number, also one that numpy has no room for.
    taken = [stride * array.itemsize if size > 1 else 0 for size, stride in zip(shape, strides, strict=True)]
    try:
        return np.lib.stride_tricks.as_strided(array[offset:], shape, taken, writeable=False)
    except (ValueError, OverflowError):
        raise Refused("an empty tensor has sizes that are too large") from None
