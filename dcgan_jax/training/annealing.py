"""How the learning rates and the penalties change over a run: scales of their full values that depend on the step.

Steps are absolute, not shares of the length: a run that is made longer continues as if it had always been so.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from dcgan_jax.settings import LossSettings, OptimizerSettings


def compute_lr_scale(step: Int[Array, ""] | int, optimizer: OptimizerSettings) -> Float[Array, ""]:
    """Returns the factor of both learning rates for the update after `step` completed ones, in [0, 1].

    It rises linearly to 1 over `warmup_steps`, the first update taking 1 / warmup_steps (Goyal et al. 2017,
    https://arxiv.org/abs/1706.02677), and falls from 1 at `decay_start` to `decay_to` at `decay_end`.
    """
    step = jnp.asarray(step, jnp.float32)
    scale = jnp.ones(())
    if optimizer.warmup_steps:
        scale = jnp.minimum((step + 1) / optimizer.warmup_steps, 1.0)
    return scale * _fall(step, optimizer, optimizer.decay_to)


def compute_penalty_scale(
    step: Int[Array, ""] | int, loss: LossSettings, optimizer: OptimizerSettings
) -> Float[Array, ""]:
    """Returns the factor of the gradient penalties' weights, in (0, 1]: it falls while the learning rates do.

    R3GAN anneals both along one cosine (Huang et al. 2024, https://arxiv.org/abs/2501.05441, appendix D).
    """
    return _fall(jnp.asarray(step, jnp.float32), optimizer, loss.penalty_decay_to)


def _fall(step: Float[Array, ""], optimizer: OptimizerSettings, to: float) -> Float[Array, ""]:
    if not optimizer.decay_end or to == 1.0:
        return jnp.ones(())
    fallen = jnp.clip((step - optimizer.decay_start) / (optimizer.decay_end - optimizer.decay_start), 0.0, 1.0)
    if optimizer.decay_curve == "cosine":  # Loshchilov and Hutter 2017, https://arxiv.org/abs/1608.03983, equation 5
        fallen = 0.5 * (1.0 - jnp.cos(jnp.pi * fallen))
    return 1.0 - fallen * (1.0 - to)
