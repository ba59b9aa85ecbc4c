"""Images -> Inception features, in a stream: memory grows with the features alone."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float32, PyTree, Shaped, UInt8

from dcgan_jax.errors import FieldError, UserError
from dcgan_jax.inception.network import DIMS, InceptionV3
from dcgan_jax.inception.preprocess import Preprocess
from dcgan_jax.models.onednn.library import Requested, choose_form
from dcgan_jax.runtime.progress import create_progress

Features = dict[int, Float32[np.ndarray, "_ _"]]
Item = TypeVar("Item")
Result = TypeVar("Result")

# Larger batches do not fit the processor's caches; smaller ones leave its matrix products short.
_CPU_BATCH = 8
_ACCELERATOR_BATCH = 128
_THREADS = 8


class FeatureExtractor:
    """Inception-V3 with its weights, compiled once for each form of input.

    Attributes:
      dims: lengths of the feature vectors it returns, ascending.
    """

    def __init__(self, params: PyTree, dims: Sequence[int], batch_size: int = 0, convolutions: Requested = "auto"):
        """Compiles nothing yet.

        Args:
          params: of `InceptionV3`.
          dims: any of 64, 192, 768 and 2048.
          batch_size: images at a time; 0: what suits the device. No feature depends on it beyond rounding.
          convolutions: what is to compute them; nor on that.

        Raises:
          UserError: unknown dims, or a negative batch size.
        """
        if not dims or set(dims) - set(DIMS):
            raise FieldError(
                "dims", ",".join(map(str, dims)), f"is not possible: choose among {', '.join(map(str, DIMS))}."
            )
        if batch_size < 0:
            raise FieldError("batch_size", batch_size, "is not possible: give a positive number, or 0 for the default.")
        self.dims = tuple(sorted(set(dims)))
        self._batch_size = batch_size or (_CPU_BATCH if jax.default_backend() == "cpu" else _ACCELERATOR_BATCH)
        self._params = jax.device_put({layer: params[layer] for layer in _layers(self.dims)})
        network = InceptionV3(self.dims, choose_form(convolutions))

        @jax.jit
        def apply(params: PyTree, images: Shaped[Array, "batch height width channel"]) -> Any:
            # Without this GPUs round the factors to TF32, and features differ in the third digit.
            with jax.default_matmul_precision("highest"):
                features = network.apply({"params": params}, images)
            # To a ReLU by oneDNN what is no number is 0: a damaged image must not come to look like a sound one.
            is_sound = jnp.isfinite(images).all(axis=(1, 2, 3))
            return {dims: jnp.where(is_sound[:, None], values, jnp.nan) for dims, values in features.items()}

        self._apply = apply

    def compute(
        self, images: Iterable[Shaped[np.ndarray, "batch height width channel"]], count: int, description: str
    ) -> Features:
        """Returns the features of every image by their length, in order.

        Args:
          images: arrays of one or more images with one or three channels: uint8 (resized on the device as
            `pytorch_fid` does, compiled for each size) or float32 as `Preprocess` returns them.
          count: how many images will come; shown as progress.
          description: what is done, shown with the progress.

        Raises:
          UserError: no image, or features that are not finite.
        """
        features: dict[int, list[np.ndarray]] = {dims: [] for dims in self.dims}
        with create_progress(count, description, "images") as progress:
            # The device works on one batch while the next one is made ready.
            for batch, outputs in _one_behind((batch, self._start(batch)) for batch in self._batches(images)):
                for dims in self.dims:
                    features[dims].append(np.asarray(outputs[dims])[: len(batch)])
                progress.update(len(batch))
        if not features[self.dims[0]]:
            raise UserError(f"{description}: there are no images.")
        joined = {dims: np.concatenate(parts) for dims, parts in features.items()}
        if not all(np.isfinite(values).all() for values in joined.values()):
            raise UserError(f"{description}: features are not finite; the images or the weights are damaged.")
        return joined

    def _start(self, batch: list[Shaped[np.ndarray, "height width _"]]) -> dict[int, Float32[Array, "batch _"]]:
        channels = max(image.shape[-1] for image in batch)
        # A partial batch is filled up, so that it needs no program of its own.
        filled = batch + batch[-1:] * (self._batch_size - len(batch))
        return self._apply(self._params, np.stack([np.broadcast_to(x, (*x.shape[:2], channels)) for x in filled]))

    def _batches(self, images: Iterable[np.ndarray]) -> Iterator[list[np.ndarray]]:
        """Regroups the images; a batch holds one size and one type."""
        batch: list[np.ndarray] = []
        for image in (image for several in images for image in np.asarray(several)):
            changes = batch and (image.shape[:2], image.dtype) != (batch[0].shape[:2], batch[0].dtype)
            if changes or len(batch) == self._batch_size:
                yield batch
                batch = []
            batch.append(image)
        if batch:
            yield batch


def prepare_images(
    images: Iterable[UInt8[np.ndarray, "_ _ _ _"]], preprocess: Preprocess
) -> Iterator[Shaped[np.ndarray, "_ _ _ _"]]:
    """Yields images for `FeatureExtractor.compute`; `pytorch_fid` is left to the device."""
    if preprocess.name == "pytorch_fid":
        yield from images
    else:
        singles = (image for several in images for image in np.asarray(several))
        yield from (image[None] for image in map_ahead(preprocess, singles))


def map_ahead(function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Yields `function(item)` in order, computed in threads a bounded number of items ahead."""
    remaining = iter(items)
    with ThreadPoolExecutor(_THREADS) as pool:
        pending: deque[Future[Result]] = deque(pool.submit(function, item) for item in islice(remaining, 2 * _THREADS))
        try:
            while pending:
                yield pending.popleft().result()
                pending.extend(pool.submit(function, item) for item in islice(remaining, 1))
        finally:
            pool.shutdown(cancel_futures=True)


def _one_behind(items: Iterable[Item]) -> Iterator[Item]:
    previous: list[Item] = []
    for item in items:
        yield from previous
        previous = [item]
    yield from previous


def _layers(dims: Sequence[int]) -> list[str]:
    """Returns the names of the layers that the network has at these dims."""
    images = jax.ShapeDtypeStruct((1, 299, 299, 1), np.float32)
    return list(jax.eval_shape(InceptionV3(dims).init, jax.random.key(0), images)["params"])
