"""Prepared images -> batches: resident on the devices and gathered inside the step, or streamed by tf.data.

Either way the images of a step are the same, bit for bit: order.py alone decides which they are, and they stay uint8
until the step makes them float. Where a run is told classes, each image comes with the number of its own.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from jaxtyping import Array, Float, Int, Shaped, UInt8

from dcgan_jax.data.order import Order
from dcgan_jax.data.prepared import Example, PreparedSet
from dcgan_jax.data.selection import number_labels
from dcgan_jax.errors import FieldError
from dcgan_jax.runtime.devices import replicated, split
from dcgan_jax.settings import ALL_CLASSES, DataSettings

PREFETCHED_STEPS = 4
MIB = 2**20


def to_float(images: UInt8[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Maps 0..255 to float32 in [-1, 1]; `sampling.to_uint8` is its inverse."""
    return images.astype(jnp.float32) / 127.5 - 1.0


class LabeledImages(NamedTuple):
    """Images with their classes."""

    images: Shaped[Array, "batch height width channels"]  # uint8 as they are kept, float32 in [-1, 1] as they are used
    labels: Int[Array, " batch"] | None = None  # the number of each one's class; None in a run of one class


@runtime_checkable
class Batches(Protocol):
    """Where the real images of each step come from."""

    dataset: Any  # what lies on the devices for the whole run; handed to every step

    def take(self, step: int, count: int) -> Any:
        """Returns what `count` steps need from the host, [count, real images a step, ...], split over devices.

        Where a step of training takes several batches, each counts as a step here.
        """

    def read(self, dataset: Any, batch: Any) -> LabeledImages:
        """Returns one step's real images in [-1, 1], with their classes; runs inside the step."""


class ResidentBatches:
    """All images on every device as uint8; only positions travel."""

    def __init__(
        self,
        images: UInt8[np.ndarray, "n h w 1"],
        labels: Int[np.ndarray, " n"] | None,
        channels: int,
        order: Order,
        mesh: Mesh,
    ):
        def place(values: Shaped[np.ndarray, "n *rest"]) -> Shaped[Array, "n *rest"]:
            return jax.make_array_from_callback(values.shape, replicated(mesh), values.__getitem__)

        self.dataset = LabeledImages(*jax.tree.map(place, (images, labels)))
        self._channels, self._order, self._sharding = channels, order, split(mesh, axis=1)

    def take(self, step: int, count: int) -> Int[Array, "count batch"]:
        """Returns the positions of the images of the steps."""
        positions = np.stack([self._order.positions(step + offset) for offset in range(count)])
        return jax.make_array_from_callback(positions.shape, self._sharding, positions.__getitem__)

    def read(self, dataset: LabeledImages, batch: Int[Array, " batch"]) -> LabeledImages:
        """Gathers the images at the positions."""
        return _to_float(jax.tree.map(lambda values: jnp.take(values, batch, axis=0), dataset), self._channels)


class StreamedBatches:
    """Images fetched by tf.data while the devices work; each process fetches only its devices' share."""

    dataset = ()

    def __init__(
        self,
        prepared: PreparedSet,
        examples: Sequence[Example],
        labels: Int[np.ndarray, " n"] | None,
        channels: int,
        order: Order,
        mesh: Mesh,
        first_step: int,
    ):
        self._prepared, self._examples, self._labels = prepared, examples, labels
        self._channels, self._order, self._sharding = channels, order, split(mesh, axis=1)
        self._local_rows = _rows_of_this_process(mesh, order.batch)
        self._next_step = first_step
        self._stream = self._open(first_step)

    def _local_positions(self, step: int) -> Int[np.ndarray, " local"]:
        return self._order.positions(step)[self._local_rows]

    def _fetch(self, step: int | np.int64) -> UInt8[np.ndarray, "local h w 1"]:
        return self._prepared.images([self._examples[position] for position in self._local_positions(int(step))])

    def _open(self, first_step: int) -> Any:
        try:
            import tensorflow as tf  # only here: training on resident images works without TensorFlow
        except ImportError as error:
            raise FieldError(
                "config.data.placement",
                "stream",
                f"takes TensorFlow, which cannot be imported ({error}): install dcgan_jax[stream], or keep the images "
                "on the device with config.data.placement=device.",
            ) from None

        tf.config.set_visible_devices([], "GPU")
        # Imports what reads records: threads that do it at once can wait for each other for ever.
        self._fetch(first_step)
        steps = tf.data.Dataset.range(first_step, np.iinfo(np.int64).max)
        images = steps.map(
            lambda step: tf.numpy_function(self._fetch, [step], tf.uint8, stateful=False),
            num_parallel_calls=PREFETCHED_STEPS,
            deterministic=True,
        )
        return images.prefetch(PREFETCHED_STEPS).as_numpy_iterator()

    def take(self, step: int, count: int) -> LabeledImages:
        """Returns the images of the steps, which must follow those of the last call: leaves [count, batch, ...]."""
        if step != self._next_step:
            raise ValueError(f"the stream stands at step {self._next_step}, not at {step}")
        self._next_step += count
        images, labels = np.stack([next(self._stream) for _ in range(count)]), None
        if self._labels is not None:
            labels = np.stack([self._labels[self._local_positions(step + offset)] for offset in range(count)])

        def place(local: Shaped[np.ndarray, "count local *rest"]) -> Shaped[Array, "count batch *rest"]:
            global_shape = (count, self._order.batch, *local.shape[2:])
            return jax.make_array_from_process_local_data(self._sharding, local, global_shape)

        return LabeledImages(*jax.tree.map(place, (images, labels)))

    def read(self, dataset: Any, batch: LabeledImages) -> LabeledImages:
        """Makes the images float."""
        return _to_float(batch, self._channels)


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

    The examples are in the order that positions refer to; 3 channels repeat the gray one; `first_step` counts the
    completed updates of the state that training starts from.
    """
    fits = len(examples) * data.image_size**2 <= data.device_budget_mib * MIB
    labels = number_labels(examples) if data.label == ALL_CLASSES else None
    if data.placement == "device" or (data.placement == "auto" and fits):
        return ResidentBatches(prepared.images(examples), labels, channels, order, mesh)
    return StreamedBatches(prepared, examples, labels, channels, order, mesh, first_step)


def _to_float(batch: LabeledImages, channels: int) -> LabeledImages:
    return batch._replace(images=jnp.repeat(to_float(batch.images), channels, axis=-1))


def _rows_of_this_process(mesh: Mesh, batch: int) -> Int[np.ndarray, " local"]:
    """Returns which rows of the global batch lie on this process's devices, in ascending order."""
    slices = split(mesh).addressable_devices_indices_map((batch,)).values()
    return np.sort(np.concatenate([np.arange(batch)[index] for index in slices]))
