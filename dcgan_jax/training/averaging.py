"""The averaged generator: an exponential moving average of the generator's weights. Images are drawn from it.

Its decay is stated as a half-life in images, not per step, so that it means the same at every batch size; early in a
run the half-life is shortened to a share of the images seen, so that the first, bad weights are soon forgotten.
As in StyleGAN2-ADA (Karras et al. 2020, https://arxiv.org/abs/2006.06676, training loop); the average itself is older
(Yazici et al. 2019, https://arxiv.org/abs/1806.04498).
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PyTree

from dcgan_jax.settings import AverageSettings


def compute_decay(step: Int[Array, ""] | int, batch_size: int, average: AverageSettings) -> Float[Array, ""]:
    """Returns the share of the average that one step keeps, in [0, 1).

    Args:
      step: completed updates before this one.
      batch_size: images that a step adds.
      average: the half-life in images, and the share of the images seen that bounds it (0: no bound).
    """
    half_life = jnp.asarray(average.half_life, jnp.float32)
    if average.ramp_up > 0:
        half_life = jnp.minimum(half_life, jnp.asarray(step, jnp.float32) * batch_size * average.ramp_up)
    return jnp.where(half_life > 0, 0.5 ** (batch_size / jnp.maximum(half_life, 1e-8)), 0.0)


def update_average(averaged: PyTree, params: PyTree, decay: Float[Array, ""]) -> PyTree:
    """Returns decay * averaged + (1 - decay) * params, leaf by leaf."""
    return jax.tree.map(lambda mean, value: value + decay * (mean - value), averaged, params)
