"""`--mode=train`: prepared data -> a trained generator, its checkpoints, samples, figures and a summary."""

import importlib.metadata
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh
from jaxtyping import UInt8

from dcgan_jax.data.order import Order
from dcgan_jax.data.pipeline import Batches, create_batches
from dcgan_jax.data.prepared import Example, PreparedSet
from dcgan_jax.data.selection import (
    count_classes,
    format_train_files,
    list_classes,
    resolve_num_classes,
    select_training,
)
from dcgan_jax.errors import UserError
from dcgan_jax.evaluation.class_scorer import ClassScorer
from dcgan_jax.runs.figures import save_comparison, save_curves
from dcgan_jax.runs.metrics_log import RunLog, read_rows
from dcgan_jax.runs.observer import SilentObserver, TrainObserver, draw_samples
from dcgan_jax.runs.prepare import prepare
from dcgan_jax.runs.restore import create_sampler, restore, start_or_restore
from dcgan_jax.runs.scoring import create_score_fn, create_scorer_if_possible, write_report
from dcgan_jax.runs.workdir import Workdir, compute_identity
from dcgan_jax.runtime import processes
from dcgan_jax.runtime.devices import create_mesh
from dcgan_jax.runtime.progress import create_progress
from dcgan_jax.runtime.signals import StopRequest
from dcgan_jax.runtime.stop_sync import StopAgreement
from dcgan_jax.sampling import Sampler
from dcgan_jax.settings import Settings
from dcgan_jax.storage.ownership import claim, is_held
from dcgan_jax.training.checkpoints import Checkpoints
from dcgan_jax.training.loop import run_loop
from dcgan_jax.training.schedule import Schedule, create_schedule
from dcgan_jax.training.state import Recipe, TrainState, create_recipe, state_sha256
from dcgan_jax.training.step import create_dispatch

logger = logging.getLogger(__name__)

REPORTED_PACKAGES = ("jax", "jaxlib", "flax", "optax", "orbax-checkpoint", "numpy")


def train(settings: Settings, workdir: Workdir) -> None:
    """Trains to the end of the schedule, from the newest checkpoint if there is one.

    Of several processes the first alone looks after the workdir; all take part in what the devices do.

    Raises:
      UserError: a setting, the data or the workdir does not allow it; nothing of the run is changed then.
      Interrupted: a signal came; the state is saved.
    """
    started = time.monotonic()
    mesh = create_mesh()
    _check_divisible(settings, mesh)
    first = processes.is_first()
    with ExitStack() as stack:
        before = None
        if first:
            stack.enter_context(workdir.opened())
            before = workdir.check_settings(settings)
        prepared = prepare(settings, workdir)
        training, held_out = select_training(prepared, settings.data, settings.seed)
        settings = resolve_num_classes(settings, training)
        train_files = format_train_files(training)
        schedule = create_schedule(settings, len(training))
        where, identity = workdir.checkpoints(settings), compute_identity(settings, train_files)
        is_claimed = False
        if first:
            workdir.check_train_files(train_files)
            is_claimed = is_held(where, workdir.run_id())
        processes.require_same(identity, "training images", "give all the same files in config.data.dir")
        with Checkpoints(where, identity, settings.checkpoint.keep) as checkpoints:
            steps = checkpoints.steps()
            _check_steps(steps, schedule.total, before, settings)
            if before and not steps and not is_claimed:
                raise UserError(
                    f"{where} holds no checkpoints, and the run in {workdir.root} has kept its own there: bring the "
                    "folder back (is it mounted?), or start anew in another --workdir."
                )
            processes.require_same(
                [[step, bool(checkpoints.scores(step))] for step in steps],  # scored or not: whether all score it
                f"checkpoints in {where}",
                "give a config.checkpoint.dir that all reach, shared or gs://",
            )
            if first:
                claim(where, workdir.run_id(), workdir.root)
                workdir.record(settings, train_files)
            scored = schedule.evaluate_every > 0
            if processes.from_first(first and workdir.is_complete(schedule.total, scored)):
                logger.info("done already, after %d steps: see %s", schedule.total, workdir.root)
                return
            logger.info(
                "%d training images (%s), %d steps, %d device(s), %d process(es)",
                *(len(training), ", ".join(list_classes(training)), schedule.total, mesh.size, processes.count()),
            )
            scorer = None
            if scored and (scorer := create_scorer_if_possible(settings, prepared, training, held_out)):
                checkpoints.compare_under(scorer.fingerprint)
            order = Order(settings.seed, len(training), settings.train.batch_size // 2, settings.data.sampling)
            images = partial(create_batches, prepared, training, settings.data, settings.model.channels, order, mesh)
            recipe = create_recipe(settings, count_classes(training) if settings.model.num_classes else ())
            state, pace = _run(recipe, workdir, mesh, schedule, images, scorer, checkpoints)
            best_step = processes.from_first(checkpoints.best_step())
            best = state if best_step in (None, schedule.total) else restore(settings, checkpoints, best_step, mesh)

        sampler = create_sampler(settings, mesh)
        generated = draw_samples(sampler, state.sampled_generator, settings)
        summary: dict[str, Any] = {}
        if first:
            _draw_figures(workdir, prepared, training, generated)
            summary = {
                **_describe(state, mesh),
                **_measure(workdir, pace, time.monotonic() - started),
                "num_train_images": len(training),
                "best_step": best_step,
                "scores": None,
            }
            workdir.write_summary(summary)  # before the report too, which may take long on a CPU
        if scorer:
            report = write_report(scorer, sampler, best, workdir)
            if first:
                workdir.write_summary({**summary, "scores": report})
    logger.info("done after %d steps: see %s", schedule.total, workdir.root)


def _run(
    recipe: Recipe,
    workdir: Workdir,
    mesh: Mesh,
    schedule: Schedule,
    create_batches_fn: Callable[[int], Batches],
    scorer: ClassScorer | None,
    checkpoints: Checkpoints,
) -> tuple[TrainState, float | None]:
    """Trains from the newest checkpoint on; returns the final state, saved, and the pace in images a second."""
    settings = recipe.settings
    sampler = create_sampler(settings, mesh)
    state = start_or_restore(settings, checkpoints, mesh)
    first_step = int(state.step)
    batches = create_batches_fn(first_step * schedule.batches_per_step)
    dispatch = create_dispatch(recipe, mesh, batches.read)
    agree: Callable[[bool], bool] = bool
    if processes.count() > 1:
        agree = StopAgreement(mesh)
        dispatch = agree.carried_by(dispatch)
    key = jax.random.key(settings.seed)
    with (
        StopRequest(agree) as stop,
        _observed(settings, workdir, schedule, sampler, first_step) as observer,
    ):
        score_fn = create_score_fn(scorer, sampler, settings.seed, stop) if scorer else None
        state = run_loop(state, key, dispatch, batches, schedule, checkpoints, observer, stop, score_fn)
    return state, observer.images_per_second()


@contextmanager
def _observed(
    settings: Settings, workdir: Workdir, schedule: Schedule, sampler: Sampler, first_step: int
) -> Iterator[TrainObserver | SilentObserver]:
    """Gives the observer of this process, with its log and its live line where it is the first one."""
    if not processes.is_first():
        yield SilentObserver(settings, sampler)
        return
    with (
        RunLog(workdir.metrics, workdir.tensorboard, first_step) as log,
        create_progress(schedule.total, "Training", "steps", first_step, waits_for="compiling") as progress,
    ):
        yield TrainObserver(settings, workdir, schedule, log, sampler, progress)


def _draw_figures(
    workdir: Workdir,
    prepared: PreparedSet,
    training: Sequence[Example],
    generated: UInt8[np.ndarray, "n height width channels"],
) -> None:
    save_curves(list(read_rows(workdir.metrics)), workdir.figures / "curves.png")
    classes = [[example for example in training if example.label == label] for label in list_classes(training)]
    real, shown = [], []
    for of_class, made in zip(classes, np.split(generated, len(classes)), strict=True):
        count = min(len(made), len(of_class))
        spread = np.linspace(0, len(of_class) - 1, count).astype(int)
        real.append(prepared.images([of_class[index] for index in spread]))
        shown.append(made[:count])
    save_comparison(real, shown, workdir.figures / "comparison.png")


def _describe(state: TrainState, mesh: Mesh) -> dict[str, Any]:
    """Returns what the summary says of the final state, and of what computed it."""
    return {
        "step": int(state.step),
        "state_sha256": state_sha256(state),
        "versions": {name: importlib.metadata.version(name) for name in REPORTED_PACKAGES},
        "devices": [device.device_kind for device in mesh.devices.flat],
        "processes": processes.count(),
    }


def _measure(workdir: Workdir, pace: float | None, seconds: float) -> dict[str, float | None]:
    """Returns what was measured since this start or, where it did no step, since the one before."""
    before = workdir.read_summary()
    if pace is None and before:
        return {name: before[name] for name in ("images_per_second", "seconds")}
    return {"images_per_second": pace, "seconds": seconds}


def _check_divisible(settings: Settings, mesh: Mesh) -> None:
    batch_size, group = settings.train.batch_size, settings.model.minibatch_std
    if batch_size % (2 * mesh.size):
        raise UserError(
            f"config.train.batch_size={batch_size} cannot be divided over {mesh.size} devices: half a batch is real "
            f"images, so give a multiple of {2 * mesh.size}."
        )
    if group and batch_size % (2 * mesh.size * group):
        raise UserError(
            f"config.model.minibatch_std={group} does not divide half of config.train.batch_size={batch_size} on each "
            f"of {mesh.size} devices: give a batch size that is a multiple of {2 * mesh.size * group}."
        )


def _check_steps(steps: Sequence[int], total: int, before: Settings | None, now: Settings) -> None:
    if steps and steps[-1] > total:
        raise UserError(
            f"The run has {steps[-1]} steps already, more than the {total} asked for: give "
            f"config.train.steps={steps[-1]} or more, or a new --workdir."
        )
    if before and before.checkpoint.dir != now.checkpoint.dir and not steps:
        raise UserError(
            f"config.checkpoint.dir={now.checkpoint.dir!r} holds no checkpoints, and the run has kept its own in "
            f"{before.checkpoint.dir!r} so far (empty: in the workdir): move them first, or give that."
        )
