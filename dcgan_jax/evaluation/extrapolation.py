"""What the Frechet distance would be with endlessly many generated images (Chong and Forsyth 2020, "FID-infinity")."""

from typing import Any

import numpy as np
from jaxtyping import Float

from dcgan_jax.evaluation.feature_distance import compute_fid

_POINTS = 8
_FEWEST_PER_DIMENSION = 2


def extrapolate_fid(
    real: Float[np.ndarray, "m dims"], generated: Float[np.ndarray, "n dims"], rng: np.random.Generator
) -> dict[str, Any] | None:
    """Returns the distance at 1 / n = 0 of a line through distances of n generated images, as plain values.

    The real images are taken as they are: their number still makes the distance larger. Counts are spaced evenly in
    1 / n from twice the dimensions to all of them; None where fewer than four
    times as many images as dimensions are there, since the line is a good description only well above the dimensions.

    Args:
      real: features of the real images.
      generated: features of all generated images, those of every latent seed.
      rng: draws which images each point uses.
    """
    count, dims = generated.shape
    fewest = max(_FEWEST_PER_DIMENSION * dims, 2)
    if count < 2 * fewest:
        return None
    inverse = np.linspace(1 / fewest, 1 / count, _POINTS)
    counts = np.rint(1 / inverse).astype(int)
    distances = [compute_fid(real, generated[rng.permutation(count)[:size]]) for size in counts]
    slope, value = np.polyfit(1 / counts, distances, 1)
    return {"fid": float(value), "slope": float(slope), "counts": counts.tolist(), "distances": distances}
