"""How many images each part of one training step takes: the one place where a batch is divided."""

from dataclasses import dataclass

from dcgan_jax.errors import FieldError
from dcgan_jax.settings import Settings


@dataclass(frozen=True)
class BatchSizes:
    """Images in one step, over all devices.

    Attributes:
      rounds: updates of the discriminator on real and on generated images before each update of the generator.
      real: real images in a round: half of `train.batch_size`, as in the paper's code.
      generated: generated images in a round, as many.
      generator: latents that the generator is updated on: a whole `train.batch_size`.
    """

    rounds: int
    real: int
    generated: int
    generator: int

    @classmethod
    def of(cls, settings: Settings) -> "BatchSizes":
        """Returns the sizes that the settings ask for."""
        whole = settings.train.batch_size
        return cls(settings.optimizer.discriminator_steps, whole // 2, whole // 2, whole)

    @property
    def real_per_step(self) -> int:
        """Real images that the discriminator sees in a step."""
        return self.rounds * self.real


def require_divisible(settings: Settings, devices: int) -> None:
    """Raises UserError if the batch cannot be divided over the devices, or there into groups of minibatch deviation."""
    batch_size, group = settings.train.batch_size, settings.model.minibatch_std
    if batch_size % (2 * devices):
        raise FieldError(
            "config.train.batch_size",
            batch_size,
            f"cannot be divided over {devices} devices: half a batch is real images, so give a multiple of "
            f"{2 * devices}.",
        )
    if group and batch_size % (2 * devices * group):
        raise FieldError(
            "config.model.minibatch_std",
            group,
            f"does not divide half of config.train.batch_size={batch_size} on each of {devices} devices: give a batch "
            f"size that is a multiple of {2 * devices * group}.",
        )
