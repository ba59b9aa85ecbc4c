"""The paper's losses: binary cross-entropy on logits, non-saturating for the generator, with accuracies beside them."""

import jax.numpy as jnp
import optax
from jaxtyping import Array, Float


def real_loss(logits: Float[Array, " batch"]) -> Float[Array, ""]:
    """Returns the mean of -log sigmoid(logits): small where the images are taken for real.

    It is the discriminator's loss on real images and, on generated ones, the generator's non-saturating loss
    (Goodfellow et al. 2014, https://arxiv.org/abs/1406.2661, section 3).
    """
    return optax.sigmoid_binary_cross_entropy(logits, jnp.ones_like(logits)).mean()


def generated_loss(logits: Float[Array, " batch"]) -> Float[Array, ""]:
    """Returns the mean of -log(1 - sigmoid(logits)): the discriminator's loss on generated images."""
    return optax.sigmoid_binary_cross_entropy(logits, jnp.zeros_like(logits)).mean()


def share_taken_for_real(logits: Float[Array, " batch"]) -> Float[Array, ""]:
    """Returns the share of images with a probability of being real above one half, in [0, 1]."""
    return jnp.mean(logits > 0)
