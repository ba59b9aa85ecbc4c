"""Saved statistics of a set of images, as pytorch-fid writes them: a .npz with `mu` and `sigma`."""

from pathlib import Path

import numpy as np
from jaxtyping import Float64

from dcgan_jax.errors import FileError
from dcgan_jax.metrics.frechet import Gaussian
from dcgan_jax.storage.array_file import read_arrays, write_arrays

_ROUNDING = 1e-5
"""Of the largest entry: statistics summed in float32 are not symmetric, nor their eigenvalues positive, beyond that."""


def read_statistics(path: Path, dims: int) -> Gaussian:
    """Returns the mean and covariance in a file, without running anything that it holds.

    Raises:
      UserError: no such file, not a .npz with `mu` [dims] and `sigma` [dims, dims] of finite numbers, or a `sigma` that
        is no covariance.
    """
    try:
        arrays = read_arrays(path)
        mean, covariance = arrays["mu"], arrays["sigma"]
    except FileNotFoundError:
        raise FileError(path, "does not exist: give a folder of images or a .npz with saved statistics.") from None
    except KeyError:
        raise FileError(path, "holds no mu and sigma: give statistics saved by --save_stats.") from None
    if mean.shape != (dims,) or covariance.shape != (dims, dims):
        raise FileError(
            path, f"has statistics of {mean.size} dimensions, not --dims={dims}: give the dims it was made with."
        )
    if not all(np.issubdtype(array.dtype, np.floating) for array in (mean, covariance)):
        raise FileError(
            path, f"has {mean.dtype} and {covariance.dtype} entries, not floats: make it with --save_stats."
        )
    with np.errstate(over="ignore"):  # longer floats become infinite, and that is told below
        gaussian = Gaussian(mean.astype(np.float64), covariance.astype(np.float64))
    if not (np.isfinite(gaussian.mean).all() and np.isfinite(gaussian.covariance).all()):
        raise FileError(path, "has numbers that are not finite: make it again with --save_stats.")
    if not _is_covariance(gaussian.covariance):
        raise FileError(path, "has a sigma that is no covariance of anything: make it again with --save_stats.")
    return gaussian


def _is_covariance(matrix: Float64[np.ndarray, "dims dims"]) -> bool:
    rounding = _ROUNDING * np.abs(matrix).max()
    if np.abs(matrix - matrix.T).max() > rounding:
        return False
    return bool(np.linalg.eigvalsh(matrix)[0] >= -rounding)


def write_statistics(path: Path, gaussian: Gaussian) -> None:
    """Writes the mean and covariance in the form that pytorch-fid reads.

    Raises:
      OSError: the file, which it names, can't be written.
    """
    write_arrays(path, {"mu": gaussian.mean, "sigma": gaussian.covariance})
