"""Reads the tensors of a torch file without torch, and without ever running anything that the file says.

A torch file is a pickle beside raw arrays, and a pickle is a program. Here it may name OrderedDict,
`torch._utils._rebuild_tensor_v2` and the storage types of numbers, each replaced by a substitute of ours that only
records what it was given. Arrays are as long as the file has bytes for them, all of them together no longer than the
file, and no tensor reaches beyond its array. What a hostile file can still cost is time.
"""

import io
import math
import pickle
import pickletools
import re
import struct
import zipfile
from collections.abc import Collection, Iterable
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
_MOST_DIMENSIONS = 8
_LONGEST_PICKLE = 2**24  # bytes; the official file's is 73 thousand
_LARGEST_COUNT = 2**62
_LONGEST_BYTE_ORDER = 16  # bytes
_SHOWN = 80  # characters of a name in a message
_STORAGE_KEY = re.compile(r"[0-9A-Za-z_]{1,40}")


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


class _Dict(dict):
    """An OrderedDict's substitute."""

    def __setstate__(self, state: object) -> None:
        """Leaves out attributes (torch's `_metadata`), which could hide the methods of the dictionary."""


class _TensorUnpickler(pickle.Unpickler):
    """Gives out bound methods of its own, which a pickle cannot alter as it could a function or a class."""

    def __init__(self, content: bytes):
        super().__init__(io.BytesIO(content))
        self._entries_left = len(content)

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return self._create_dict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return self._rebuild_tensor
        if module == "torch" and name in _STORAGE_TYPES:
            return _StorageType(np.dtype(_STORAGE_TYPES[name]))
        named = f"{module[:_SHOWN]}.{name[:_SHOWN]}"
        raise _Refused(f"its pickle names {named}, and only tensors and plain containers are allowed")

    def persistent_load(self, pid: Any) -> _Storage:
        # Old files add a sixth field, a view of another storage, which no state_dict uses.
        if not isinstance(pid, tuple) or len(pid) not in (5, 6) or pid[0] != "storage" or pid[5:] not in ((), (None,)):
            raise _Refused(f"its pickle refers to a {type(pid).__name__} that is no plain storage")
        _, storage_type, key, _, count = pid[:5]
        if not isinstance(storage_type, _StorageType) or not _is_key(key) or not _is_count(count):
            raise _Refused("its pickle describes a storage without type, key or count")
        return _Storage(key, storage_type.dtype, count)

    def _create_dict(self, items: Collection = ()) -> _Dict:
        # Copies of copies could fill the memory; an honest pickle spells every entry out.
        self._entries_left -= len(items)
        if self._entries_left < 0:
            raise _Refused("its pickle makes more entries than it has bytes")
        return _Dict(items)

    def _rebuild_tensor(self, storage: Any, offset: Any, shape: Any, strides: Any, *_: Any) -> _Tensor:
        if not isinstance(storage, _Storage) or not isinstance(shape, tuple) or not isinstance(strides, tuple):
            raise _Refused("its pickle rebuilds a tensor from something that is no storage")
        if len(shape) > _MOST_DIMENSIONS or len(shape) != len(strides):
            raise _Refused(f"its pickle describes a tensor with {len(shape)} sizes and {len(strides)} strides")
        if not all(map(_is_count, (offset, *shape, *strides))):
            raise _Refused("its pickle describes a tensor whose offset, sizes or strides are no counts")
        tensor = _Tensor(storage, offset, shape, strides)
        _check_bounds(tensor, storage.length)
        return tensor


def _check_bounds(tensor: _Tensor, length: int) -> None:
    elements = math.prod(tensor.shape)
    last = tensor.offset + sum((size - 1) * stride for size, stride in zip(tensor.shape, tensor.strides, strict=True))
    if elements > length or (elements and last >= length):
        raise _Refused(f"a tensor of {len(tensor.shape)} dimensions reaches beyond its storage of {length} numbers")


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value <= _LARGEST_COUNT


def _is_key(value: Any) -> bool:
    return isinstance(value, str) and _STORAGE_KEY.fullmatch(value) is not None


def _unpickle(file: IO[bytes]) -> Any:
    """Reads the pickle at the file's position and leaves the position behind it."""
    start = file.tell()
    content = file.read(_LONGEST_PICKLE)
    try:
        length = _measure_pickle(content)
        value = _TensorUnpickler(content[:length]).load()
    except _Refused:
        raise
    # A hostile pickle can make the unpickler fail in any way it likes; none of them is a defect of ours.
    except Exception as error:
        raise _Refused(f"its pickle is damaged ({type(error).__name__})") from None
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
    storages = _collect_storages(tensors.values())
    if not isinstance(keys, list) or not all(map(_is_key, keys)) or storages.keys() - set(keys):
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
            return _read_archive(archive, path.stat().st_size)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError, struct.error) as error:
        raise _Refused(f"its zip archive is damaged ({type(error).__name__})") from None


def _read_archive(archive: zipfile.ZipFile, size: int) -> dict[str, np.ndarray]:
    names = set(archive.namelist())
    pickles = [name for name in names if name.count("/") == 1 and name.endswith("/data.pkl")]
    if len(pickles) != 1:
        raise _Refused("it is a zip archive without data.pkl, not a torch file")
    folder = pickles[0].removesuffix("data.pkl")
    byte_order = f"{folder}byteorder"
    if byte_order in names and _read_entry(archive, byte_order, _LONGEST_BYTE_ORDER).strip() != b"little":
        raise _Refused("its numbers are not little-endian")
    tensors = _named_tensors(_unpickle(io.BytesIO(_read_entry(archive, pickles[0], min(size, _LONGEST_PICKLE)))))
    arrays = {}
    for key, storage in _collect_storages(tensors.values()).items():
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
        raise _Refused("its zip archive is compressed, which torch never does")
    if entry.file_size > longest:
        raise _Refused(f"its zip archive is damaged (an entry of {entry.file_size} bytes where {longest} are possible)")
    return archive.read(entry)


def _refuse_truncated(storage: _Storage) -> NoReturn:
    raise _Refused(f"it is truncated: storage {storage.key} should have {storage.length} numbers")


def _named_tensors(state: Any) -> dict[str, _Tensor]:
    if not isinstance(state, dict):
        raise _Refused(f"it holds a {type(state).__name__}, not named tensors")
    for name, value in state.items():
        if not isinstance(name, str):
            raise _Refused(f"one of its entries is named by a {type(name).__name__}")
        if not isinstance(value, _Tensor):
            raise _Refused(f"its entry {name[:_SHOWN]!r} is no tensor")
    return dict(state)


def _collect_storages(tensors: Iterable[_Tensor]) -> dict[str, _Storage]:
    storages: dict[str, _Storage] = {}
    for tensor in tensors:
        if storages.setdefault(tensor.storage.key, tensor.storage) != tensor.storage:
            raise _Refused(f"storage {tensor.storage.key} is described in two ways")
    return storages


def _view(array: np.ndarray, tensor: _Tensor) -> np.ndarray:
    _check_bounds(tensor, array.size)  # as_strided reads wherever it is sent
    # A stride that is never taken can be any number, also one that numpy has no room for.
    strides = [
        stride * array.itemsize if size > 1 else 0 for size, stride in zip(tensor.shape, tensor.strides, strict=True)
    ]
    try:
        return np.lib.stride_tricks.as_strided(array[tensor.offset :], tensor.shape, strides, writeable=False)
    except (ValueError, OverflowError):
        raise _Refused("an empty tensor has sizes that are too large") from None
