"""Features of one's own are read from one file or two, and refused with the file and the array."""

import hashlib

import numpy as np
import pytest

from dcgan_jax.evaluation.features_file import read_features
from tests.refusals import refused

REAL = np.random.default_rng(0).normal(size=(6, 3))
GENERATED = np.random.default_rng(1).normal(size=(5, 3)).astype(np.float32)


def save(path, **arrays):
    np.savez(path, **arrays)
    return path


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_one_file_of_both_or_one_for_each(tmp_path):
    both = save(tmp_path / "both.npz", real=REAL, generated=GENERATED, names=np.array(["a"]))
    real, generated = save(tmp_path / "r.npz", x=REAL), save(tmp_path / "g.npz", features=GENERATED)
    for files, hashes in (([both], (digest(both),) * 2), ([real, generated], (digest(real), digest(generated)))):
        found = read_features(files)
        np.testing.assert_array_equal(found.real, REAL)
        np.testing.assert_array_equal(found.generated, GENERATED)
        assert found.sha256 == hashes


@pytest.mark.parametrize(
    ("arrays", "named"),
    [
        ({"real": REAL}, "real and generated"),
        ({}, "real and generated"),
        ({"real": REAL, "generated": GENERATED[0]}, "generated of float32 [3]"),
        ({"real": REAL, "generated": np.ones((5, 3), int)}, "generated of int64 [5, 3]"),
        ({"real": REAL[:1], "generated": GENERATED}, "two images in array real"),
        ({"real": REAL * np.nan, "generated": GENERATED}, "finite in array real"),
        ({"real": np.array([[print]], object), "generated": GENERATED}, "Python objects"),
    ],
)
def test_other_arrays_are_named(tmp_path, arrays, named):
    with refused(named, path=tmp_path / "f.npz"):
        read_features([save(tmp_path / "f.npz", **arrays)])


def test_features_of_two_networks_are_refused(tmp_path):
    with refused("3", "2", field="--features"):
        read_features([save(tmp_path / "f.npz", real=REAL, generated=GENERATED[:, :2])])


def test_files_that_cannot_be_taken_are_named(tmp_path):
    real = save(tmp_path / "real.npz", x=REAL)
    with refused(field="--features", value=tmp_path / "absent.npz"):
        read_features([real, tmp_path / "absent.npz"])
    with refused("arrays x, y", path=tmp_path / "two.npz"):
        read_features([real, save(tmp_path / "two.npz", x=REAL, y=REAL)])
    with refused("3 times", field="--features"):
        read_features([real] * 3)
