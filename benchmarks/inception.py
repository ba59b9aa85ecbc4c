"""How many images a second Inception-V3 looks at, and which share of the machine's matrix product speed that is.

    python benchmarks/inception.py                                  # random weights: speed does not depend on them
    python benchmarks/inception.py --batch_size=4 --batch_size=16
    python benchmarks/inception.py --convolutions=xla --convolutions=onednn
    python benchmarks/inception.py --torch_python=/path/to/python   # beside the same network in torch, in turns

Images are noise of 128 pixels, gray (one channel, as our generators make them) and RGB. Torch's is pytorch-fid's
network on 299x299 RGB with batch normalization folded in, in its own layout and in channels-last. The peak is the speed
of a product of two square matrices, measured in the same turns, so that whatever else the machine does lowers all. The
processor's seconds, over all threads, hardly depend on that.
"""

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from absl import app, flags

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it runs as a script

from benchmarks.torch_process import start_torch
from dcgan_jax.inception.network import INPUT_SIZE, InceptionV3
from dcgan_jax.models.convolutions import Form
from dcgan_jax.models.onednn.library import choose_form

BATCH_SIZES = flags.DEFINE_multi_integer("batch_size", [8], "Images at a time; may be repeated.", lower_bound=1)
ROUNDS = flags.DEFINE_integer("rounds", 9, "Timed calls of each; median and best are reported.", lower_bound=1)
CONVOLUTIONS: Any = flags.DEFINE_multi_enum(
    "convolutions", ["auto"], ["auto", "onednn", "xla"], "What computes ours; may be repeated."
)
TORCH_PYTHON = flags.DEFINE_string("torch_python", "", "A Python with torch, for the comparison.")

COMPARED_DIMS = (768, 2048)
PRODUCT_SIZE = 3072

Seconds = Callable[[], tuple[float, float]]


def main(argv: Sequence[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"Unknown argument {argv[1]!r}.")
    print(f"{jax.devices()[0].device_kind}, {ROUNDS.value} rounds\n")
    print(
        f"{'network':26}{'dims':>6}{'batch':>7}{'images/s':>10}{'best':>8}{'GFLOP':>8}{'share of peak':>18}{'CPU s':>8}"
    )
    for batch_size in BATCH_SIZES.value:
        for dims in COMPARED_DIMS:
            print_table(dims, batch_size)


def print_table(dims: int, batch_size: int) -> None:
    runs = {
        f"{form}, {colors}": create_run(dims, batch_size, channels, form)
        for form in [choose_form(requested) for requested in CONVOLUTIONS.value]
        for colors, channels in (("gray", 1), ("RGB", 3))
    }
    if TORCH_PYTHON.value:
        network = (TORCH_PYTHON.value, "inception_torch.py", dims, batch_size)
        runs["torch"] = start_torch(*network, "contiguous_format")
        runs["torch, channels last"] = start_torch(*network, "channels_last")
    runs["peak"] = create_product()
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
    for _ in range(ROUNDS.value):
        for name, run in runs.items():
            seconds[name].append(run())
    peak = 2 * PRODUCT_SIZE**3 / np.median(seconds.pop("peak"), axis=0)[0]
    flops = count_flops(dims)
    for name, times in seconds.items():
        median, processor = np.median(times, axis=0)
        rate, best = batch_size / median, batch_size / np.min(times, axis=0)[0]
        share = f"{rate * flops / peak:.0%} of {peak / 1e9:.0f} GF/s"
        print(
            f"{name:26}{dims:6}{batch_size:7}{rate:10.1f}{best:8.1f}{flops / 1e9:8.2f}{share:>18}{processor:8.3f}",
            flush=True,
        )


def create_run(dims: int, batch_size: int, channels: int, form: Form) -> Seconds:
    """Returns a function that computes features of one batch and tells the seconds of that: by the wall, of the CPU."""
    images = np.random.default_rng(0).integers(0, 256, (batch_size, 128, 128, channels), np.uint8)
    network = InceptionV3((dims,), form)
    params = jax.jit(network.init)(jax.random.key(0), images)
    with jax.default_matmul_precision("highest"):
        apply = jax.jit(network.apply).lower(params, images).compile()
    return lambda: measure(lambda: apply(params, images))


def create_product() -> Seconds:
    matrix = jnp.ones((PRODUCT_SIZE, PRODUCT_SIZE))
    with jax.default_matmul_precision("highest"):
        product = jax.jit(jnp.dot).lower(matrix, matrix).compile()
    return lambda: measure(lambda: product(matrix, matrix))


def measure(run: Callable[[], object]) -> tuple[float, float]:
    jax.block_until_ready(run())  # the caches are warm, whoever's turn it was before
    start, processor = time.perf_counter(), time.process_time()
    jax.block_until_ready(run())
    return time.perf_counter() - start, time.process_time() - processor


def count_flops(dims: int) -> float:
    """Returns what XLA counts for one RGB image of the network's own size."""
    network = InceptionV3((dims,))
    images = jax.ShapeDtypeStruct((1, INPUT_SIZE, INPUT_SIZE, 3), jnp.float32)
    params = jax.eval_shape(network.init, jax.random.key(0), images)
    cost: Any = jax.jit(network.apply).lower(params, images).cost_analysis()
    return float(cost["flops"])


if __name__ == "__main__":
    app.run(main)
