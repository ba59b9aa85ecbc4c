"""`--mode=train`: prepared data -> a trained generator, its checkpoints, samples, figures and a summary."""

import logging
import time
from contextlib import nullcontext
from dataclasses import dataclass
from typing import NamedTuple

import jax
import numpy as np
from jax.sharding import Mesh

from dcgan_jax.data.order import Order
from dcgan_jax.data.pipeline import create_batches
from dcgan_jax.data.selection import describe_selection, resolve_num_classes, warn_of_few
from dcgan_jax.evaluation.class_scorer import ClassScorer
from dcgan_jax.runs.curves import save_curves
from dcgan_jax.runs.figures import COMPARISON, CURVES, Images, save_comparison
from dcgan_jax.runs.first_weights import open_origin, record_origin, take_weights
from dcgan_jax.runs.metrics_log import read_rows
from dcgan_jax.runs.observer import draw_samples, observed
from dcgan_jax.runs.restore import restore_or_fall_back, start_or_restore
from dcgan_jax.runs.run import Run
from dcgan_jax.runs.run_checkpoints import checkpoints_of_run
from dcgan_jax.runs.scoring import create_score_fn, create_scorer_if_possible, write_evaluation
from dcgan_jax.runs.starts import record_start
from dcgan_jax.runs.summary import summarize
from dcgan_jax.runs.training_data import TrainingData, read_training_data
from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.runtime import processes
from dcgan_jax.runtime.devices import create_mesh, replicated
from dcgan_jax.runtime.signals import StopRequest
from dcgan_jax.runtime.stop_sync import MultiStep, StopSync
from dcgan_jax.runtime.watchdog import Watchdog
from dcgan_jax.sampling import Sampler
from dcgan_jax.settings import Settings
from dcgan_jax.training.batch_sizes import require_divisible
from dcgan_jax.training.checkpoints import Checkpoints
from dcgan_jax.training.loop import Advance, run_loop
from dcgan_jax.training.schedule import Schedule, create_schedule
from dcgan_jax.training.state import Recipe, TrainState, create_recipe
from dcgan_jax.training.step import create_multi_step

logger = logging.getLogger(__name__)


def train(settings: Settings, workdir: Workdir) -> None:
    """Trains to the end of the schedule, from the newest checkpoint if there is one.

    Of several processes the first alone looks after the workdir; all take part in what the devices do.

    Raises:
      UserError: a setting, the data or the workdir does not allow it; nothing of the run is changed then.
      Interrupted: a signal came; the state is saved.
    """
    started, first = time.monotonic(), processes.is_first()
    mesh = create_mesh()
    require_divisible(settings, mesh.size)
    with workdir.locked() if first else nullcontext():
        before = workdir.check_settings(settings) if first else None
        data = read_training_data(settings, workdir)
        settings = resolve_num_classes(settings, data.training)
        schedule = create_schedule(settings, len(data.training))
        begins = processes.from_first(before is None)
        origin = open_origin(settings, data.labels, mesh) if settings.train.init_from and begins else None
        with checkpoints_of_run(settings, workdir, data, schedule.total, before) as checkpoints:
            if processes.from_first(first and workdir.is_complete(schedule.total, schedule.is_scored)):
                logger.info("done already, after %d steps: see %s", schedule.total, workdir.root)
                return
            if first:
                record_start(workdir, "train")
            _announce(settings, data, schedule, mesh)
            recipe = create_recipe(settings, data.class_counts if settings.model.num_classes else ())
            sampler = Sampler(recipe.generator, settings.model.latent_size, mesh)
            scorer = create_scorer_if_possible(settings, data) if schedule.is_scored else None
            if scorer:
                checkpoints.compare_under(scorer.fingerprint)
            if settings.train.init_from and not checkpoints.steps():
                origin = origin or open_origin(settings, data.labels, mesh)  # stopped before its first checkpoint
                if first:
                    record_origin(origin, workdir)
            training = Training(workdir, mesh, data, schedule, recipe, sampler, scorer, checkpoints, origin)
            trained = training.run()
        training.write_results(trained, started)
    logger.info("done after %d steps: see %s", schedule.total, workdir.root)


class Trained(NamedTuple):
    """What a training came to.

    Attributes:
      state: the final one.
      best: that of the checkpoint with the best score; the final one where none is scored.
      best_step: of that checkpoint; None where none is scored.
      pace: images a second; None where this start did no step.
      set_aside: damaged checkpoints that were passed over.
    """

    state: TrainState
    best: TrainState
    best_step: int | None
    pace: float | None
    set_aside: tuple[str, ...]


@dataclass(frozen=True)
class Training:
    """All that one training needs, ready to run.

    Attributes:
      workdir: where its results go.
      mesh: the devices.
      data: what it trains on.
      schedule: when what happens.
      recipe: modules, optimizers and settings.
      sampler: what draws from its generator.
      scorer: of its generator; None: no state is scored.
      checkpoints: where states are saved.
      origin: the run whose weights it begins with; None: drawn ones.
    """

    workdir: Workdir
    mesh: Mesh
    data: TrainingData
    schedule: Schedule
    recipe: Recipe
    sampler: Sampler
    scorer: ClassScorer | None
    checkpoints: Checkpoints
    origin: Run | None

    def run(self) -> Trained:
        """Trains from the newest checkpoint on; raises what `train` does."""
        settings, checkpoints = self.recipe.settings, self.checkpoints
        sync = StopSync(self.mesh) if processes.count() > 1 else None
        with Watchdog(settings.train.stall_minutes) as watchdog:
            state = start_or_restore(self.recipe, checkpoints, self.mesh)
            if self.origin and not checkpoints.steps():
                state = jax.device_put(take_weights(state, self.origin, settings), replicated(self.mesh))
            first_step = int(state.step)
            advance = self._create_advance(first_step, sync, watchdog)
            with (
                StopRequest(sync or bool) as stop,
                observed(
                    settings, self.workdir, self.schedule, self.sampler, first_step, checkpoints.best_step
                ) as observer,
            ):
                score_fn = None
                if self.scorer:
                    score_fn = watchdog.ignoring(create_score_fn(self.scorer, self.sampler, settings.seed, stop))
                state = run_loop(state, advance, self.schedule, checkpoints, observer, stop, score_fn)
        best = state
        if checkpoints.best_step() not in (None, self.schedule.total):
            best = restore_or_fall_back(self.recipe, checkpoints, self.mesh, checkpoints.best_step)
        best_step = processes.from_first(checkpoints.best_step())
        return Trained(state, best, best_step, observer.images_per_second(), checkpoints.names_set_aside())

    def write_results(self, trained: Trained, started: float) -> None:
        """Draws the figures, and writes the summary and, where states are scored, the record of the best one.

        `started` is the time by `time.monotonic` at which this start began.
        """
        generated = draw_samples(self.sampler, trained.state.sampled_generator, self.recipe.settings)
        pace, seconds = trained.pace, time.monotonic() - started
        if processes.is_first():
            _draw_figures(self.workdir, self.data, generated, trained.best_step)
            earlier = self.workdir.read_summary()
            if pace is None and earlier:  # this start did no step: what was measured before holds
                pace, seconds = earlier.images_per_second, earlier.seconds
            summary = summarize(
                trained.state,
                self.mesh,
                images_per_second=pace,
                seconds=seconds,
                num_train_images=len(self.data.training),
                best_step=trained.best_step,
                scores=None,
                convolutions=self.recipe.generator.form,
                set_aside=trained.set_aside,
            )
            summary.write(self.workdir.summary)  # before the report too, which may take long on a CPU
        if self.scorer:
            record = write_evaluation(self.scorer, self.sampler, trained.best, self.workdir)
            if processes.is_first():
                summary.model_copy(update={"scores": record.model_dump(mode="json")}).write(self.workdir.summary)

    def _create_advance(self, first_step: int, sync: StopSync | None, watchdog: Watchdog) -> Advance:
        """Returns what takes a state some steps further, on the images whose turn it is.

        `sync`, where there is one, travels with the calls.
        """
        settings, data, sizes = self.recipe.settings, self.data, self.recipe.sizes
        order = Order(settings.seed, len(data.training), sizes.real, settings.data.sampling, data.class_counts)
        first_batch = first_step * sizes.rounds
        batches = create_batches(
            data.prepared, data.training, settings.data, settings.model.channels, order, self.mesh, first_batch
        )
        multi_step: MultiStep = create_multi_step(self.recipe, self.mesh, batches.read)
        if sync:
            multi_step = sync.carried_by(multi_step)
        compile_and_step, key = watchdog.ignoring(multi_step), jax.random.key(settings.seed)

        def advance(state: TrainState, step: int, count: int) -> tuple[TrainState, dict[str, jax.Array]]:
            watchdog.sign()
            batch = batches.take(step * sizes.rounds, count * sizes.rounds)
            run = compile_and_step if step == first_step else multi_step
            return run(state, key, batches.dataset, batch)

        return advance


def _announce(settings: Settings, data: TrainingData, schedule: Schedule, mesh: Mesh) -> None:
    """Logs what is about to be trained, on what, and what is doubtful about it."""
    for warning in warn_of_few(data.training) if processes.is_first() else ():
        logger.warning("warning: %s", warning)
    for line in describe_selection(data.prepared, data.training, data.held_out):
        logger.info("%s", line)
    counted = (len(data.training), ", ".join(data.labels), schedule.total, mesh.size, processes.count())
    logger.info("%d training images (%s), %d steps, %d device(s), %d process(es)", *counted)
    model, device = settings.model, mesh.devices.flat[0].device_kind
    size = (settings.data.image_size, model.base_channels, model.dtype, device)
    logger.info("%d pixels a side, networks of width %d in %s, on %s", *size)


def _draw_figures(workdir: Workdir, data: TrainingData, generated: Images, best_step: int | None) -> None:
    """Draws the curves, and as many real as generated images of each class side by side."""
    save_curves(list(read_rows(workdir.metrics)), workdir.figures / CURVES, best_step)
    made = np.split(generated, len(data.labels))
    real = [data.spread(label, len(images)) for label, images in zip(data.labels, made, strict=True)]
    shown = [images[: len(beside)] for images, beside in zip(made, real, strict=True)]
    save_comparison(real, shown, workdir.figures / COMPARISON)
