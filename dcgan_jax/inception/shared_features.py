"""Features computed by all processes together: each takes its share of the images, and gets the features of all."""

from collections.abc import Iterable, Iterator

import numpy as np
from jax.experimental import multihost_utils
from jaxtyping import Float32, UInt8

from dcgan_jax.inception.features import FeatureExtractor, Features, prepare_images
from dcgan_jax.inception.preprocess import Preprocess
from dcgan_jax.runtime import processes

Images = UInt8[np.ndarray, "batch height width channel"]


def compute_shared(
    extractor: FeatureExtractor, preprocess: Preprocess, batches: Iterable[Images], count: int, description: str
) -> Features:
    """Returns the features of `count` images by their length, in order; in every process.

    The batches are the same in every process; each prepares and measures a contiguous share of the images. The
    description is shown with the progress.

    Raises:
      UserError: no image, or features that are not finite.
    """
    size = -(-count // processes.count())
    if processes.count() == 1 or size * (processes.count() - 1) >= count:  # nothing to share, or none left for the last
        return extractor.compute(prepare_images(batches, preprocess), count, description)
    first = processes.position() * size
    last = min(first + size, count)
    # All are drawn before any is measured: drawing is done together, and must not wait for what one does alone.
    own = prepare_images(list(_take(batches, first, last)), preprocess)
    features = extractor.compute(own, last - first, description)
    processes.wait_for_all()  # without the time limits of collectives, for hosts that are slower
    return {dims: _gather(values, size)[:count] for dims, values in features.items()}


def _take(batches: Iterable[Images], first: int, last: int) -> Iterator[Images]:
    """Yields images first .. last - 1; goes through the others as well, which all processes draw together."""
    start = 0
    for images in batches:
        own = images[max(first - start, 0) : max(last - start, 0)]
        start += len(images)
        if len(own):
            yield own


def _gather(values: Float32[np.ndarray, "own dims"], size: int) -> Float32[np.ndarray, "image dims"]:
    """Returns the rows of all processes; those of the last one may be fewer than `size`."""
    filled = np.pad(values, ((0, size - len(values)), (0, 0)))
    return multihost_utils.process_allgather(filled, tiled=True)
