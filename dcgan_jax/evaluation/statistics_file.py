"""Saved statistics of a set of images, as pytorch-fid writes them: a .npz with `mu` and `sigma`."""

import zipfile
from pathlib import Path

import numpy as np

from dcgan_jax.errors import UserError
from dcgan_jax.evaluation.frechet import Gaussian


def read_statistics(path: Path, dims: int) -> Gaussian:
    """Returns the mean and covariance in a file, without running anything that it holds.

    Raises:
      UserError: no such file, not a .npz with `mu` [dims] and `sigma` [dims, dims], or not finite numbers.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            mean, covariance = arrays["mu"], arrays["sigma"]
    except FileNotFoundError:
        raise UserError(f"{path} does not exist: give a folder of images or a .npz with saved statistics.") from None
    except (OSError, KeyError, ValueError, EOFError, TypeError, zipfile.BadZipFile):
        raise UserError(f"{path} holds no mu and sigma: give statistics saved by --save_stats.") from None
    if mean.shape != (dims,) or covariance.shape != (dims, dims):
        raise UserError(
            f"{path} has statistics of {mean.size} dimensions, not --dims={dims}: give the dims it was made with."
        )
    if not (np.issubdtype(mean.dtype, np.floating) and np.isfinite(mean).all() and np.isfinite(covariance).all()):
        raise UserError(f"{path} has numbers that are not finite: make it again with --save_stats.")
    return Gaussian(mean.astype(np.float64), covariance.astype(np.float64))


def write_statistics(path: Path, gaussian: Gaussian) -> None:
    """Writes the mean and covariance in the form that pytorch-fid reads.

    Raises:
      UserError: the file can't be written.
    """
    try:
        with path.open("wb") as file:
            np.savez_compressed(file, mu=gaussian.mean, sigma=gaussian.covariance)
    except OSError as error:
        raise UserError(f"{path} can't be written: {error.strerror or error}; give another path.") from error
