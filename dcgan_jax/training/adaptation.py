"""ADA's controller: augmentation gets stronger while the discriminator overfits, weaker while it does not.

Karras et al. 2020 (https://arxiv.org/abs/2006.06676), section 3.1: r_t, the mean sign of the discriminator's logits on
real images, tends to 1 as it learns them by heart. Every few steps the probability of each change is moved a fixed
distance up where r_t is above its target, down where it is below.
"""

import jax.numpy as jnp
from flax import struct
from jaxtyping import Array, Float, Int, PyTree

from dcgan_jax.settings import AugmentSettings

INTERVAL = 4
"""Steps between two adjustments."""


@struct.dataclass
class Adaptation:
    """Where the controller stands: the probability of each change, and the sum of r_t since the last adjustment."""

    probability: PyTree  # Float[Array, ""], as the leaves of a `TrainState`
    sign_sum: PyTree  # Float[Array, ""]


def create_adaptation(augment: AugmentSettings) -> Adaptation:
    """Returns the controller at the start of a run."""
    return Adaptation(jnp.asarray(augment.probability, jnp.float32), jnp.zeros((), jnp.float32))


def adapt(
    adaptation: Adaptation, mean_sign: Float[Array, ""], step: Int[Array, ""], images: int, augment: AugmentSettings
) -> Adaptation:
    """Takes one step's r_t into account.

    Args:
      adaptation: where the controller stands.
      mean_sign: mean over this step's real images of the sign of their logits, in [-1, 1].
      step: completed updates before this one.
      images: real images that the discriminator sees in a step.
      augment: `target` of r_t, and `adaptation_images`: how many images a way from probability 0 to 1 takes.
    """
    sign_sum = adaptation.sign_sum + mean_sign
    distance = INTERVAL * images / augment.adaptation_images
    moved = adaptation.probability + distance * jnp.sign(sign_sum / INTERVAL - augment.target)
    is_due = (step + 1) % INTERVAL == 0
    return Adaptation(
        probability=jnp.where(is_due, jnp.clip(moved, 0.0, 1.0), adaptation.probability),
        sign_sum=jnp.where(is_due, 0.0, sign_sum),
    )
