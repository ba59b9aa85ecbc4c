import pickle
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dcgan_jax.evaluation.torch_file import TorchFileError, read_torch_file
from tests.evaluation.torch_writer import pickle_state, write_old, write_zip

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


def _tensor(storage: bytes, shape: str) -> bytes:
    return (
        b"\x80\x02}V" + b"x\nctorch._utils\n_rebuild_tensor_v2\n(" + storage + b"K\x00" + shape.encode() + b"\x89}tRs."
    )


_STORAGE = b"(Vstorage\nctorch\nFloatStorage\nV0\nVcpu\nK\x04tQ"

HOSTILE = {
    "os.system": (_reduce("posix", "system", RUN), "posix.system"),
    "eval": (_reduce("builtins", "eval", f"open('{PROOF}','w')"), "builtins.eval"),
    "exec, newer protocol": (_stack_global("builtins", "exec", f"open('{PROOF}','w')"), "builtins.exec"),
    "subprocess": (_reduce("subprocess", "check_output", "true"), "subprocess.check_output"),
    "import": (_reduce("builtins", "__import__", "antigravity"), "builtins.__import__"),
    "through an allowed name": (_stack_global("collections", "OrderedDict.fromkeys", "x"), "OrderedDict.fromkeys"),
    "another function of torch": (_reduce("torch.hub", "load", "x"), "torch.hub.load"),
    "torch.load inside": (_reduce("torch", "load", "x"), "torch.load"),
    "instance": (b"\x80\x02(iposix\nsystem\n.", "posix.system"),
    "extension code": (b"\x80\x02\x82\x01)R.", "damaged"),
    "strange reference": (b"\x80\x02Vfile:///etc/passwd\nQ.", "file:///etc/passwd"),
    "beyond its storage": (_tensor(_STORAGE, "(K\x09t(K\x01t"), "beyond its storage"),
    "negative stride": (_tensor(_STORAGE, "(K\x02t(I-1\nt"), "strides"),
    "expanded to terabytes": (_tensor(_STORAGE, "(I1000000000000\nt(K\x00t"), "beyond its storage"),
    "array without storage": (_tensor(b"K\x01", "(K\x02t(K\x01t"), "no storage"),
    "memory bomb": (b"\x80\x02K\x00r\xff\xff\xff\x7f.", "stores at 2147483647"),
    "list": (pickle.dumps([1, 2], 2), "list"),
    "number instead of a tensor": (pickle.dumps(OrderedDict(x=1), 2), "'x' is no tensor"),
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
    assert not PROOF.exists()


@pytest.mark.parametrize("content", [b"", b"not a pickle", b"PK\x03\x04", b"\x80\x02K\x01."])
def test_other_files_are_refused(tmp_path, content):
    path = tmp_path / "other.pth"
    path.write_bytes(content)
    with pytest.raises(TorchFileError, match="other"):
        read_torch_file(path)


def test_an_absent_file_is_refused(tmp_path):
    with pytest.raises(TorchFileError, match="No such file"):
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
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
