"""Which images make up which step: a pure function of (seed, step), so that `step` is all a resumed run needs."""

import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from jaxtyping import Int

_STREAM = zlib.crc32(b"order_of_the_data")


@dataclass(frozen=True)
class Order:
    """The order of a run's training images."""

    seed: int
    num_images: int  # size of the training set
    batch: int  # real images in a step, over all devices
    # "replacement" draws each image independently (the paper); "shuffle" walks through one random order of all images
    # after another, so that each image comes once per pass and none is dropped; "balanced" draws a class, all being as
    # likely, then one of its images.
    sampling: Literal["replacement", "shuffle", "balanced"]
    class_counts: tuple[int, ...] = ()  # images of each class, class after class, for "balanced"; empty: there is one

    def positions(self, step: int) -> Int[np.ndarray, " batch"]:
        """Returns int32 positions in [0, num_images) of the real images of the step after `step` completed updates."""
        if self.sampling == "shuffle":
            return self._walk(step)
        rng = np.random.default_rng([self.seed, _STREAM, step])
        if self.sampling == "replacement":
            return rng.integers(self.num_images, size=self.batch, dtype=np.int32)
        counts = np.array(self.class_counts or (self.num_images,), np.int32)
        starts = np.cumsum(counts, dtype=np.int32) - counts
        classes = rng.integers(len(counts), size=self.batch)
        return starts[classes] + rng.integers(counts[classes], dtype=np.int32)

    def _walk(self, step: int) -> Int[np.ndarray, " batch"]:
        passes, offsets = np.divmod(np.arange(step * self.batch, (step + 1) * self.batch), self.num_images)
        orders = {number: _order_of_pass(self.seed, int(number), self.num_images) for number in np.unique(passes)}
        return np.asarray([orders[number][offset] for number, offset in zip(passes, offsets, strict=True)], np.int32)


@lru_cache(maxsize=2)
def _order_of_pass(seed: int, number: int, num_images: int) -> Int[np.ndarray, " images"]:
    return np.random.default_rng([seed, _STREAM, number]).permutation(num_images)
