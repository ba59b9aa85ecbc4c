"""Watches a training run: the live line, the log, the grids of generated images, the pace."""

import time
from functools import partial
from typing import Any

from jaxtyping import PyTree
from tqdm import tqdm

from dcgan_jax.evaluation.scores import Scorer
from dcgan_jax.reporting.figures import save_image, tile
from dcgan_jax.reporting.run_log import RunLog
from dcgan_jax.sampling import Sampler
from dcgan_jax.settings import Settings
from dcgan_jax.training.schedule import Schedule
from dcgan_jax.training.state import TrainState
from dcgan_jax.workdir import Workdir

GRID_IMAGES = 64
SAMPLES_STREAM = "samples"


class TrainObserver:
    """Takes what the loop tells and shows it, in the log and on the terminal."""

    def __init__(
        self,
        settings: Settings,
        workdir: Workdir,
        schedule: Schedule,
        log: RunLog,
        sampler: Sampler,
        scorer: Scorer | None,
        progress: tqdm,
    ):
        self._seed, self._batch_size = settings.seed, settings.train.batch_size
        self._workdir, self._schedule, self._log = workdir, schedule, log
        self._sampler, self._scorer, self._progress = sampler, scorer, progress
        self._compiled_at = self._last_at = 0.0
        self._steps_since = 0

    def on_steps(self, rows: list[dict[str, Any]]) -> None:
        """Logs the metrics of completed steps and moves the live line on."""
        self._last_at = time.monotonic()
        if not self._compiled_at:  # the first dispatch compiles: the pace is measured from its end on
            self._compiled_at = self._last_at
        else:
            self._steps_since += len(rows)
        for row in rows:
            row["epoch"] = (row["step"] - 1) // self._schedule.steps_per_epoch
        self._log.write(rows)
        self._progress.set_postfix_str(self._live_line(rows[-1]), refresh=False)
        self._progress.update(len(rows))

    def on_samples(self, step: int, state: TrainState) -> None:
        """Draws the grid of the fixed latents."""
        images = self.sample_grid(state.generator)
        save_image(tile(images), self._workdir.samples / f"step_{step:07d}.png")

    def on_scores(self, step: int, state: TrainState) -> dict[str, float] | None:
        """Scores the state and logs the scores; does nothing where there is no scorer."""
        if self._scorer is None:
            return None
        scores = self._scorer.score(partial(self._sampler.batches, state.generator), self._seed)
        self._log.write([{"step": step, **scores}])
        return scores

    def sample_grid(self, params: PyTree) -> Any:
        """Returns the images of the fixed latents, uint8 [GRID_IMAGES, height, width, channels]."""
        return self._sampler.sample(params, self._seed, SAMPLES_STREAM, GRID_IMAGES)

    def images_per_second(self) -> float | None:
        """Returns batch_size times the steps a second, compilation left out; None before the second dispatch."""
        if not self._steps_since:
            return None
        return self._steps_since * self._batch_size / (self._last_at - self._compiled_at)

    def _live_line(self, row: dict[str, Any]) -> str:
        pace = self.images_per_second()
        return (
            f"epoch {row['epoch']}, "
            f"D real {row['discriminator_loss_real']:.3f} ({row['discriminator_accuracy_real']:.0%}), "
            f"D generated {row['discriminator_loss_generated']:.3f} ({row['discriminator_accuracy_generated']:.0%}), "
            f"G {row['generator_loss']:.3f} ({row['generator_accuracy']:.0%})"
            + (f", {pace:.0f} images/s" if pace else "")
        )
