"""Watches a training run: the live line, the log, the grids of generated images, the pace."""

import contextlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import PyTree
from tqdm import tqdm

from dcgan_jax.runs.curves import save_curves
from dcgan_jax.runs.figures import CURVES, GRID_SIDE, Images, count_per_class, encode_png, tile
from dcgan_jax.runs.metrics_log import RunLog, read_rows
from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.runtime import processes, retrying
from dcgan_jax.runtime.progress import create_progress
from dcgan_jax.sampling import Sampler
from dcgan_jax.settings import Settings
from dcgan_jax.storage import atomic_file
from dcgan_jax.storage.markdown import escape
from dcgan_jax.training.schedule import Schedule
from dcgan_jax.training.state import TrainState

SAMPLES_STREAM = "samples"
LATEST = "latest.png"
"""The newest grid once more, under a name that a viewer can stay at."""

_DRAWING_SHARE = 20  # times as long as drawing the curves took, before they are drawn again


def draw_samples(sampler: Sampler, params: PyTree, settings: Settings) -> Images:
    """Returns the images of the fixed latents that show how training goes, class after class, of the same latents."""
    count = count_per_class(settings.model.num_classes)
    labels = range(max(1, settings.model.num_classes))
    return np.concatenate([sampler.sample(params, settings.seed, SAMPLES_STREAM, count, label) for label in labels])


class SilentObserver:
    """Takes part in what the observer of the first process needs all for, and shows nothing."""

    def __init__(self, settings: Settings, sampler: Sampler):
        self._settings, self._sampler = settings, sampler

    def on_steps(self, rows: list[dict[str, Any]]) -> None:
        """Passes over the metrics."""

    def on_samples(self, step: int, state: TrainState) -> None:
        """Draws this process's share of the grid."""
        draw_samples(self._sampler, state.sampled_generator, self._settings)

    def on_scores(self, step: int, scores: dict[str, float]) -> None:
        """Passes over the scores."""

    def on_saved(self, step: int, is_last: bool) -> None:
        """Passes over the checkpoint."""

    def images_per_second(self) -> None:
        """Measures nothing."""


class TrainObserver:
    """Takes what the loop tells and shows it, in the log and on the terminal."""

    def __init__(
        self,
        settings: Settings,
        workdir: Workdir,
        schedule: Schedule,
        log: RunLog,
        sampler: Sampler,
        progress: tqdm,
        best_step: Callable[[], int | None],
    ):
        self._settings, self._workdir, self._schedule, self._log = settings, workdir, schedule, log
        self._sampler, self._progress = sampler, progress
        self._steps, self._seconds = 0, 0.0
        self._last_at: float | None = None
        self._best_step, self._drawn_at, self._drawing = best_step, time.monotonic(), 0.0

    def on_steps(self, rows: list[dict[str, Any]]) -> None:
        """Logs the metrics of completed steps and moves the live line on."""
        now = time.monotonic()
        if self._last_at is not None:  # the first call compiles; one that follows samples, scores or a save waits
            self._steps += len(rows)
            self._seconds += now - self._last_at
        self._last_at = now
        for row in rows:
            row["epoch"] = (row["step"] - 1) // self._schedule.steps_per_epoch
        self._log.write(rows)
        self._progress.set_postfix_str(self._live_line(rows[-1]), refresh=False)
        self._progress.update(len(rows))

    def on_samples(self, step: int, state: TrainState) -> None:
        """Draws the grid of the fixed latents."""
        self._last_at = None
        images = draw_samples(self._sampler, state.sampled_generator, self._settings)
        grid = tile(images, GRID_SIDE)
        content = encode_png(grid)
        for name in (f"step_{step:07d}.png", LATEST):
            path = self._workdir.samples / name
            retrying.retry(partial(atomic_file.write_bytes, path, content), path)
        self._log.show_grid(step, grid)

    def on_scores(self, step: int, scores: dict[str, float]) -> None:
        """Logs the scores of a state."""
        self._last_at = None
        self._log.write([{"step": step, **scores}], "scores")

    def on_saved(self, step: int, is_last: bool) -> None:
        """Draws the curves, unless drawing them would take more than a twentieth of the time."""
        self._last_at = None
        began = time.monotonic()
        if not is_last and began - self._drawn_at < _DRAWING_SHARE * self._drawing:
            return
        path = self._workdir.figures / CURVES
        with contextlib.suppress(OSError):  # the next checkpoint, or the end, draws them again
            save_curves(list(read_rows(self._workdir.metrics)), path, self._best_step())
        self._drawn_at = time.monotonic()
        self._drawing = self._drawn_at - began

    def images_per_second(self) -> float | None:
        """Returns batch_size times the steps a second, without compiling, drawing and scoring; None without steps."""
        return self._steps * self._settings.train.batch_size / self._seconds if self._steps else None

    def _live_line(self, row: dict[str, Any]) -> str:
        pace = self.images_per_second()
        return (
            f"epoch {row['epoch']}, "
            f"D real {row['discriminator_loss_real']:.3f} ({row['discriminator_accuracy_real']:.0%}), "
            f"D generated {row['discriminator_loss_generated']:.3f} ({row['discriminator_accuracy_generated']:.0%}), "
            f"G {row['generator_loss']:.3f} ({row['generator_accuracy']:.0%})"
            + (f", {pace:.0f} images/s" if pace else "")
        )


@contextmanager
def observed(
    settings: Settings,
    workdir: Workdir,
    schedule: Schedule,
    sampler: Sampler,
    first_step: int,
    best_step: Callable[[], int | None],
) -> Iterator[TrainObserver | SilentObserver]:
    """Gives the observer of this process, with its log and its live line where it is the first one."""
    if not processes.is_first():
        yield SilentObserver(settings, sampler)
        return
    for folder in (workdir.samples, workdir.figures):
        folder.mkdir(exist_ok=True)
    with (
        RunLog(workdir.metrics, workdir.tensorboard, first_step) as log,
        create_progress(schedule.total, "Training", "steps", first_step, waits_for="compiling") as progress,
    ):
        log.show_text(first_step + 1, "settings", describe_settings(settings))
        yield TrainObserver(settings, workdir, schedule, log, sampler, progress, best_step)


def describe_settings(settings: Settings) -> str:
    """Returns all settings as a table in Markdown."""
    rows = [f"| {escape(name)} | {escape(str(value))} |" for name, value in settings.flat_values().items()]
    return "\n".join(["| field | value |", "|---|---|", *rows])
