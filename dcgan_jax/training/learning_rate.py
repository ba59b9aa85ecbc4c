"""How the learning rates change over a run: a scale of their full values that depends on the step alone.

Steps are absolute, not shares of the length: a run that is made longer continues as if it had always been so.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from dcgan_jax.settings import OptimizerSettings


def compute_lr_scale(step: Int[Array, ""] | int, optimizer: OptimizerSettings) -> Float[Array, ""]:
    """Returns the factor of both learning rates for the update after `step` completed ones, in [0, 1].

    It rises linearly to 1 over `warmup_steps`, the first update taking 1 / warmup_steps (Goyal et al. 2017,
    https://arxiv.org/abs/1706.02677), and falls linearly from 1 at `decay_start` to `decay_to` at `decay_end`.
    """
    step = jnp.asarray(step, jnp.float32)
    scale = jnp.ones(())
    if optimizer.warmup_steps:
        scale = jnp.minimum((step + 1) / optimizer.warmup_steps, 1.0)
    if optimizer.decay_end:
        fallen = jnp.clip((step - optimizer.decay_start) / (optimizer.decay_end - optimizer.decay_start), 0.0, 1.0)
        scale *= 1.0 - fallen * (1.0 - optimizer.decay_to)
    return scale
