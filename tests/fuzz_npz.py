"""Reads 5,000 damaged .npz files as statistics: `python -m tests.fuzz_npz`."""

import io
import sys
from functools import partial

import numpy as np

from dcgan_jax.evaluation.statistics_file import read_statistics
from tests.fuzzing import from_file, main

DIMS = 16


def create_samples() -> list[bytes]:
    """Returns whole files, stored and compressed."""
    files = []
    for save in (np.savez, np.savez_compressed):
        file = io.BytesIO()
        save(file, mu=np.arange(DIMS, dtype=float), sigma=np.diag(np.arange(DIMS, dtype=float)))
        files.append(file.getvalue())
    return files


if __name__ == "__main__":
    sys.exit(main(from_file(partial(read_statistics, dims=DIMS), ".npz"), create_samples()))
