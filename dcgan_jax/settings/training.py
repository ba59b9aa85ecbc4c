"""`config.optimizer`, `.augment`, `.train`, `.checkpoint`, `.runtime`: how networks are trained and saved, by what."""

from typing import Annotated, Literal

from annotated_types import Unit
from pydantic import Field

from dcgan_jax.errors import FieldError
from dcgan_jax.settings.section import (
    AbsolutePath,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    Section,
    Share,
    ShareBelowOne,
    StoragePlace,
)


class OptimizerSettings(Section):
    """Adam, for both networks, and how often and how far they are moved."""

    generator_learning_rate: PositiveFloat = 1e-4
    """Adam's, of the generator's update."""
    discriminator_learning_rate: PositiveFloat = 2e-5
    """Adam's, of each of the discriminator's updates; there are two a step with separate updates."""
    beta1: ShareBelowOne = 0.5
    """Decay of the first moment."""
    beta2: ShareBelowOne = 0.999
    """Decay of the second moment."""
    epsilon: PositiveFloat = 1e-7
    """Added after the bias correction (Keras adds it before)."""
    discriminator_updates: Literal["separate", "joint"] = "separate"
    """Real images, then generated ones in an update of their own, as in the paper; or both in one."""
    discriminator_steps: PositiveInt = 1
    """Rounds of the discriminator before each update of the generator."""
    warmup_steps: Annotated[NonNegativeInt, Unit("steps")] = 0
    """Over which both learning rates rise to their values. 0: off."""
    decay_start: Annotated[NonNegativeInt, Unit("steps")] = 0
    """Step from which both learning rates fall."""
    decay_end: Annotated[NonNegativeInt, Unit("steps")] = 0
    """Step at which they have come down to `config.optimizer.decay_to`. 0: no decay."""
    decay_to: Share = 0.1
    """Share of the learning rates that is left then."""
    decay_curve: Literal["linear", "cosine"] = "linear"
    """Along a straight line, or half a cosine."""

    def _check(self) -> None:
        if (self.decay_end or self.decay_start) and self.decay_end <= self.decay_start:
            remedy = "give a later step, or 0 for both and no decay."
            message = f"is not after config.optimizer.decay_start={self.decay_start}: {remedy}"
            raise FieldError("config.optimizer.decay_end", self.decay_end, message)


class AugmentSettings(Section):
    """How real and generated images alike are changed before the discriminator sees them; strengths of 0 are off."""

    probability: Share = 1.0
    """Of each change for each image; where it starts, if it is adapted."""
    rotation: Annotated[float, Field(ge=0, le=180), Unit("degrees")] = 0.0
    """Largest rotation, either way."""
    scale: ShareBelowOne = 0.0
    """Largest change of size, as a share, larger or smaller."""
    translation: ShareBelowOne = 0.0
    """Largest shift along each axis, as a share of the side; DiffAugment has 0.125."""
    brightness: Annotated[float, Field(ge=0, le=2)] = 0.0
    """Largest value added to all pixels, which lie in [-1, 1], either way; DiffAugment has 0.5."""
    contrast: Share = 0.0
    """Share by which contrast grows or shrinks; DiffAugment has 0.5."""
    cutout: ShareBelowOne = 0.0
    """Side of a masked square, as a share of the image's; DiffAugment has 0.5."""
    target: ShareBelowOne = 0.0
    """r_t, the mean sign of real logits, that the probability is adapted to; ADA has 0.6. 0: off."""
    adaptation_images: Annotated[PositiveInt, Unit("images")] = 100_000
    """Real images in which the probability can go from 0 to 1."""

    def _check(self) -> None:
        changes = (self.rotation, self.scale, self.translation, self.brightness, self.contrast, self.cutout)
        if self.target and not any(changes):
            raise FieldError(
                "config.augment.target",
                self.target,
                "adapts the probability of changes, and all are off: give one of config.augment.rotation, .scale, "
                ".translation, .brightness, .contrast, .cutout, or 0.",
            )

    @property
    def is_adaptive(self) -> bool:
        """Whether the probability follows the discriminator's overfitting."""
        return self.target > 0


class TrainSettings(Section):
    """How long, in which portions, and how often pictures are drawn."""

    epochs: Annotated[PositiveInt, Unit("epochs")] = 500
    """Passes of floor(N / batch_size) steps each, for N training images."""
    images: Annotated[NonNegativeInt, Unit("images")] = 0
    """Images in all, `config.train.batch_size` a step, rounded up to whole steps. Not 0: wins over epochs."""
    steps: Annotated[NonNegativeInt, Unit("steps")] = 0
    """Steps in all. Not 0: wins over images and epochs."""
    batch_size: Annotated[int, Field(ge=2, multiple_of=2), Unit("images")] = 128
    """Images in the generator's update; the discriminator sees half real, half generated ones."""
    init_from: AbsolutePath = ""
    """Workdir of a run whose weights this one begins with, with optimizers of its own. Empty: drawn at random."""
    steps_per_dispatch: Annotated[PositiveInt, Unit("steps")] = 1
    """Steps in one call to the device; more hide the host's time."""
    sample_every_epochs: Annotated[NonNegativeInt, Unit("epochs")] = 10
    """Epochs between grids of generated images. 0: only at the end."""
    sample_every_steps: Annotated[NonNegativeInt, Unit("steps")] = 0
    """Steps between grids of generated images. Not 0: wins over epochs."""
    stall_minutes: Annotated[NonNegativeFloat, Unit("minutes")] = 0.0
    """Without a step, a save or a picture after which the run leaves with 75. 0: from the pace, at least 10."""


class CheckpointSettings(Section):
    """Where the state is saved, how often, and how much of it is kept."""

    dir: StoragePlace = ""
    """Where checkpoints go, gs:// and s3:// included. Empty: checkpoints/ in the workdir."""
    every_epochs: Annotated[NonNegativeInt, Unit("epochs")] = 10
    """Epochs between checkpoints. 0: only at the end."""
    every_steps: Annotated[NonNegativeInt, Unit("steps")] = 0
    """Steps between checkpoints. Not 0: wins over epochs."""
    keep: Annotated[PositiveInt, Unit("checkpoints")] = 3
    """How many of the newest are kept."""
    on_damage: Literal["error", "fall_back"] = "error"
    """A damaged newest checkpoint: stop, or rename it and go on from the one before."""


class RuntimeSettings(Section):
    """What computes a run. It may change when a run is continued, and the change is said."""

    convolutions: Literal["auto", "onednn", "xla"] = "auto"
    """On CPUs, oneDNN where it is installed and a C++ compiler is there (`auto`, `onednn`), or XLA's own operations."""
