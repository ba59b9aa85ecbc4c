"""Reads 5,000 damaged files of weights: `python -m tests.fuzz_weights`."""

import sys
import tempfile
from pathlib import Path

import numpy as np

from dcgan_jax.inception.torch_file import read_torch_file
from tests.fuzzing import from_file, main
from tests.inception.torch_writer import write_old, write_zip

STATE = {
    **{f"layer{i}.weight": np.arange(i * 6, dtype="<f4").reshape(i, 2, 3) for i in range(1, 20)},
    "count": np.array(7, dtype="<i8"),
    "half": np.array([0.5, 2], dtype="<f2"),
}


def create_samples() -> list[bytes]:
    """Returns a whole file in each of torch's two formats."""
    with tempfile.TemporaryDirectory() as folder:
        return [write(Path(folder) / "weights.pth", STATE).read_bytes() for write in (write_old, write_zip)]


if __name__ == "__main__":
    sys.exit(main(from_file(read_torch_file, ".pth"), create_samples()))
