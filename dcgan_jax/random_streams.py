"""Named random streams: every draw is a pure function of (seed, stream name, step, example).

Keys are folded in where they are needed, never stored and never split along the way, so a resumed run draws what an
uninterrupted one would have drawn. Each example of the global batch has a key of its own: however the batch is
divided over devices, each example meets the same numbers.
"""

import zlib
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, Key


def stream_key(key: Key[Array, ""], name: str, step: Int[Array, ""] | int = 0) -> Key[Array, ""]:
    """Returns the key of one stream at one step.

    Args:
      key: `jax.random.key(seed)`.
      name: name of the stream; two streams never share draws.
      step: number of completed updates (0 for streams that do not follow the steps).
    """
    return jax.random.fold_in(jax.random.fold_in(key, zlib.crc32(name.encode())), step)


def example_keys(key: Key[Array, ""], examples: Int[Array | np.ndarray, " batch"]) -> Key[Array, " batch"]:
    """Returns one key for each example, given their positions in the global batch."""
    return jax.vmap(jax.random.fold_in, in_axes=(None, 0))(key, examples)


def draw_latents(keys: Key[Array, " batch"], latent_size: int) -> Float[Array, "batch latent"]:
    """Returns standard normal latents, float32."""
    return jax.vmap(lambda key: jax.random.normal(key, (latent_size,), jnp.float32))(keys)


def draw_keep_mask(keys: Key[Array, " batch"], rate: float, features: int) -> Bool[Array, "batch features"]:
    """Returns a dropout mask: each entry is False with probability `rate`."""
    return jax.vmap(lambda key: jax.random.bernoulli(key, 1.0 - rate, (features,)))(keys)


def draw_labels(keys: Key[Array, " batch"], counts: Sequence[int]) -> Int[Array, " batch"]:
    """Returns class numbers, int32, each class as often as it has images.

    Args:
      keys: one a number.
      counts: images of each class.
    """
    images = jax.vmap(lambda key: jax.random.randint(key, (), 0, sum(counts)))(keys)
    return jnp.searchsorted(jnp.cumsum(jnp.array(counts)), images, side="right").astype(jnp.int32)
