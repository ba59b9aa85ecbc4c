"""Which images make up which step: a pure function of (seed, step), so that `step` is all a resumed run needs."""

import zlib
from functools import lru_cache
from typing import Literal

import numpy as np
from jaxtyping import Int

_STREAM = zlib.crc32(b"order_of_the_data")


def batch_positions(
    seed: int, step: int, num_images: int, batch: int, sampling: Literal["replacement", "shuffle"]
) -> Int[np.ndarray, " batch"]:
    """Returns the positions of the real images of one step.

    Args:
      seed: the run's seed.
      step: number of completed updates before this one.
      num_images: size of the training set.
      batch: real images in a step.
      sampling: "replacement" draws each image independently (the paper); "shuffle" walks through one random order
        of all images after another, so that each image comes once per pass and none is dropped.

    Returns:
      int32 positions in [0, num_images).
    """
    if sampling == "replacement":
        return np.random.default_rng([seed, _STREAM, step]).integers(num_images, size=batch, dtype=np.int32)
    passes, offsets = np.divmod(np.arange(step * batch, (step + 1) * batch), num_images)
    orders = {number: _order_of_pass(seed, int(number), num_images) for number in np.unique(passes)}
    return np.asarray([orders[number][offset] for number, offset in zip(passes, offsets, strict=True)], np.int32)


@lru_cache(maxsize=2)
def _order_of_pass(seed: int, number: int, num_images: int) -> Int[np.ndarray, " images"]:
    return np.random.default_rng([seed, _STREAM, number]).permutation(num_images)
