"""Arrays come back as they were written; what is no such file gets one sentence and runs nothing."""

import os
import zipfile

import numpy as np
import pytest

from dcgan_jax.storage.array_file import ArrayFileError, read_arrays, read_cached, write_arrays, write_cached
from tests.refusals import refused

ARRAYS = {
    "matrix": np.arange(6.0).reshape(2, 3),
    "columns first": np.asfortranarray(np.arange(6, dtype=np.int16).reshape(2, 3)),
    "number": np.float32(7),
    "nothing": np.zeros((0, 4)),
}


@pytest.fixture
def path(tmp_path):
    write_arrays(tmp_path / "arrays.npz", ARRAYS)
    return tmp_path / "arrays.npz"


def assert_equal(found):
    assert found.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


def test_arrays_come_back_as_written(path):
    assert_equal(read_arrays(path))
    with np.load(path) as arrays:
        assert_equal(dict(arrays))


def test_what_numpy_writes_is_read(tmp_path):
    np.savez_compressed(tmp_path / "numpy.npz", **ARRAYS)
    assert_equal(read_arrays(tmp_path / "numpy.npz"))


def test_objects_are_refused_and_never_made(tmp_path):
    np.savez(tmp_path / "objects.npz", x=np.array([print], object))
    with pytest.raises(ArrayFileError, match="it holds Python objects"):
        read_arrays(tmp_path / "objects.npz")


def test_any_flipped_bit_is_refused_or_leaves_every_number_as_it_was(path, tmp_path):
    content, damaged = path.read_bytes(), tmp_path / "damaged.npz"
    for bit in range(0, 8 * len(content), 11):
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        damaged.write_bytes(changed)
        try:
            found = read_arrays(damaged)
        except ArrayFileError:
            continue
        for name in found.keys() & ARRAYS.keys():
            assert found[name].tobytes() == ARRAYS[name].tobytes()


def test_an_encrypted_entry_is_refused(path):
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x03\x04") + 6] |= 1  # the flags of the entry, and those of its line in the directory
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    with refused("RuntimeError", path=path):
        read_arrays(path)
    assert read_cached(path) is None


def test_an_entry_that_grows_without_bounds_is_refused_unread(tmp_path):
    with zipfile.ZipFile(tmp_path / "bomb.npz", "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("x.npy", bytes(10**6))
    with pytest.raises(ArrayFileError, match="compressed by method 12"):
        read_arrays(tmp_path / "bomb.npz")


@pytest.mark.parametrize("field", [20, 24])  # the compressed and the whole size in a line of the directory
def test_a_size_that_the_file_has_no_bytes_for_is_refused_unread(path, field):
    content = bytearray(path.read_bytes())
    at = content.index(b"PK\x01\x02") + field
    content[at : at + 4] = (2**30).to_bytes(4, "little")
    path.write_bytes(content)
    with pytest.raises(ArrayFileError, match=rf"an entry claims .*{2**30}.*more than there are"):
        read_arrays(path)


def test_what_is_no_file_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe.npz")
    for place in (tmp_path / "pipe.npz", tmp_path):
        with pytest.raises(ArrayFileError, match="is no file"):
            read_arrays(place)
    with pytest.raises(FileNotFoundError):
        read_arrays(tmp_path / "absent.npz")


def test_a_cache_that_cannot_be_written_is_left_out(tmp_path):
    (tmp_path / "file").touch()
    write_cached(tmp_path / "file" / "inside" / "arrays.npz", ARRAYS)
    assert read_cached(tmp_path / "file" / "inside" / "arrays.npz") is None
    write_cached(tmp_path / "new" / "arrays.npz", ARRAYS)
    assert_equal(read_cached(tmp_path / "new" / "arrays.npz"))
