import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dcgan_jax.inception import torch_file
from dcgan_jax.inception.torch_file import TorchFileError, read_torch_file
from tests.inception.torch_writer import pickle_state, write_old, write_zip
from tests.refusals import refused

STATE = {
    "layer.weight": np.arange(24, dtype="<f4").reshape(2, 3, 4),
    "layer.count": np.array(7, dtype="<i8"),
    "half": np.array([0.5, 2], dtype="<f2"),
}
PROOF = Path("/tmp/dcgan_jax_was_here")
RUN = f"touch {PROOF}"

writers = pytest.mark.parametrize("write", [write_old, write_zip])


@writers
def test_reads_what_torch_writes(tmp_path, write):
    found = read_torch_file(write(tmp_path / "weights.pth", STATE))
    assert list(found) == list(STATE)
    for name, array in STATE.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


@writers
def test_reads_tensors_that_are_not_contiguous(tmp_path, write):
    transposed = np.arange(6, dtype="<f4").reshape(2, 3).T
    path = write(
        tmp_path / "weights.pth", {"x": np.arange(6, dtype="<f4")}, pickle_state({"x": transposed}, write is write_old)
    )
    np.testing.assert_array_equal(read_torch_file(path)["x"], transposed)


def _reduce(module: str, name: str, *arguments: str) -> bytes:
    """A pickle that calls module.name(*arguments)."""
    return b"\x80\x02c" + f"{module}\n{name}\n(".encode() + b"".join(f"V{a}\n".encode() for a in arguments) + b"tR."


def _stack_global(module: str, name: str, argument: str) -> bytes:
    texts = [b"\x8c" + bytes([len(text)]) + text.encode() for text in (module, name, argument)]
    return b"\x80\x04" + texts[0] + texts[1] + b"\x93" + texts[2] + b"\x85R."


def _entry(name: str, storage: bytes, shape: bytes) -> bytes:
    """Adds a tensor to the dictionary on the stack; `shape` pushes shape and strides."""
    return f"V{name}\nctorch._utils\n_rebuild_tensor_v2\n(".encode() + storage + b"K\x00" + shape + b"\x89}tRs"


def _tensor(storage: bytes, shape: bytes) -> bytes:
    return b"\x80\x02}" + _entry("x", storage, shape) + b"."


def _storage(kind: str = "FloatStorage", count: bytes = b"K\x04", key: str = "0") -> bytes:
    return f"(Vstorage\nctorch\n{kind}\nV{key}\nVcpu\n".encode() + count + b"tQ"


def _two_tensors(first: bytes, second: bytes, length: int) -> bytes:
    """Two tensors that name one storage, the first of `length` numbers."""
    size = f"I{length}\n".encode()
    return b"\x80\x02}" + _entry("x", first, b"(" + size + b"t(K\x01t") + _entry("y", second, b"(K\x02t(K\x01t") + b"."


_STORAGE = _storage()
_HUGE = b"\x8b\x88\x13\x00\x00" + b"\x7f" * 5000  # LONG4: more digits than Python prints
_NESTED = b")" + b"2\x86" * 60  # a tuple of itself twice, 60 levels deep
_DICT = b"ccollections\nOrderedDict\n"
# An OrderedDict with attributes of its own choice: one that takes itself for a tensor, in one that shows no entries.
_FORGED_TENSOR = _DICT + b")R}(Vstorage\n" + _STORAGE + b"Voffset\nK\x00Vshape\n(I100000\ntVstrides\n(K\x01tub"

HOSTILE = {
    "os.system": (_reduce("posix", "system", RUN), "posix.system"),
    "eval": (_reduce("builtins", "eval", f"open('{PROOF}','w')"), "builtins.eval"),
    "exec, newer protocol": (_stack_global("builtins", "exec", f"open('{PROOF}','w')"), "builtins.exec"),
    "subprocess": (_reduce("subprocess", "check_output", "true"), "subprocess.check_output"),
    "import": (_reduce("builtins", "__import__", "antigravity"), "builtins.__import__"),
    "through an allowed name": (_stack_global("collections", "OrderedDict.fromkeys", "x"), "OrderedDict.fromkeys"),
    "another function of torch": (_reduce("torch.hub", "load", "x"), "torch.hub.load"),
    "torch.load inside": (_reduce("torch", "load", "x"), "torch.load"),
    "instance": (b"\x80\x02(iposix\nsystem\n.", "damaged (KeyError)"),
    "extension code": (b"\x80\x02\x82\x01)R.", "damaged"),
    "strange reference": (b"\x80\x02Vfile:///etc/passwd\nQ.", "refers to a str"),
    "beyond its storage": (_tensor(_STORAGE, b"(K\x09t(K\x01t"), "beyond its storage"),
    "negative stride": (_tensor(_STORAGE, b"(K\x02t(I-1\nt"), "strides"),
    "expanded to terabytes": (_tensor(_STORAGE, b"(I1000000000000\nt(K\x00t"), "beyond its storage"),
    "array without storage": (_tensor(b"K\x01", b"(K\x02t(K\x01t"), "no storage"),
    "stored far away": (b"\x80\x02K\x00r\xff\xff\xff\x7f.", "holds a int"),
    "list": (pickle.dumps([1, 2], 2), "list"),
    "number instead of a tensor": (pickle.dumps(OrderedDict(x=1), 2), "'x' is no tensor"),
    "one storage with two lengths": (
        _two_tensors(_storage(count=b"J\xa0\x86\x01\x00"), _STORAGE, 100_000),
        "storage 0 is described in two ways",
    ),
    "one storage with two types": (
        _two_tensors(_storage("ByteStorage", b"K\x10"), _STORAGE, 16),
        "storage 0 is described in two ways",
    ),
    "forged tensor": (
        b"\x80\x02" + _DICT + b")R(Vx\n" + _FORGED_TENSOR + b"u}Vitems\n" + _DICT + b"sb.",
        "'x' is no tensor",
    ),
    "more entries than bytes": (
        b"\x80\x02}("
        + b"".join(f"V{i}\nN".encode() for i in range(200))
        + b"uq\x000"
        + (_DICT + b"h\x00\x85R0") * 9
        + b"N.",
        "calls something other than an empty OrderedDict",
    ),
    "huge count": (_tensor(_storage(count=_HUGE), b"(K\x01t(K\x01t"), "without type, key or count"),
    "huge size": (_tensor(_STORAGE, b"(" + _HUGE + b"t(K\x01t"), "no counts"),
    "many dimensions": (_tensor(_STORAGE, b"(" + _HUGE * 100 + b"t(t"), "100 sizes and 0 strides"),
    "empty, of a size that cannot be": (
        _tensor(_STORAGE, b"(K\x00" + b"I4611686018427387904\n" * 3 + b"t(K\x01K\x01K\x01K\x01t"),
        "too large",
    ),
    "key that is a path": (_tensor(_storage(key="../../x"), b"(K\x01t(K\x01t"), "without type, key or count"),
    "nested reference": (b"\x80\x02" + _NESTED + b"Q.", "damaged (KeyError)"),
    "nested entry": (b"\x80\x02}" + _NESTED + b"K\x01s.", "damaged (KeyError)"),
    "named by a tuple of itself twice, 60 levels deep": (
        b"\x80\x02})" + b"q\x00h\x00\x86" * 60 + b"K\x01s.",
        "named by a tuple",
    ),
    "named by a tuple, 200,000 levels deep": (b"\x80\x02})" + b"\x85" * 200_000 + b"K\x01s.", "named by a tuple"),
    "refers to a tuple, 50,000 levels deep": (b"\x80\x02)" + b"\x85" * 50_000 + b"Q.", "refers to a tuple"),
    "an array of lists, 50,000 levels deep": (
        b"\x80\x02}Vx\n" + b"]" * 50_000 + b"a" * 49_999 + b"s.",
        "'x' is no tensor",
    ),
    "longer than torch writes": (b"\x80\x02" + b"N0" * 2**20 + b"N.", "damaged (EOFError)"),
    "attributes of a function": (
        b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n}V__wrapped__\nNsb.",
        "holds a function",
    ),
}


@writers
@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_pickles_are_refused_by_name_and_never_run(tmp_path, write, case):
    body, reason = HOSTILE[case]
    path = write(tmp_path / "hostile.pth", {"x": np.zeros(4, "<f4")}, body)
    with pytest.raises(TorchFileError) as caught:
        read_torch_file(path)
    assert "hostile.pth was refused" in str(caught.value)
    assert reason in str(caught.value)
    assert len(str(caught.value)) < 400
    assert not PROOF.exists()


@pytest.mark.parametrize("content", [b"", b"not a pickle", b"PK\x03\x04", b"\x80\x02K\x01."])
def test_other_files_are_refused(tmp_path, content):
    path = tmp_path / "other.pth"
    path.write_bytes(content)
    with refused(path=path):
        read_torch_file(path)


def test_a_stride_that_is_never_taken_does_not_matter(tmp_path):
    body = _tensor(_STORAGE, b"(K\x01K\x04t(I4611686018427387904\nK\x01t")
    found = read_torch_file(write_old(tmp_path / "weights.pth", {"x": np.arange(4, dtype="<f4")}, body))
    np.testing.assert_array_equal(found["x"], [[0, 1, 2, 3]])


def test_attributes_of_a_state_dict_are_left_out(tmp_path):
    state = pickle_state({"x": np.zeros(4, "<f4")}, is_old=True)
    body = state.removesuffix(b".") + b"}V_metadata\n" + _DICT + b")Rsb."
    found = read_torch_file(write_old(tmp_path / "weights.pth", {"x": np.zeros(4, "<f4")}, body))
    assert list(found) == ["x"]


@pytest.mark.parametrize("compression", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("compressed", ["data.pkl", "byteorder", "data/0"])
def test_a_compressed_archive_is_refused_unread(tmp_path, compression, compressed):
    """A few bytes could become all the memory there is."""
    whole = write_zip(tmp_path / "whole.pth", {"x": np.zeros(10**6, "<f4")})
    path = tmp_path / "compressed.pth"
    with zipfile.ZipFile(whole) as archive, zipfile.ZipFile(path, "w") as copy:
        for name in archive.namelist():
            kind = compression if name.endswith(compressed) else zipfile.ZIP_STORED
            copy.writestr(name, archive.read(name), kind)
    with pytest.raises(TorchFileError, match="archive is compressed"):
        read_torch_file(path)


@pytest.mark.parametrize("field", [20, 24])  # the compressed and the whole size in a line of the directory
@pytest.mark.parametrize("entry", ["data.pkl", "byteorder", "data/0"])
def test_an_archive_that_claims_more_than_the_file_has_is_refused(tmp_path, entry, field):
    path = write_zip(
        tmp_path / "claims.pth",
        {"x": np.zeros(4, "<f4")},
        _tensor(_storage(count=b"J\x00\x00\x00\x10" if field == 24 else b"K\x04"), b"(K\x04t(K\x01t"),
    )
    content = bytearray(path.read_bytes())
    name = content.rindex(f"archive/{entry}".encode())  # in the central directory, 46 bytes behind its record's start
    content[name - 46 + field : name - 46 + field + 4] = (2**30).to_bytes(4, "little")
    path.write_bytes(content)
    with refused(2**30, path=path):
        read_torch_file(path)


def test_an_encrypted_entry_is_refused(tmp_path):
    path = write_zip(tmp_path / "encrypted.pth", {"x": np.zeros(4, "<f4")})
    content = bytearray(path.read_bytes())
    for start, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # of the first entry and of its line in the directory
        content[content.index(start) + flags] |= 1
    path.write_bytes(content)
    with refused("RuntimeError", path=path):
        read_torch_file(path)


def test_a_long_byte_order_is_refused(tmp_path):
    path = write_zip(tmp_path / "weights.pth", STATE)
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(tmp_path / "long.pth", "w") as copy:
        for name in archive.namelist():
            copy.writestr(name, b"little" + b" " * 1000 if name.endswith("byteorder") else archive.read(name))
    with refused("1006 bytes", "16", path=tmp_path / "long.pth"):
        read_torch_file(tmp_path / "long.pth")


def test_overlapping_entries_are_refused_before_they_fill_the_memory(tmp_path):
    """Newer Pythons refuse them by themselves; the sum of the sizes is checked without them."""
    state = {name: np.zeros(1000, "<f4") for name in "abc"}
    path = write_zip(tmp_path / "overlapping.pth", state)
    size = path.stat().st_size
    with zipfile.ZipFile(path) as archive, pytest.raises(Exception, match="where"):
        torch_file._read_archive(archive, size - 5000)


def test_an_absent_file_is_refused(tmp_path):
    with refused("No such file or directory", path=tmp_path / "absent.pth"):
        read_torch_file(tmp_path / "absent.pth")


@writers
def test_every_truncated_file_is_refused(tmp_path, write):
    content = write(tmp_path / "whole.pth", STATE).read_bytes()
    path = tmp_path / "part.pth"
    for length in range(0, len(content), 7):
        path.write_bytes(content[:length])
        with pytest.raises(TorchFileError):
            read_torch_file(path)


@writers
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_is_refused_or_harmless(tmp_path, write, data):
    content = bytearray(write(tmp_path / "whole.pth", STATE).read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "damaged.pth"
    path.write_bytes(content)
    try:
        found = read_torch_file(path)
    except TorchFileError:
        return
    assert all(isinstance(array, np.ndarray) for array in found.values())
