"""How long the trace term of the Frechet distance takes, beside scipy.linalg.sqrtm, and how far the two are apart.

    python benchmarks/distances.py
    python benchmarks/distances.py --dims=2048 --images=3000 --rounds=3

Features are mixtures of normal numbers of unequal spread, more images than dimensions so that both ways are exact. The
two run in turns, so that whatever else the machine does slows both.
"""

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import scipy.linalg
from absl import app, flags
from jaxtyping import Float64

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it runs as a script

from dcgan_jax.metrics.frechet import compute_root_trace, fit_gaussian

DIMS = flags.DEFINE_multi_integer("dims", [768], "Lengths of the feature vectors; may be repeated.", lower_bound=1)
IMAGES = flags.DEFINE_integer("images", 1341, "Feature vectors on either side.", lower_bound=2)
ROUNDS = flags.DEFINE_integer("rounds", 7, "Timed calls of each; their median is reported.", lower_bound=1)


def main(argv: Sequence[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"Unknown argument {argv[1]!r}.")
    print(f"{'dims':>6}{'ours, s':>10}{'sqrtm, s':>10}{'ratio':>8}{'difference':>13}")
    for dims in DIMS.value:
        print_row(dims)


def print_row(dims: int) -> None:
    a, b = (draw_covariance(dims, seed) for seed in (0, 1))
    runs: dict[str, Callable[[], float]] = {
        "ours": lambda: compute_root_trace(a, b),
        "sqrtm": lambda: float(np.trace(scipy.linalg.sqrtm(a @ b)).real),
    }
    values = {name: run() for name, run in runs.items()}
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(ROUNDS.value):
        for name, run in runs.items():
            seconds[name].append(measure(run))
    ours, reference = (float(np.median(times)) for times in seconds.values())
    difference = abs(values["ours"] - values["sqrtm"]) / values["sqrtm"]
    print(f"{dims:6}{ours:10.3f}{reference:10.3f}{ours / reference:8.2f}{difference:13.1e}", flush=True)


def draw_covariance(dims: int, seed: int) -> Float64[np.ndarray, "dims dims"]:
    rng = np.random.default_rng(seed)
    spread = np.exp(-4 * np.arange(dims) / dims)
    mixing = rng.normal(size=(dims, dims))  # as in real features, no axis is a direction of its own
    return fit_gaussian(rng.normal(size=(IMAGES.value, dims)) * spread @ mixing).covariance


def measure(run: Callable[[], object]) -> float:
    run()  # NumPy's and SciPy's threads are two pools: for a moment the one that was used last keeps the cores busy
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


if __name__ == "__main__":
    app.run(main)
