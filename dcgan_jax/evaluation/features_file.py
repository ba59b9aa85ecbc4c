"""Features that the user supplies, computed elsewhere by any network: .npz files of arrays [image, dims]."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from dcgan_jax.errors import FieldError, FileError
from dcgan_jax.storage.array_file import read_arrays
from dcgan_jax.storage.digest import compute_sha256

REAL, GENERATED = "real", "generated"

Vectors = Float[np.ndarray, "image dims"]


class OwnFeatures(NamedTuple):
    """Two sets of features of one length, and the SHA-256 of the file of each."""

    real: Vectors
    generated: Vectors
    sha256: tuple[str, str]


def read_features(files: Sequence[Path]) -> OwnFeatures:
    """Reads one file with the arrays `real` and `generated`, or two files with one array each.

    Raises:
      UserError: a file can't be read or has other arrays, or they are no finite floats [image, dims] of one length, at
        least two images a side.
    """
    if len(files) == 1:
        arrays = _read(files[0])
        if not {REAL, GENERATED} <= arrays.keys():
            raise FileError(
                files[0], f"has {_name(arrays)}: it must have arrays {REAL} and {GENERATED}, or give a file for each."
            )
        sides = [(files[0], name, arrays[name]) for name in (REAL, GENERATED)]
    elif len(files) == 2:
        sides = [(file, *_read_single(file)) for file in files]
    else:
        raise FieldError(
            "--features", None, f"was given {len(files)} times: give it once for both sides, or twice, real first."
        )
    real, generated = (_check(*side) for side in sides)
    if real.shape[1] != generated.shape[1]:
        raise FieldError(
            "--features",
            None,
            f"has {real.shape[1]} dimensions of real images and {generated.shape[1]} of generated ones: compare "
            "features of one network.",
        )
    return OwnFeatures(real, generated, (compute_sha256(files[0]), compute_sha256(files[-1])))


def _read(file: Path) -> dict[str, np.ndarray]:
    try:
        return read_arrays(file)
    except FileNotFoundError:
        raise FieldError("--features", file, "does not exist: give a .npz of arrays [image, dims].") from None


def _read_single(file: Path) -> tuple[str, np.ndarray]:
    arrays = _read(file)
    if len(arrays) != 1:
        raise FileError(file, f"has {_name(arrays)}: of two files each must have one array [image, dims].")
    return next(iter(arrays.items()))


def _check(file: Path, name: str, array: np.ndarray) -> Vectors:
    if array.ndim != 2 or array.shape[1] == 0 or not np.issubdtype(array.dtype, np.floating):
        shape = ", ".join(map(str, array.shape))
        raise FileError(file, f"has an array {name} of {array.dtype} [{shape}], not floats [image, dims]: save it so.")
    if len(array) < 2:
        raise FileError(file, f"has fewer than two images in array {name}, of which no score can be made; add some.")
    if not np.isfinite(array).all():
        raise FileError(file, f"has numbers that are not finite in array {name}: compute it again.")
    return array


def _name(arrays: dict[str, np.ndarray]) -> str:
    return f"arrays {', '.join(sorted(arrays))}" if arrays else "no array"
