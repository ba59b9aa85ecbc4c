"""One record a run for the comparison of recipes: its scores with their protocol, and what an image costs."""

import json
from pathlib import Path
from typing import Any, cast

import jax
import jax.numpy as jnp

from benchmarks.checkerboard import compute_checkerboard, read_grid
from benchmarks.compiled_step import count_flops
from dcgan_jax.data.prepare import prepare
from dcgan_jax.data.selection import select_training
from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.settings import Settings
from dcgan_jax.storage import atomic_file
from dcgan_jax.training.state import count_parameters, create_generator

SCORES = (
    "fid",
    "fid_2048",
    "kid",
    "kid_held_out",
    "precision",
    "recall",
    "density",
    "coverage",
    "ms_ssim",
    "ms_ssim_real",
    "memorised_share",
)
PROTOCOL = (
    "dims",
    "preprocess",
    "resize_filter",
    "num_real",
    "num_generated",
    "num_held_out",
    "weights",
    "weights_sha256",
    "fingerprint",
    "seeds",
    "step",
)
FLOOR = ("fid", "score", "ratio", "num_real", "num_other", "divided_by")
INTERVAL = ("low", "high", "level")

Record = dict[str, Any]


def create_record(evaluation: Record, root: Path, run: Record) -> Record:
    """Returns the record of a finished run.

    Args:
      evaluation: the record of its evaluation.
      root: its workdir.
      run: what run it is: config, scale, seed, images_seen, command.
    """
    workdir = Workdir(root)
    settings = Settings.load(workdir.config)
    summary = workdir.read_summary()
    floor, interval = evaluation["floor"], evaluation["interval"]
    grid = read_grid(max(workdir.samples.glob("step_*.png")), settings.data.image_size)
    return {
        **run,
        **{name: evaluation[name] for name in SCORES},
        "floor": floor and {name: floor[name] for name in FLOOR},
        "interval": interval and {name: interval[name] for name in INTERVAL},
        "memorised_control": evaluation["memorization"].get("false_positive_rate"),
        **{name: evaluation[name] for name in PROTOCOL},
        "checkerboard": compute_checkerboard(grid),
        "checkerboard_real": measure_real_checkerboard(settings),
        **describe_generator(settings),
        "training_flops": count_flops(settings) / settings.train.batch_size,
        "state_sha256": summary and summary.state_sha256,
        "images_per_second": summary and summary.images_per_second,
        "device": evaluation["device"],
    }


def measure_real_checkerboard(settings: Settings) -> float:
    """Returns the same measure of the training images: they, too, can repeat something every four pixels."""
    prepared = prepare(settings.data, settings.seed)
    training, _ = select_training(prepared, settings.data, settings.seed)
    return compute_checkerboard(prepared.images(training)[..., 0])


def describe_generator(settings: Settings) -> dict[str, float]:
    """Returns the generator's parameters and, by XLA's count, the operations it takes to make one image."""
    generator = create_generator(settings.with_overrides({"runtime.convolutions": "xla"}))
    latents = jnp.zeros((1, settings.model.latent_size))
    params = jax.eval_shape(generator.init, jax.random.key(0), latents)["params"]
    lowered = jax.jit(lambda params, latents: generator.apply({"params": params}, latents)).lower(params, latents)
    analysis = cast(Any, lowered).cost_analysis()
    return {"generator_parameters": count_parameters(params), "generator_flops": float(analysis["flops"])}


def load_records(path: Path) -> list[Record]:
    """Returns all records, or none where there is no file yet."""
    return json.loads(path.read_text()) if path.exists() else []


def save_record(path: Path, record: Record) -> None:
    """Adds a record to the file; it replaces one of the same run."""
    key = ("scale", "config", "images_seen", "seed")
    others = [other for other in load_records(path) if any(other[name] != record[name] for name in key)]
    records = sorted([*others, record], key=lambda one: tuple(one[name] for name in key))
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_file.write_text(path, json.dumps(records, indent=1) + "\n")
