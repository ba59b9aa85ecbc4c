"""How long one iteration of training takes, and which share of the machine's matrix product speed that is.

    python benchmarks/train_step.py                                  # full width at batch 8, an eighth at batch 64
    python benchmarks/train_step.py --compare=keras                  # beside Keras, in turns in the same process
    python benchmarks/train_step.py --size=64:128 --dtype=bfloat16   # base channels : batch size

Images are noise of the paper's size, gray. FLOPs are counted by XLA in its own forms of the operations: the forms that
convolutions.py takes on the CPU do some more. The peak is the median speed of a product of two square matrices,
measured in the same turns, so that whatever else the machine does lowers both.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, cast
from unittest import mock

import jax
import jax.numpy as jnp
import numpy as np
from absl import app, flags

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it runs as a script

from configs import default
from dcgan_jax.devices import create_mesh, replicated, split
from dcgan_jax.settings import Settings
from dcgan_jax.training.state import create_recipe, create_state
from dcgan_jax.training.step import create_dispatch

SIZES = flags.DEFINE_multi_string("size", ["64:8", "8:64"], "Base channels and batch size, as 64:8; may be repeated.")
DTYPES = flags.DEFINE_multi_enum("dtype", ["float32"], ["float32", "bfloat16"], "Compute type; may be repeated.")
STEPS_PER_DISPATCH = flags.DEFINE_multi_integer("steps_per_dispatch", [1], "Iterations in one call; may be repeated.")
IMAGE_SIZE = flags.DEFINE_integer("image_size", 128, "Pixels a side.")
REPEATS = flags.DEFINE_integer("repeats", 7, "Timed calls; their median is reported.", lower_bound=1)
COMPARE = flags.DEFINE_enum("compare", "none", ["none", "keras"], "What to time in turns with this program.")
JSON = flags.DEFINE_string("json", None, "File for the rows, as a JSON list.")

PRODUCT_SIZE = {"cpu": 3072}  # rows of the square matrices whose product is the yardstick
PRODUCT_SIZE_OF_ACCELERATORS = 8192

Row = dict[str, Any]
Run = Callable[[], None]


def main(argv: Sequence[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"Unknown argument {argv[1]!r}.")
    sizes = [tuple(int(number) for number in size.split(":")) for size in SIZES.value]
    rows: list[Row] = []
    for dtype in DTYPES.value:
        print(f"\n{device_name()}, {dtype}")
        print_header()
        for base_channels, batch_size in sizes:
            for steps_per_dispatch in STEPS_PER_DISPATCH.value:
                settings = create_settings(base_channels, batch_size, dtype, steps_per_dispatch)
                for row in measure(settings):
                    print_row(row)
                    rows.append(row)
    if JSON.value:
        Path(JSON.value).write_text(json.dumps(rows, indent=1) + "\n")


def create_settings(base_channels: int, batch_size: int, dtype: str, steps_per_dispatch: int) -> Settings:
    """Returns the default settings but for what a row of the table varies."""
    overrides = {
        "data.image_size": IMAGE_SIZE.value,
        "model.base_channels": base_channels,
        "model.dtype": dtype,
        "train.batch_size": batch_size,
        "train.steps_per_dispatch": steps_per_dispatch,
    }
    return Settings.from_config(default.get_config()).with_overrides(overrides)


def measure(settings: Settings) -> list[Row]:
    """Times one iteration of every implementation asked for, in turns, and returns their rows."""
    flops, batch_size = count_flops(settings), settings.train.batch_size
    runs = {"dcgan_jax": (create_our_run(settings), settings.train.steps_per_dispatch)}  # and the iterations of a call
    if COMPARE.value == "keras" and settings.model.dtype == "float32":
        runs["keras"] = (create_keras_run(settings), 1)
    first_calls = {name: timed(run) for name, (run, _) in runs.items()}

    product, product_flops = create_matrix_product(settings.model.dtype)
    product_times: list[float] = []
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(REPEATS.value):  # in turns: whatever else the machine does slows all of them
        product_times.append(timed(product))
        for name, (run, _) in runs.items():
            times[name].append(timed(run))
    peak = product_flops / statistics.median(product_times)

    rows = []
    for name, (_, iterations) in runs.items():
        seconds = statistics.median(times[name]) / iterations
        rows.append(
            {
                "framework": name,
                "device": device_name() if name == "dcgan_jax" else "cpu",
                "image_size": settings.data.image_size,
                "base_channels": settings.model.base_channels,
                "batch_size": batch_size,
                "dtype": settings.model.dtype,
                "steps_per_dispatch": iterations,
                "seconds_per_iteration": seconds,
                "images_per_second": batch_size / seconds,
                "flops": flops,
                "peak_flops_per_second": peak,
                "share_of_peak": flops / seconds / peak,
                "first_call_seconds": first_calls[name],
            }
        )
    return rows


def create_our_run(settings: Settings) -> Run:
    """Returns a function that runs the iterations of one dispatch and waits for them."""
    recipe, mesh, key = create_recipe(settings), create_mesh(), jax.random.key(settings.seed)
    dispatch = create_dispatch(recipe, mesh, lambda dataset, feed: feed)
    state = jax.device_put(jax.jit(partial(create_state, recipe))(key), replicated(mesh))
    real = jax.device_put(draw_images(settings), split(mesh, axis=1))

    def run() -> None:
        nonlocal state
        state, metrics = dispatch(state, key, (), real)
        jax.block_until_ready((state, metrics))

    return run


def create_keras_run(settings: Settings) -> Run:
    """Returns a function that runs one iteration in Keras."""
    from benchmarks.keras_dcgan import KerasDcgan

    reference = KerasDcgan(settings)
    generator = np.random.default_rng(0)
    batch, latent = settings.train.batch_size, settings.model.latent_size
    real = draw_images(settings)[0]

    def run() -> None:
        latents = generator.standard_normal((batch // 2, latent), np.float32)
        reference.iterate(real, latents, generator.standard_normal((batch, latent), np.float32))

    return run


def draw_images(settings: Settings) -> np.ndarray:
    """Returns noise for one dispatch, [steps, batch_size / 2, height, width, channels] in [-1, 1]."""
    size = settings.data.image_size
    shape = (settings.train.steps_per_dispatch, settings.train.batch_size // 2, size, size, settings.model.channels)
    return np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)


def count_flops(settings: Settings) -> float:
    """Returns XLA's count of the floating-point operations of one iteration, in the forms that accelerators run."""
    recipe, key = create_recipe(settings), jax.random.key(0)
    dispatch = create_dispatch(recipe, create_mesh(), lambda dataset, feed: feed)
    state = jax.eval_shape(partial(create_state, recipe), key)
    with mock.patch.object(jax, "default_backend", return_value="gpu"):  # traced, not run
        analysis = cast(Any, dispatch).lower(state, key, (), draw_images(settings)[:1]).cost_analysis()
    return float(analysis["flops"])


def create_matrix_product(dtype: str) -> tuple[Run, float]:
    """Returns a function that multiplies two large square matrices, compiled already, and its operations."""
    size = PRODUCT_SIZE.get(jax.default_backend(), PRODUCT_SIZE_OF_ACCELERATORS)
    matrix = jnp.ones((size, size), dtype)
    product = jax.jit(jnp.matmul).lower(matrix, matrix).compile()
    return lambda: jax.block_until_ready(product(matrix, matrix)), 2.0 * size**3


def timed(run: Run) -> float:
    """Returns the seconds that a call takes."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def device_name() -> str:
    """Returns the kind of the devices, with their number where there are several."""
    devices = jax.devices()
    return devices[0].device_kind + (f" x {len(devices)}" if len(devices) > 1 else "")


COLUMNS = {
    "framework": "<12",
    "base_channels": ">14",
    "batch_size": ">11",
    "steps_per_dispatch": ">19",
    "seconds_per_iteration": ">22.4f",
    "images_per_second": ">18.1f",
    "flops": ">10.3g",
    "peak_flops_per_second": ">22.3g",
    "share_of_peak": ">14.1%",
    "first_call_seconds": ">19.1f",
}


def print_header() -> None:
    print("".join(f"{name:{spec.split('.')[0]}}" for name, spec in COLUMNS.items()))


def print_row(row: Row) -> None:
    print("".join(f"{row[name]:{spec}}" for name, spec in COLUMNS.items()), flush=True)


if __name__ == "__main__":
    app.run(main)
