"""Writes files as `torch.save(state_dict)` does, in both formats, without torch; and hostile ones."""

import io
import pickle
import struct
import sys
import zipfile
from collections import OrderedDict
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import numpy as np

_STORAGE_NAMES = {"f4": "FloatStorage", "f8": "DoubleStorage", "i8": "LongStorage", "f2": "HalfStorage"}
_MAGIC, _PROTOCOL = 0x1950A86A20F9469CFC6C, 1001


class _Storage:
    def __init__(self, array: np.ndarray, key: str):
        self.array, self.key = array, key


class _Tensor:
    def __init__(self, array: np.ndarray, key: str):
        self.array, self.key = array, key

    def __reduce__(self):
        strides = tuple(stride // self.array.itemsize for stride in self.array.strides)
        storage = _Storage(self.array, self.key)
        rebuild = sys.modules["torch._utils"]._rebuild_tensor_v2
        return rebuild, (storage, 0, self.array.shape, strides, False, OrderedDict())


class _Pickler(pickle.Pickler):
    def persistent_id(self, obj):
        if isinstance(obj, _Storage):
            storage_type = getattr(sys.modules["torch"], _STORAGE_NAMES[obj.array.dtype.str[1:]])
            sixth = (None,) if self.is_old else ()
            return ("storage", storage_type, obj.key, "cpu", obj.array.size, *sixth)
        return None


@contextmanager
def _torch_names():
    """Modules that a pickle can name as torch's."""
    torch, utils = ModuleType("torch"), ModuleType("torch._utils")
    for name in _STORAGE_NAMES.values():
        setattr(torch, name, type(name, (), {"__module__": "torch"}))

    def _rebuild_tensor_v2():
        """Never called: the name is what matters."""

    _rebuild_tensor_v2.__module__, _rebuild_tensor_v2.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    utils._rebuild_tensor_v2 = _rebuild_tensor_v2
    before = {name: sys.modules.get(name) for name in ("torch", "torch._utils")}
    sys.modules.update({"torch": torch, "torch._utils": utils})
    try:
        yield
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module


def pickle_state(state: dict[str, np.ndarray], is_old: bool) -> bytes:
    with _torch_names():
        file = io.BytesIO()
        pickler = _Pickler(file, protocol=2)
        pickler.is_old = is_old
        pickler.dump(OrderedDict((name, _Tensor(array, str(i))) for i, (name, array) in enumerate(state.items())))
        return file.getvalue()


def write_old(path: Path, state: dict[str, np.ndarray], body: bytes | None = None) -> Path:
    """Writes torch's format before 1.6; `body` takes the place of the pickled state."""
    system = {"protocol_version": _PROTOCOL, "little_endian": True, "type_sizes": {}}
    with path.open("wb") as file:
        for item in (_MAGIC, _PROTOCOL, system):
            pickle.dump(item, file, protocol=2)
        file.write(pickle_state(state, is_old=True) if body is None else body)
        pickle.dump([str(i) for i in range(len(state))], file, protocol=2)
        for array in state.values():
            file.write(struct.pack("<q", array.size) + array.tobytes())
    return path


def write_zip(path: Path, state: dict[str, np.ndarray], body: bytes | None = None) -> Path:
    """Writes torch's format since 1.6; `body` takes the place of the pickled state."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle_state(state, is_old=False) if body is None else body)
        archive.writestr("archive/byteorder", "little")
        for i, array in enumerate(state.values()):
            archive.writestr(f"archive/data/{i}", array.tobytes())
        archive.writestr("archive/version", "3\n")
    return path
