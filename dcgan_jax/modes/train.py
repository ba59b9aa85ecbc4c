"""`--mode=train`: prepared data -> a trained generator, its checkpoints, samples, figures and a summary."""

import importlib.metadata
import json
import logging
import time
from collections.abc import Sequence

import jax
import numpy as np
from jax.sharding import Mesh
from jaxtyping import UInt8

from dcgan_jax.data.order import Order
from dcgan_jax.data.pipeline import create_batches
from dcgan_jax.data.prepared import Example, PreparedSet
from dcgan_jax.data.selection import format_train_files, select_training
from dcgan_jax.devices import create_mesh
from dcgan_jax.errors import UserError
from dcgan_jax.modes.prepare import prepare
from dcgan_jax.modes.restore import create_sampler, restore, start_or_restore
from dcgan_jax.modes.scoring import create_scorer_if_possible, write_report
from dcgan_jax.progress import create_progress
from dcgan_jax.reporting.figures import save_comparison, save_curves
from dcgan_jax.reporting.observer import GRID_IMAGES, TrainObserver
from dcgan_jax.reporting.run_log import RunLog, read_rows
from dcgan_jax.settings import Settings
from dcgan_jax.training.checkpoints import Checkpoints
from dcgan_jax.training.interruption import StopRequest
from dcgan_jax.training.loop import run_loop
from dcgan_jax.training.schedule import create_schedule
from dcgan_jax.training.state import create_networks, state_sha256
from dcgan_jax.training.step import create_dispatch
from dcgan_jax.workdir import Workdir

logger = logging.getLogger(__name__)

REPORTED_PACKAGES = ("jax", "jaxlib", "flax", "optax", "orbax-checkpoint", "numpy")


def train(settings: Settings, workdir: Workdir) -> None:
    """Trains to the end of the schedule, from the newest checkpoint if there is one.

    Raises:
      UserError: a setting, the data or the workdir does not allow it.
      Interrupted: a signal came; the state is saved.
    """
    started = time.monotonic()
    mesh = create_mesh()
    _check_divisible(settings.train.batch_size, mesh)
    prepared = prepare(settings, workdir)
    examples, held_out = select_training(prepared, settings.data, settings.seed)
    schedule = create_schedule(settings, len(examples))
    workdir.admit(settings, format_train_files(examples))
    logger.info(
        "%d training images (%s), %d steps, %d device(s)", len(examples), settings.data.label, schedule.total, mesh.size
    )

    networks = create_networks(settings)
    sampler = create_sampler(settings, mesh)
    scorer = create_scorer_if_possible(settings, prepared, examples, held_out) if schedule.evaluate_every else None
    with Checkpoints(workdir.checkpoints(settings), settings.checkpoint.keep) as checkpoints:
        state = start_or_restore(networks, settings.seed, checkpoints, mesh)
        first_step = int(state.step)
        _check_length(first_step, schedule.total)
        order = Order(settings.seed, len(examples), settings.train.batch_size // 2, settings.data.sampling)
        batches = create_batches(prepared, examples, settings.data, settings.model.channels, order, mesh, first_step)
        dispatch = create_dispatch(networks, settings.train.batch_size, mesh, batches.read)
        with (
            StopRequest() as stop,
            RunLog(workdir.metrics, workdir.tensorboard, first_step) as log,
            create_progress(schedule.total, "Training", "steps", initial=first_step) as progress,
        ):
            observer = TrainObserver(settings, workdir, schedule, log, sampler, scorer, progress)
            key = jax.random.key(settings.seed)
            state = run_loop(state, key, dispatch, batches, schedule, checkpoints, observer, stop)
        checkpoints.wait()
        best_step = checkpoints.best_step()
        best = state if best_step in (None, schedule.total) else restore(networks, checkpoints, best_step, mesh)

    save_curves(list(read_rows(workdir.metrics)), workdir.figures / "curves.png")
    real = _spread_images(prepared, examples)
    save_comparison(real, observer.sample_grid(state.generator)[: len(real)], workdir.figures / "comparison.png")
    summary = {
        "step": int(state.step),
        "state_sha256": state_sha256(state),
        "best_step": best_step,
        "scores": write_report(scorer, sampler, best, workdir) if scorer else None,
        "num_train_images": len(examples),
        "images_per_second": observer.images_per_second(),
        "seconds": time.monotonic() - started,
        "versions": {name: importlib.metadata.version(name) for name in REPORTED_PACKAGES},
        "devices": [device.device_kind for device in mesh.devices.flat],
    }
    workdir.summary.write_text(json.dumps(summary, indent=2) + "\n")
    logger.info("done after %d steps: see %s", schedule.total, workdir.root)


def _check_divisible(batch_size: int, mesh: Mesh) -> None:
    if batch_size % (2 * mesh.size):
        raise UserError(
            f"config.train.batch_size={batch_size} cannot be divided over {mesh.size} devices: half a batch is real "
            f"images, so give a multiple of {2 * mesh.size}."
        )


def _check_length(step: int, total: int) -> None:
    if step > total:
        raise UserError(
            f"The run has {step} steps already, more than the {total} asked for: give config.train.steps={step} or "
            "more, or a new --workdir."
        )


def _spread_images(prepared: PreparedSet, examples: Sequence[Example]) -> UInt8[np.ndarray, "n height width 1"]:
    spread = np.linspace(0, len(examples) - 1, min(GRID_IMAGES, len(examples))).astype(int)
    return prepared.images([examples[index] for index in spread])
