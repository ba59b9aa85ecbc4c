"""Latents -> uint8 images; the one place where float images become uint8."""

from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, PartitionSpec
from jaxtyping import Array, Float, Int, Key, PyTree, Shaped, UInt8

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

    Args:
      generator: the module.
      latent_size: numbers in a latent.
      mesh: the devices.
      batch_size: images at once, rounded up to a multiple of the devices.
      truncation: latents are scaled by it.
    """

    def __init__(
        self, generator: Generator, latent_size: int, mesh: Mesh, batch_size: int = 64, truncation: float = 1.0
    ):
        devices = mesh.size
        self._batch_size = -(-batch_size // devices) * devices
        self._latent_size = latent_size
        self._sharding = split(mesh)

        def draw(
            params: PyTree, latents: Float[Array, "batch latent"], label: Int[Array, ""]
        ) -> UInt8[Array, "batch height width channels"]:
            labels = jnp.broadcast_to(label, latents.shape[:1])  # passed over by a generator that is told none
            scaled = latents if truncation == 1 else truncation * latents
            return to_uint8(generator.apply({"params": params}, scaled, labels))

        def generate(
            params: PyTree, key: Key[Array, ""], examples: Int[Array, " batch"], label: Int[Array, ""]
        ) -> UInt8[Array, "batch height width channels"]:
            return draw(params, draw_latents(example_keys(key, examples), latent_size), label)

        # Mapped, for XLA cannot split the batch of a call into oneDNN: each device would compute all of it.
        def map_over_devices(function: Callable[..., Any], *specs: PartitionSpec) -> Any:
            mapped = jax.shard_map(function, mesh=mesh, in_specs=specs, out_specs=by_example, check_vma=False)
            return processes.start_together(jax.jit(mapped, out_shardings=replicated(mesh)))

        whole, by_example = PartitionSpec(), PartitionSpec(AXIS)
        self._generate = map_over_devices(generate, whole, whole, by_example, whole)
        self._draw = map_over_devices(draw, whole, by_example, whole)

    def batches(
        self, params: PyTree, seed: int, stream: str, count: int, label: int = 0
    ) -> Iterator[UInt8[np.ndarray, "batch height width channels"]]:
        """Yields the first `count` images of a seed, the last batch perhaps smaller than the others.

        Images of one number have the same latent in every class.

        Args:
          params: the generator's.
          seed: of the latents.
          stream: name of the random stream, so that grids, exports and scores never share latents.
          count: images in all.
          label: number of their class, where the generator is told classes.
        """
        key = stream_key(jax.random.key(seed), stream)
        for start in range(0, count, self._batch_size):
            examples = np.arange(start, start + self._batch_size, dtype=np.int32)
            images = self._generate(params, key, self._spread(examples), np.int32(label))
            yield np.asarray(images)[: count - start]

    def sample(
        self, params: PyTree, seed: int, stream: str, count: int, label: int = 0
    ) -> UInt8[np.ndarray, "count height width channels"]:
        """Returns the first `count` images of a seed and a class."""
        return np.concatenate(list(self.batches(params, seed, stream, count, label)))

    def latents(self, seed: int, stream: str, count: int) -> Float[np.ndarray, "count latent"]:
        """Returns the latents of the first `count` images of a seed, float32, before truncation."""
        keys = example_keys(stream_key(jax.random.key(seed), stream), np.arange(count, dtype=np.int32))
        return np.asarray(draw_latents(keys, self._latent_size))

    def images_of(
        self, params: PyTree, latents: Float[np.ndarray, "count latent"], label: int = 0
    ) -> Iterator[UInt8[np.ndarray, "batch height width channels"]]:
        """Yields the images of given latents, as `batches` does those of a seed's own."""
        for start in range(0, len(latents), self._batch_size):
            batch = latents[start : start + self._batch_size].astype(np.float32)
            whole = np.pad(batch, ((0, self._batch_size - len(batch)), (0, 0)))
            yield np.asarray(self._draw(params, self._spread(whole), np.int32(label)))[: len(batch)]

    def _spread(self, batch: Shaped[np.ndarray, "batch ..."]) -> Shaped[Array, "batch ..."]:
        """Returns a batch, which every process has, split over the devices of all."""
        return jax.make_array_from_callback(batch.shape, self._sharding, batch.__getitem__)
