"""Reads the tensors of a torch file without torch, and without ever running anything that the file says.

A torch file is a pickle beside raw arrays, and a pickle is a program. Here it may name six kinds of thing:
OrderedDict, `torch._utils._rebuild_tensor_v2` and the storage types of numbers, each replaced by a stand-in of ours
that only records what it was given. Sizes are checked against the file before any memory is taken.
"""

import io
import math
import pickle
import pickletools
import struct
import zipfile
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, NamedTuple, NoReturn

import numpy as np

from dcgan_jax.errors import UserError

_OLD_FORMAT_MAGIC = 0x1950A86A20F9469CFC6C
_OLD_FORMAT_PROTOCOL = 1001
_STORAGE_TYPES = {
    "DoubleStorage": "<f8",
    "FloatStorage": "<f4",
    "HalfStorage": "<f2",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "|i1",
    "ByteStorage": "|u1",
    "BoolStorage": "|b1",
}
_TOO_MANY_DIMENSIONS = 9
_LONGEST_PICKLE = 2**24  # bytes; the official file's is 73 thousand


class TorchFileError(UserError):
    """The file is not one that may be read: damaged, or it holds something other than tensors."""


class _StorageType(NamedTuple):
    dtype: np.dtype


class _Storage(NamedTuple):
    key: str
    dtype: np.dtype
    length: int


class _Tensor(NamedTuple):
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _Refused(Exception):
    """Why a file is refused; becomes a TorchFileError where the file's name is known."""


def read_torch_file(path: Path) -> dict[str, np.ndarray]:
    """Returns the named tensors of a file that `torch.save(state_dict)` wrote, in the old or the zip format.

    Raises:
      TorchFileError: the file is truncated, is no torch file, or its pickle names anything but tensors and plain
        containers; the message says what. Nothing in the pickle is executed.
    """
    try:
        if zipfile.is_zipfile(path):
            return _read_zip(path)
        with path.open("rb") as file:
            return _read_old(file, path.stat().st_size)
    except _Refused as reason:
        raise TorchFileError(f"{path} was refused: {reason}; give weights in pytorch-fid's format.") from None
    except OSError as error:
        raise TorchFileError(f"{path} cannot be read: {error.strerror or error}; check the path.") from None


class _TensorUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild_tensor
        if module == "torch" and name in _STORAGE_TYPES:
            return _StorageType(np.dtype(_STORAGE_TYPES[name]))
        raise _Refused(f"its pickle names {module}.{name}, and only tensors and plain containers are allowed")

    def persistent_load(self, pid: Any) -> _Storage:
        # Old files add a sixth field, a view of another storage, which no state_dict uses.
        if not isinstance(pid, tuple) or len(pid) not in (5, 6) or pid[0] != "storage" or pid[5:] not in ((), (None,)):
            raise _Refused(f"its pickle refers to {str(pid)[:80]!r}, which is no plain storage")
        _, storage_type, key, _, count = pid[:5]
        if not isinstance(storage_type, _StorageType) or not isinstance(key, str) or not _is_count(count):
            raise _Refused("its pickle describes a storage without type, key or count")
        return _Storage(key, storage_type.dtype, count)


def _rebuild_tensor(storage: Any, offset: Any, shape: Any, strides: Any, *_: Any) -> _Tensor:
    if not isinstance(storage, _Storage) or not isinstance(shape, tuple) or not isinstance(strides, tuple):
        raise _Refused("its pickle rebuilds a tensor from something that is no storage")
    if not all(map(_is_count, (offset, *shape, *strides))) or len(shape) != len(strides):
        raise _Refused(f"its pickle describes a tensor of shape {shape} with strides {strides}")
    last = offset + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True))
    elements = math.prod(shape)
    if len(shape) >= _TOO_MANY_DIMENSIONS or elements > storage.length or (elements and last >= storage.length):
        raise _Refused(f"a tensor of shape {shape} reaches beyond its storage of {storage.length} numbers")
    return _Tensor(storage, offset, shape, strides)


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


def _unpickle(file: IO[bytes]) -> Any:
    """Reads the pickle at the file's position and leaves the position behind it."""
    start = file.tell()
    content = file.read(_LONGEST_PICKLE)
    try:
        length = _measure_pickle(content)
        value = _TensorUnpickler(io.BytesIO(content[:length])).load()
    except _Refused:
        raise
    # A hostile pickle can make the unpickler fail in any way it likes; none of them is a defect of ours.
    except Exception as error:
        raise _Refused(f"its pickle is damaged ({type(error).__name__}: {error})") from None
    file.seek(start + length)
    return value


def _measure_pickle(content: bytes) -> int:
    """Returns where the pickle ends, without running it.

    The unpickler makes a table as long as the largest index that is stored to, so one number could take all memory.
    """
    for instruction, argument, _ in pickletools.genops(stream := io.BytesIO(content)):
        if instruction.name.endswith("PUT") and (argument or 0) > len(content):
            raise _Refused(f"its pickle is damaged (it stores at {argument})")
    return stream.tell()


def _read_old(file: IO[bytes], size: int) -> dict[str, np.ndarray]:
    if _unpickle(file) != _OLD_FORMAT_MAGIC or _unpickle(file) != _OLD_FORMAT_PROTOCOL:
        raise _Refused("it is not a torch file")
    system = _unpickle(file)
    if not isinstance(system, dict) or system.get("little_endian") is not True:
        raise _Refused("its numbers are not little-endian")
    tensors = _named_tensors(_unpickle(file))
    keys = _unpickle(file)
    storages = {tensor.storage.key: tensor.storage for tensor in tensors.values()}
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys) or storages.keys() - set(keys):
        raise _Refused("its list of storages is incomplete")
    arrays = {}
    for key in keys:
        if key not in storages:
            raise _Refused(f"storage {key} belongs to no tensor")
        storage = storages[key]
        arrays[key] = _read_array(file, storage, size, header=struct.calcsize("<q"))
    return {name: _view(arrays[tensor.storage.key], tensor) for name, tensor in tensors.items()}


def _read_array(file: IO[bytes], storage: _Storage, size: int, header: int) -> np.ndarray:
    count_bytes = file.read(header)
    length = storage.length * storage.dtype.itemsize
    if len(count_bytes) < header or file.tell() + length > size:
        _refuse_truncated(storage)
    if struct.unpack("<q", count_bytes)[0] != storage.length:
        raise _Refused(f"storage {storage.key} does not have the {storage.length} numbers that were announced")
    return np.frombuffer(file.read(length), storage.dtype)


def _read_zip(path: Path) -> dict[str, np.ndarray]:
    try:
        with zipfile.ZipFile(path) as archive:
            pickles = [name for name in archive.namelist() if name.count("/") == 1 and name.endswith("/data.pkl")]
            if len(pickles) != 1:
                raise _Refused("it is a zip archive without data.pkl, not a torch file")
            folder = pickles[0].removesuffix("data.pkl")
            names = set(archive.namelist())
            if f"{folder}byteorder" in names and archive.read(f"{folder}byteorder").strip() != b"little":
                raise _Refused("its numbers are not little-endian")
            with archive.open(pickles[0]) as file:
                tensors = _named_tensors(_unpickle(file))
            arrays = {}
            for storage in {tensor.storage for tensor in tensors.values()}:
                entry = f"{folder}data/{storage.key}"
                if entry not in names or archive.getinfo(entry).file_size != storage.length * storage.dtype.itemsize:
                    _refuse_truncated(storage)
                arrays[storage] = np.frombuffer(archive.read(entry), storage.dtype)
            return {name: _view(arrays[tensor.storage], tensor) for name, tensor in tensors.items()}
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise _Refused(f"its zip archive is damaged ({error})") from None


def _refuse_truncated(storage: _Storage) -> NoReturn:
    raise _Refused(f"it is truncated: storage {storage.key} should have {storage.length} numbers")


def _named_tensors(state: Any) -> dict[str, _Tensor]:
    if not isinstance(state, Mapping):
        raise _Refused(f"it holds a {type(state).__name__}, not named tensors")
    for name, value in state.items():
        if not isinstance(name, str) or not isinstance(value, _Tensor):
            raise _Refused(f"its entry {str(name)[:80]!r} is no tensor")
    return dict(state)


def _view(array: np.ndarray, tensor: _Tensor) -> np.ndarray:
    strides = [stride * array.itemsize for stride in tensor.strides]
    # `_rebuild_tensor` has checked that offset, shape and strides stay within the storage.
    return np.lib.stride_tricks.as_strided(array[tensor.offset :], tensor.shape, strides, writeable=False)
