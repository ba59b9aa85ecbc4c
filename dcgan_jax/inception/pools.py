"""The pools of Inception-V3, over windows of 3x3: additions and comparisons that XLA joins with what is around them."""

import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float


def max_pool(
    x: Float[Array, "batch height width channel"], stride: int, padding: int = 0
) -> Float[Array, "batch h w channel"]:
    """Returns the greatest of each 3x3 window."""
    x = jnp.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0)), constant_values=-jnp.inf)
    for axis in (1, 2):
        size = (x.shape[axis] - 3) // stride * stride + 1
        first, second, third = (lax.slice_in_dim(x, i, i + size, stride, axis) for i in range(3))
        x = jnp.maximum(jnp.maximum(first, second), third)
    return x


def average_pool(x: Float[Array, "batch height width channel"]) -> Float[Array, "batch height width channel"]:
    """Returns the mean of each 3x3 window at stride 1, over those of its pixels that are inside the image."""
    counts = np.ones((1, 1, 1, 1), np.float32)
    for axis in (1, 2):
        size = x.shape[axis]
        padded = jnp.pad(x, [(1, 1) if axis == other else (0, 0) for other in range(4)])
        first, second, third = (lax.slice_in_dim(padded, i, i + size, axis=axis) for i in range(3))
        x = first + second + third
        inside = np.convolve(np.ones(size, np.float32), np.ones(3, np.float32), "same")
        counts = counts * np.expand_dims(inside, [other for other in range(4) if other != axis])
    return x / counts
