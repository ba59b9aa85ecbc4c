"""Features of one's own are read from one file or two, and refused with the file and the array."""

import hashlib

import numpy as np
import pytest

from dcgan_jax.errors import UserError
from dcgan_jax.evaluation.features_file import read_features

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
    ("arrays", "reason"),
    [
        ({"real": REAL}, "has arrays real: it must have arrays real and generated"),
        ({}, "has no array"),
        ({"real": REAL, "generated": GENERATED[:, :2]}, "3 dimensions and generated ones 2"),
        ({"real": REAL, "generated": GENERATED[0]}, r"array generated is float32 \[3\], not floats"),
        ({"real": REAL, "generated": np.ones((5, 3), int)}, r"array generated is int64 \[5, 3\], not floats"),
        ({"real": REAL[:1], "generated": GENERATED}, "array real has fewer than two images"),
        ({"real": REAL * np.nan, "generated": GENERATED}, "array real has numbers that are not finite"),
        ({"real": np.array([[print]], object), "generated": GENERATED}, "Python objects"),
    ],
)
def test_other_arrays_are_named(tmp_path, arrays, reason):
    with pytest.raises(UserError, match=reason):
        read_features([save(tmp_path / "f.npz", **arrays)])


def test_files_that_cannot_be_taken_are_named(tmp_path):
    real = save(tmp_path / "real.npz", x=REAL)
    with pytest.raises(UserError, match=r"absent\.npz does not exist"):
        read_features([real, tmp_path / "absent.npz"])
    with pytest.raises(UserError, match=r"two\.npz has arrays x, y: of two files each must have one"):
        read_features([real, save(tmp_path / "two.npz", x=REAL, y=REAL)])
    with pytest.raises(UserError, match="3 times"):
        read_features([real] * 3)
