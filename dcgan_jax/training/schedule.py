"""What happens at which step; the one place where epochs become steps."""

import math
from dataclasses import dataclass

from dcgan_jax.errors import FieldError
from dcgan_jax.settings import Settings


@dataclass(frozen=True)
class Schedule:
    """Steps of a run. An interval of 0 means: only at the end; for scores it means never.

    Attributes:
      total: steps in all.
      steps_per_epoch: floor(images / batch size), as in the paper's code.
      sample_every: steps between grids of generated images.
      checkpoint_every: steps between checkpoints.
      evaluate_every: steps between scores.
      steps_per_call: steps in one call to the device, at most.
    """

    total: int
    steps_per_epoch: int
    sample_every: int
    checkpoint_every: int
    evaluate_every: int
    steps_per_call: int

    @property
    def is_scored(self) -> bool:
        """Whether states are scored at all."""
        return self.evaluate_every > 0

    def samples_at(self, step: int) -> bool:
        """Returns whether a grid is drawn after this many steps; noise (step 0) and the end always are."""
        return step in (0, self.total) or _is_multiple(step, self.sample_every)

    def saves_at(self, step: int) -> bool:
        """Returns whether a checkpoint is saved after this many steps; the last and all scored ones are."""
        return step == self.total or _is_multiple(step, self.checkpoint_every) or self.evaluates_at(step)

    def evaluates_at(self, step: int) -> bool:
        """Returns whether the state after this many steps is scored; the last is, unless scores are off."""
        return self.is_scored and (step == self.total or _is_multiple(step, self.evaluate_every))

    def call_length(self, step: int) -> int:
        """Returns how many steps the next call to the device runs: steps_per_call, or 1 before an event is due.

        Two lengths mean two compiled programs. The length depends on the step alone, so that a resumed run is cut
        into the same calls as an uninterrupted one.
        """
        intervals = [every for every in (self.sample_every, self.checkpoint_every, self.evaluate_every) if every]
        until_next_event = min([self.total - step, *(every - step % every for every in intervals)])
        return self.steps_per_call if self.steps_per_call <= until_next_event else 1


def create_schedule(settings: Settings, num_images: int) -> Schedule:
    """Derives the schedule of a run over `num_images` training images.

    Raises:
      UserError: the batch is larger than the data.
    """
    train, checkpoint = settings.train, settings.checkpoint
    steps_per_epoch = num_images // train.batch_size
    if steps_per_epoch == 0:
        raise FieldError(
            "config.train.batch_size",
            train.batch_size,
            f"is larger than the data: there are {num_images} training images of "
            f"config.data.label={settings.data.label}; {_advise(settings, num_images)}. So few images make a poor "
            "generator, which repeats them: more images, or config.data.label=ALL where there are other classes, make "
            "a better one.",
        )

    def to_steps(epochs: int, steps: int) -> int:
        return steps or epochs * steps_per_epoch

    total = to_steps(train.epochs, train.steps or math.ceil(train.images / train.batch_size))
    sample_every = to_steps(train.sample_every_epochs, train.sample_every_steps)
    checkpoint_every = to_steps(checkpoint.every_epochs, checkpoint.every_steps)
    evaluate_every = to_steps(settings.eval.every_epochs, settings.eval.every_steps)
    intervals = [every for every in (total, sample_every, checkpoint_every, evaluate_every) if every]
    steps_per_call = min(train.steps_per_dispatch, *intervals)
    return Schedule(total, steps_per_epoch, sample_every, checkpoint_every, evaluate_every, steps_per_call)


def _advise(settings: Settings, num_images: int) -> str:
    """Returns the batch size that so many images allow."""
    group = settings.model.minibatch_std
    in_groups = num_images - num_images % (2 * group) if group else 0
    most = in_groups or num_images - num_images % 2
    if not most:
        return "give more images"
    return f"choose at most {most}" + (", and config.model.minibatch_std=0" if group and not in_groups else "")


def _is_multiple(step: int, interval: int) -> bool:
    return interval > 0 and step > 0 and step % interval == 0
