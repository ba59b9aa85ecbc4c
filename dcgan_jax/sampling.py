"""Latents -> uint8 images; the one place where float images become uint8."""

from collections.abc import Iterator

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, PartitionSpec
from jaxtyping import Array, Float, Int, Key, PyTree, UInt8

from dcgan_jax.models.generator import Generator
from dcgan_jax.random_streams import draw_latents, example_keys, stream_key
from dcgan_jax.runtime import processes
from dcgan_jax.runtime.devices import AXIS, replicated, split


def to_uint8(images: Float[Array, "*shape"]) -> UInt8[Array, "*shape"]:
    """Maps [-1, 1] to 0..255, rounding to the nearest; `pipeline.to_float` is its inverse."""
    return jnp.clip(jnp.round((images + 1.0) * 127.5), 0, 255).astype(jnp.uint8)


class Sampler:
    """Generates images in batches on all devices of a mesh.

    Image i of a seed and a class depends on (seed, class, i) alone: not on the batch size, nor on the devices. Of
    several processes all must ask for the same images, and each gets all of them.
    """

    def __init__(self, generator: Generator, latent_size: int, mesh: Mesh, batch_size: int = 64):
        devices = mesh.size
        self._batch_size = -(-batch_size // devices) * devices
        self._examples_sharding = split(mesh)

        def generate(
            params: PyTree, key: Key[Array, ""], examples: Int[Array, " batch"], label: Int[Array, ""]
        ) -> UInt8[Array, "batch height width channels"]:
            latents = draw_latents(example_keys(key, examples), latent_size)
            labels = jnp.broadcast_to(label, examples.shape)  # passed over by a generator that is told none
            return to_uint8(generator.apply({"params": params}, latents, labels))

        # Mapped, for XLA cannot split the batch of a call into oneDNN: each device would compute all of it.
        whole, by_example = PartitionSpec(), PartitionSpec(AXIS)
        mapped = jax.shard_map(
            generate, mesh=mesh, in_specs=(whole, whole, by_example, whole), out_specs=by_example, check_vma=False
        )
        self._generate = processes.start_together(jax.jit(mapped, out_shardings=replicated(mesh)))

    def batches(
        self, params: PyTree, seed: int, stream: str, count: int, first: int = 0, label: int = 0
    ) -> Iterator[UInt8[np.ndarray, "batch height width channels"]]:
        """Yields images first .. first + count - 1 of a seed, the last batch perhaps smaller than the others.

        Images of one number have the same latent in every class.

        Args:
          params: the generator's.
          seed: of the latents.
          stream: name of the random stream, so that grids, exports and scores never share latents.
          count: images in all.
          first: position of the first image.
          label: number of their class, where the generator is told classes.
        """
        key = stream_key(jax.random.key(seed), stream)
        for start in range(first, first + count, self._batch_size):
            examples = np.arange(start, start + self._batch_size, dtype=np.int32)
            spread = jax.make_array_from_callback(examples.shape, self._examples_sharding, examples.__getitem__)
            images = self._generate(params, key, spread, np.int32(label))
            yield np.asarray(images)[: first + count - start]

    def sample(
        self, params: PyTree, seed: int, stream: str, count: int, label: int = 0
    ) -> UInt8[np.ndarray, "count height width channels"]:
        """Returns the first `count` images of a seed and a class."""
        return np.concatenate(list(self.batches(params, seed, stream, count, label=label)))
