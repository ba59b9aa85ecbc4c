"""How long one iteration of training takes, and which share of the machine's matrix product speed that is.

    python benchmarks/train_step.py                                  # full width at batch 8, an eighth at batch 64
    python benchmarks/train_step.py --compare=keras                  # beside Keras, in turns in the same process
    python benchmarks/train_step.py --torch_python=/path/to/python   # beside torch with channels last, in turns
    python benchmarks/train_step.py --size=64:128 --dtype=float32 --dtype=bfloat16   # base channels : batch size
    python benchmarks/train_step.py --size=8:64 --placement=device --placement=stream --steps_per_dispatch=8
    python benchmarks/train_step.py --size=8:64 --devices=1 --devices=8
    python benchmarks/train_step.py --recipe=cxr_best --size=8:8 --dtype=float32 --dtype=bfloat16
    python benchmarks/train_step.py --size=64:128 --plan_only        # compile time and memory, nothing is run
    python benchmarks/train_step.py --size=64:128 --profile=/tmp/trace   # for TensorBoard, Perfetto or XProf

Images are gray: noise that stays on the devices (`fixed`) or prepared phantoms, resident or streamed as in training.
FLOPs are counted by XLA in its own operations, whatever computes them. The peak is the median speed of a product of
two square matrices, measured in the same turns, so that whatever else the machine does lowers both. Compiled programs
are not taken from a cache. Peak memory is the device's own count where it keeps one and this configuration raised it,
else the sum that XLA plans for the program.
"""

import contextlib
import itertools
import json
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np
from absl import app, flags

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it runs as a script

from benchmarks.compiled_step import PLACEMENTS, count_flops, create_compiled_step, draw_images, peak_bytes, with_memory
from benchmarks.peak_matmul import Run, count_products, create_matrix_product, device_name, timed
from benchmarks.recipes import load_settings
from benchmarks.table import Table
from benchmarks.torch_process import start_torch
from dcgan_jax.settings import Settings

RECIPE = flags.DEFINE_string("recipe", "default", "File of configs/, without .py, whose iteration is timed.")
SIZES = flags.DEFINE_multi_string("size", ["64:8", "8:64"], "Base channels and batch size, as 64:8; may be repeated.")
DTYPES = flags.DEFINE_multi_enum("dtype", ["float32"], ["float32", "bfloat16"], "Compute type; may be repeated.")
IMAGE_SIZES = flags.DEFINE_multi_integer("image_size", [128], "Pixels a side; may be repeated.")
PLACEMENT = flags.DEFINE_multi_enum("placement", ["fixed"], PLACEMENTS, "Where images come from; may be repeated.")
STEPS_PER_DISPATCH = flags.DEFINE_multi_integer("steps_per_dispatch", [1], "Iterations in one call; may be repeated.")
DEVICES = flags.DEFINE_multi_integer("devices", [], "How many devices; may be repeated. By default all there are.")
IMAGES = flags.DEFINE_integer("images", 256, "Prepared images, unless the placement is fixed.", lower_bound=1)
DRAWN = flags.DEFINE_integer("drawn", 64, "Phantoms of the class that are drawn; they repeat to give the images.")
CALLS = flags.DEFINE_integer("calls", 1, "Calls without a wait in each timed round.", lower_bound=1)
REPEATS = flags.DEFINE_integer("repeats", 7, "Timed rounds; their median is reported.", lower_bound=1)
COMPARE = flags.DEFINE_enum("compare", "none", ["none", "keras"], "What to time in turns with this program.")
TORCH_PYTHON = flags.DEFINE_string("torch_python", "", "A Python with torch, to be timed in turns too.")
PLAN_ONLY = flags.DEFINE_bool("plan_only", False, "Only compile: FLOPs, compile time and planned memory.")
PROFILE = flags.DEFINE_string("profile", None, "Folder for a trace of the timed rounds, by jax.profiler.")
JSON = flags.DEFINE_string("json", None, "File for the rows, as a JSON list.")

Row = dict[str, Any]

TABLE = Table(
    {
        "framework": ("framework", ">9"),
        "image_size": ("pixels", ">6"),
        "base_channels": ("channels", ">8"),
        "batch_size": ("batch", ">5"),
        "dtype": ("dtype", ">8"),
        "placement": ("placement", ">9"),
        "num_devices": ("devices", ">7"),
        "steps_per_dispatch": ("steps/call", ">10"),
        "seconds_per_iteration": ("s/iteration", ">11.4f"),
        "images_per_second": ("images/s", ">8.1f"),
        "gflops": ("GFLOP", ">7.0f"),
        "share_of_peak": ("of peak", ">7.1%"),
        "peak_gflops_per_second": ("peak GFLOP/s", ">8.0f"),
        "peak_memory_mib": ("peak MiB", ">8.0f"),
        "peak_memory_source": ("counted by", ">10"),
        "compile_seconds": ("compile s", ">9.1f"),
        "host_ms_per_dispatch": ("host ms/call", ">8.2f"),
        "feed_ms_per_dispatch": ("feed ms/call", ">8.2f"),
    }
)


def main(argv: Sequence[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"Unknown argument {argv[1]!r}.")
    if DEVICES.value:
        jax.config.update("jax_num_cpu_devices", max(DEVICES.value))  # of no consequence on other platforms
    jax.config.update("jax_enable_compilation_cache", False)
    print(device_name(len(jax.devices())))
    TABLE.print_header()
    rows = []
    devices = DEVICES.value or [len(jax.devices())]
    varied = itertools.product(IMAGE_SIZES.value, DTYPES.value, SIZES.value, STEPS_PER_DISPATCH.value)
    for settings in itertools.starmap(create_settings, varied):
        for placement, num_devices in itertools.product(PLACEMENT.value, devices):
            for row in measure(settings, placement, num_devices):
                TABLE.print_row(row)
                rows.append(row)
    if JSON.value:
        Path(JSON.value).write_text(json.dumps(rows, indent=1) + "\n")


def create_settings(image_size: int, dtype: str, size: str, steps_per_dispatch: int) -> Settings:
    """Returns the recipe's settings but for what a row of the table varies."""
    base_channels, batch_size = (int(number) for number in size.split(":"))
    overrides = {
        "data.source": "phantom",
        "data.phantom_count": DRAWN.value,
        "data.image_size": image_size,
        "model.base_channels": base_channels,
        "model.dtype": dtype,
        "train.batch_size": batch_size,
        "train.steps_per_dispatch": steps_per_dispatch,
    }
    return load_settings(RECIPE.value).with_overrides(overrides)


def measure(settings: Settings, placement: str, num_devices: int) -> list[Row]:
    """Times one iteration of every implementation asked for, in turns, and returns their rows."""
    peak_before = peak_bytes()
    step = create_compiled_step(settings, num_devices, placement, IMAGES.value)
    ours = describe(settings, placement, num_devices)
    ours.update(compile_seconds=step.compile_seconds, planned_bytes=step.planned_bytes)
    if PLAN_ONLY.value:
        return [with_memory(ours, None, None)]

    iterations = settings.train.steps_per_dispatch * CALLS.value
    runs: dict[str, tuple[Row, Run, int]] = {"ours": (ours, lambda: step.run(CALLS.value), iterations)}
    if settings.model.dtype == "float32":
        for name, run in create_references(settings).items():
            row = {**describe(settings, placement, 1), "framework": name, "device": "cpu", "steps_per_dispatch": 1}
            runs[name] = (row, run, 1)
    times, peak = take_turns({name: run for name, (_, run, _) in runs.items()}, settings.model.dtype)
    peak *= count_products(num_devices)

    with_memory(ours, peak_before, peak_bytes())
    ours["host_ms_per_dispatch"] = 1000 * statistics.median(step.host.dispatch)
    ours["feed_ms_per_dispatch"] = 1000 * statistics.median(step.host.feed)
    for name, (row, _, count) in runs.items():
        seconds = statistics.median(times[name]) / count
        row["seconds_per_iteration"], row["steps_per_second"] = seconds, 1 / seconds
        row["images_per_second"] = settings.train.batch_size / seconds
        row["share_of_peak"] = row["flops"] / seconds / peak
        row["peak_flops_per_second"], row["peak_gflops_per_second"] = peak, peak / 1e9
    return [row for row, _, _ in runs.values()]


def describe(settings: Settings, placement: str, num_devices: int) -> Row:
    """Returns what is known of a row before anything runs; None stands for what is measured later, if at all."""
    flops = count_flops(settings)
    row: Row = {
        "framework": "dcgan_jax",
        "device": device_name(num_devices),
        "num_devices": num_devices,
        "image_size": settings.data.image_size,
        "base_channels": settings.model.base_channels,
        "batch_size": settings.train.batch_size,
        "dtype": settings.model.dtype,
        "placement": placement,
        "steps_per_dispatch": settings.train.steps_per_dispatch,
        "flops": flops,
        "gflops": flops / 1e9,
    }
    measured = [name for name in TABLE.fields if name not in row]
    return row | dict.fromkeys([*measured, "steps_per_second", "peak_flops_per_second"])


def take_turns(runs: dict[str, Run], dtype: str) -> tuple[dict[str, list[float]], float]:
    """Times all runs and the matrix product in turns: whatever else the machine does slows all of them.

    Returns:
      The seconds of every run in every round, and the matrix product's median FLOPs a second on one device.
    """
    product, product_flops = create_matrix_product(dtype)
    for run in runs.values():
        run()  # what happens only at the first call is not timed
    product_times: list[float] = []
    times: dict[str, list[float]] = {name: [] for name in runs}
    with jax.profiler.trace(PROFILE.value) if PROFILE.value else contextlib.nullcontext():
        for _ in range(REPEATS.value):
            product_times.append(timed(product))
            for name, run in runs.items():
                times[name].append(timed(run))
    return times, product_flops / statistics.median(product_times)


def create_references(settings: Settings) -> dict[str, Run]:
    """Returns one iteration in each of the frameworks that the flags name."""
    references: dict[str, Run] = {}
    if COMPARE.value == "keras":
        references["keras"] = create_keras_run(settings)
    if TORCH_PYTHON.value:
        size = (settings.data.image_size, settings.model.base_channels, settings.train.batch_size)
        references["torch"] = start_torch(TORCH_PYTHON.value, "torch_dcgan.py", *size)
    return references


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


if __name__ == "__main__":
    app.run(main)
