"""A loop through latents, along great circles: between two normal latents a straight line would lead through short
vectors, which a generator never saw (White 2016, https://arxiv.org/abs/1609.04468).
"""

import numpy as np
from jaxtyping import Float


def create_loop(keys: Float[np.ndarray, "key latent"], frames: int) -> Float[np.ndarray, "frame latent"]:
    """Returns latents that go evenly from each to the next, and from the last back to the first.

    The loop begins at the first; where `frames` is a multiple of the keys, each of them is a frame.

    Args:
      keys: two or more latents.
      frames: how many.
    """
    places = np.arange(frames) * len(keys) / frames
    first = places.astype(int)
    return np.stack(
        [
            interpolate(keys[index], keys[(index + 1) % len(keys)], place - index)
            for index, place in zip(first, places, strict=True)
        ]
    ).astype(np.float32)


def interpolate(
    a: Float[np.ndarray, " latent"], b: Float[np.ndarray, " latent"], share: float
) -> Float[np.ndarray, " latent"]:
    """Returns the latent at a share of the way from `a` (0) to `b` (1) along the arc between them."""
    x, y = a.astype(np.float64), b.astype(np.float64)
    cosine = np.clip(x @ y / (np.linalg.norm(x) * np.linalg.norm(y)), -1.0, 1.0)
    angle = np.arccos(cosine)
    if np.isclose(np.sin(angle), 0.0):  # the same direction, or the opposite one: no arc, or any
        return (1 - share) * x + share * y
    return (np.sin((1 - share) * angle) * x + np.sin(share * angle) * y) / np.sin(angle)
