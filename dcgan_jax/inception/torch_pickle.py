"""Unpickles what torch says about tensors, by an allow-list; nothing that a pickle asks for is ever run.

A pickle is a program. Here it has only the instructions that torch's need, and may name only OrderedDict,
`torch._utils._rebuild_tensor_v2` and the storage types of numbers, each replaced by a substitute that records what it
was given. The interpreter is the standard library's in Python, whose table of instructions can be cut down: the one in
C hashes what it is told to, and a few bytes describe tuples in tuples that fill the stack or are never done with.
"""

import io
import pickle
import re
from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

import numpy as np

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
_INSTRUCTIONS = (
    *(pickle.PROTO, pickle.FRAME, pickle.STOP, pickle.MARK, pickle.POP),
    *(pickle.NONE, pickle.NEWTRUE, pickle.NEWFALSE),
    *(pickle.INT, pickle.BININT, pickle.BININT1, pickle.BININT2, pickle.LONG1, pickle.LONG4),
    *(pickle.UNICODE, pickle.BINUNICODE, pickle.SHORT_BINUNICODE),
    *(pickle.EMPTY_TUPLE, pickle.TUPLE, pickle.TUPLE1, pickle.TUPLE2, pickle.TUPLE3),
    *(pickle.EMPTY_LIST, pickle.APPEND, pickle.APPENDS, pickle.EMPTY_DICT, pickle.SETITEM, pickle.SETITEMS),
    *(pickle.PUT, pickle.BINPUT, pickle.LONG_BINPUT, pickle.MEMOIZE, pickle.GET, pickle.BINGET, pickle.LONG_BINGET),
    *(pickle.GLOBAL, pickle.STACK_GLOBAL, pickle.REDUCE, pickle.BUILD, pickle.BINPERSID),
)
_LONGEST_PICKLE = 2**20  # bytes; the official file's is 73 thousand
_MOST_DIMENSIONS = 8
_LARGEST_COUNT = 2**62
_SHOWN = 80  # characters of a name in a message
_STORAGE_KEY = re.compile(r"[0-9A-Za-z_]{1,40}")


class Refused(Exception):
    """Why a file is refused; becomes a TorchFileError where the file's name is known."""


class Storage(NamedTuple):
    """An array of numbers elsewhere in the file."""

    key: str
    dtype: np.dtype
    length: int


class Tensor(NamedTuple):
    """A view of a storage, with offset and strides in numbers; nobody has checked that it lies within."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def unpickle(file: io.BufferedIOBase) -> Any:
    """Reads the pickle at the file's position, with a `Tensor` for each tensor, and leaves the position behind it.

    Raises:
      Refused: it is damaged, longer than torch's are, or names or does anything that they don't.
    """
    start = file.tell()
    content = io.BytesIO(file.read(_LONGEST_PICKLE))
    try:
        value = _TensorUnpickler(content).load()
    except Refused:
        raise
    # A hostile pickle can make the unpickler fail in any way it likes; none of them is a defect of ours.
    except Exception as error:
        raise Refused(f"its pickle is damaged ({type(error).__name__})") from None
    file.seek(start + content.tell())
    return value


def is_key(value: Any) -> bool:
    """Tells whether this can be the name of a storage; a path can't."""
    return isinstance(value, str) and _STORAGE_KEY.fullmatch(value) is not None


class _StorageType(NamedTuple):
    dtype: np.dtype


class _TensorUnpickler(pickle._Unpickler):
    stack: list[Any]
    pop_mark: Callable[[], list[Any]]
    dispatch: ClassVar[dict[int, Any]] = {code[0]: pickle._Unpickler.dispatch[code[0]] for code in _INSTRUCTIONS}

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return dict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild_tensor
        if module == "torch" and name in _STORAGE_TYPES:
            return _StorageType(np.dtype(_STORAGE_TYPES[name]))
        named = f"{module[:_SHOWN]}.{name[:_SHOWN]}"
        raise Refused(f"its pickle names {named}, and only tensors and plain containers are allowed")

    def persistent_load(self, pid: Any) -> Storage:
        # Old files add a sixth field, a view of another storage, which no state_dict uses.
        if not isinstance(pid, tuple) or len(pid) not in (5, 6) or pid[0] != "storage" or pid[5:] not in ((), (None,)):
            raise Refused(f"its pickle refers to a {type(pid).__name__} that is no plain storage")
        _, storage_type, key, _, count = pid[:5]
        if not isinstance(storage_type, _StorageType) or not is_key(key) or not _is_count(count):
            raise Refused("its pickle describes a storage without type, key or count")
        return Storage(key, storage_type.dtype, count)

    def _reduce(self) -> None:
        arguments, function = self.stack.pop(), self.stack.pop()
        if function is dict and arguments == ():
            self.stack.append({})  # entries follow one by one: copies of copies could fill the memory
        elif function is _rebuild_tensor and isinstance(arguments, tuple):
            self.stack.append(_rebuild_tensor(*arguments))
        else:
            raise Refused("its pickle calls something other than an empty OrderedDict or a tensor")

    def _set_items(self) -> None:
        self._add(self.pop_mark())

    def _set_item(self) -> None:
        self._add([self.stack.pop(), self.stack.pop()][::-1])

    def _add(self, items: list[Any]) -> None:
        for name in items[::2]:
            if not isinstance(name, str):  # others may be hashed through all that they hold
                raise Refused(f"one of its entries is named by a {type(name).__name__}")
        if not isinstance(self.stack[-1], dict):
            raise Refused(f"its pickle names entries of a {type(self.stack[-1]).__name__}")
        self.stack[-1].update(zip(items[::2], items[1::2], strict=True))

    def _leave_out_attributes(self) -> None:
        self.stack.pop()  # torch's `_metadata`

    dispatch[pickle.REDUCE[0]] = _reduce
    dispatch[pickle.SETITEMS[0]] = _set_items
    dispatch[pickle.SETITEM[0]] = _set_item
    dispatch[pickle.BUILD[0]] = _leave_out_attributes


def _rebuild_tensor(storage: Any, offset: Any, shape: Any, strides: Any, *_: Any) -> Tensor:
    if not isinstance(storage, Storage) or not isinstance(shape, tuple) or not isinstance(strides, tuple):
        raise Refused("its pickle rebuilds a tensor from something that is no storage")
    if len(shape) > _MOST_DIMENSIONS or len(shape) != len(strides):
        raise Refused(f"its pickle describes a tensor with {len(shape)} sizes and {len(strides)} strides")
    if not all(map(_is_count, (offset, *shape, *strides))):
        raise Refused("its pickle describes a tensor whose offset, sizes or strides are no counts")
    return Tensor(storage, offset, shape, strides)


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value <= _LARGEST_COUNT
