"""Losses on logits: the paper's binary cross-entropy and the hinge loss, and the R1 penalty beside either."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float

Logits = Float[Array, " batch"]
LossFn = Callable[[Logits], Float[Array, ""]]


@dataclass(frozen=True)
class Losses:
    """What is minimized: by the discriminator on real and on generated images, and by the generator on its own."""

    real: LossFn
    generated: LossFn
    generator: LossFn


def create_losses(kind: Literal["logistic", "hinge"]) -> Losses:
    """Returns the paper's losses (logistic; binary cross-entropy is the same) or the hinge losses."""
    if kind == "hinge":
        return Losses(hinge_real_loss, hinge_generated_loss, lambda logits: -jnp.mean(logits))
    return Losses(real_loss, generated_loss, real_loss)


def real_loss(logits: Logits) -> Float[Array, ""]:
    """Returns the mean of -log sigmoid(logits): small where the images are taken for real.

    It is the discriminator's loss on real images and, on generated ones, the generator's non-saturating loss
    (Goodfellow et al. 2014, https://arxiv.org/abs/1406.2661, section 3).
    """
    return optax.sigmoid_binary_cross_entropy(logits, jnp.ones_like(logits)).mean()


def generated_loss(logits: Logits) -> Float[Array, ""]:
    """Returns the mean of -log(1 - sigmoid(logits)): the discriminator's loss on generated images."""
    return optax.sigmoid_binary_cross_entropy(logits, jnp.zeros_like(logits)).mean()


def hinge_real_loss(logits: Logits) -> Float[Array, ""]:
    """Returns the mean of max(0, 1 - logits) (Lim and Ye 2017, https://arxiv.org/abs/1705.02894).

    The generator's loss beside it is the mean of -logits.
    """
    return jnp.mean(jax.nn.relu(1.0 - logits))


def hinge_generated_loss(logits: Logits) -> Float[Array, ""]:
    """Returns the mean of max(0, 1 + logits): the discriminator's hinge loss on generated images."""
    return jnp.mean(jax.nn.relu(1.0 + logits))


def r1_penalty(
    logits_fn: Callable[[Float[Array, "batch height width channels"]], Logits],
    images: Float[Array, "batch height width channels"],
) -> Float[Array, ""]:
    """Returns half the mean squared norm of the logits' gradient at real images.

    Mescheder et al. 2018 (https://arxiv.org/abs/1801.04406), equation 9 without its weight.

    Args:
      logits_fn: images -> logits, each depending on its own image alone (minibatch statistics aside, as usual).
      images: as the discriminator sees them, augmented if they are.
    """
    gradients = jax.grad(lambda x: jnp.sum(logits_fn(x)))(images)
    return 0.5 * jnp.mean(jnp.sum(jnp.square(gradients), axis=(1, 2, 3)))


def compute_accuracy(logits: Logits, target: Literal[0, 1]) -> Float[Array, ""]:
    """Returns the share of images that the logits put on the side of the target, 1 for real, in [0, 1].

    As in Keras' binary accuracy, an image counts as real when its probability of being real is above one half.
    """
    taken_for_real = jnp.mean(logits > 0)
    return taken_for_real if target else 1.0 - taken_for_real
