"""Prepared images -> batches: resident on the devices and gathered inside the step, or streamed by tf.data.

Either way the images of a step are the same, bit for bit: order.py alone decides which they are, and they stay uint8
until the step makes them float.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from jaxtyping import Array, Float, Int, UInt8

from dcgan_jax.data.order import Order
from dcgan_jax.data.prepared import Example, PreparedSet
from dcgan_jax.devices import replicated, split
from dcgan_jax.settings import DataSettings

PREFETCHED_STEPS = 4
MIB = 2**20


def to_float(images: UInt8[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Maps 0..255 to float32 in [-1, 1]; `sampling.to_uint8` is its inverse."""
    return images.astype(jnp.float32) / 127.5 - 1.0


class Batches(Protocol):
    """Where the real images of each step come from.

    Attributes:
      dataset: what lies on the devices for the whole run; handed to every step.
    """

    dataset: Any

    def feed(self, step: int, count: int) -> Array:
        """Returns what `count` steps need from the host, [count, real images a step, ...], split over devices.

        Where a step of training takes several batches, each counts as a step here.
        """

    def read(self, dataset: Any, feed: Array) -> Float[Array, "batch height width channels"]:
        """Returns one step's real images in [-1, 1]; runs inside the step."""


class ResidentBatches:
    """All images on every device as uint8; only positions travel."""

    def __init__(self, images: UInt8[np.ndarray, "n h w 1"], channels: int, order: Order, mesh: Mesh):
        self.dataset = jax.make_array_from_callback(images.shape, replicated(mesh), images.__getitem__)
        self._channels, self._order, self._sharding = channels, order, split(mesh, axis=1)

    def feed(self, step: int, count: int) -> Int[Array, "count batch"]:
        """Returns the positions of the images of the steps."""
        positions = np.stack([self._order.positions(step + offset) for offset in range(count)])
        return jax.make_array_from_callback(positions.shape, self._sharding, positions.__getitem__)

    def read(
        self, dataset: UInt8[Array, "n h w 1"], feed: Int[Array, " batch"]
    ) -> Float[Array, "batch height width channels"]:
        """Gathers the images at the positions."""
        return _with_channels(to_float(jnp.take(dataset, feed, axis=0)), self._channels)


class StreamedBatches:
    """Images fetched by tf.data while the devices work; each process fetches only its devices' share."""

    dataset = ()

    def __init__(
        self,
        prepared: PreparedSet,
        examples: Sequence[Example],
        channels: int,
        order: Order,
        mesh: Mesh,
        first_step: int,
    ):
        self._prepared, self._examples = prepared, examples
        self._channels, self._order, self._sharding = channels, order, split(mesh, axis=1)
        self._local_rows = _rows_of_this_process(mesh, order.batch)
        self._next_step = first_step
        self._stream = self._open(first_step)

    def _fetch(self, step: int) -> UInt8[np.ndarray, "local h w 1"]:
        positions = self._order.positions(int(step))[self._local_rows]
        return self._prepared.images([self._examples[position] for position in positions])

    def _open(self, first_step: int) -> Any:
        import tensorflow as tf  # only here: training on resident images works without TensorFlow

        tf.config.set_visible_devices([], "GPU")
        self._fetch(
            first_step
        )  # imports what reads records: threads that do it at once can wait for each other for ever
        steps = tf.data.Dataset.range(first_step, np.iinfo(np.int64).max)
        images = steps.map(
            lambda step: tf.numpy_function(self._fetch, [step], tf.uint8, stateful=False),
            num_parallel_calls=PREFETCHED_STEPS,
            deterministic=True,
        )
        return images.prefetch(PREFETCHED_STEPS).as_numpy_iterator()

    def feed(self, step: int, count: int) -> UInt8[Array, "count batch h w 1"]:
        """Returns the images of the steps, which must follow those of the last call."""
        if step != self._next_step:
            raise ValueError(f"the stream stands at step {self._next_step}, not at {step}")
        self._next_step += count
        local = np.stack([next(self._stream) for _ in range(count)])
        global_shape = (count, self._order.batch, *local.shape[2:])
        return jax.make_array_from_process_local_data(self._sharding, local, global_shape)

    def read(self, dataset: Any, feed: UInt8[Array, "batch h w 1"]) -> Float[Array, "batch height width channels"]:
        """Makes the fed images float."""
        return _with_channels(to_float(feed), self._channels)


def create_batches(
    prepared: PreparedSet,
    examples: Sequence[Example],
    data: DataSettings,
    channels: int,
    order: Order,
    mesh: Mesh,
    first_step: int,
) -> Batches:
    """Places the training images as `data.placement` says; "auto" keeps them resident when they fit the budget.

    Args:
      prepared: the prepared records.
      examples: the training images among them, in the order that positions refer to.
      data: placement and budget.
      channels: 1, or 3 to repeat the gray channel.
      order: which images make up which step.
      mesh: the devices.
      first_step: completed updates of the state that training starts from.
    """
    size = len(examples) * data.image_size**2
    fits = size <= data.device_budget_mib * MIB
    if data.placement == "device" or (data.placement == "auto" and fits):
        return ResidentBatches(prepared.images(examples), channels, order, mesh)
    return StreamedBatches(prepared, examples, channels, order, mesh, first_step)


def _with_channels(images: Float[Array, "batch h w 1"], channels: int) -> Float[Array, "batch h w channels"]:
    return jnp.repeat(images, channels, axis=-1)


def _rows_of_this_process(mesh: Mesh, batch: int) -> Int[np.ndarray, " local"]:
    """Returns which rows of the global batch lie on this process's devices, in ascending order."""
    slices = split(mesh).addressable_devices_indices_map((batch,)).values()
    return np.sort(np.concatenate([np.arange(batch)[index] for index in slices]))
