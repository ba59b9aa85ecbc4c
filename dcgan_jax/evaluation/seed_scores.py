"""The scores of a generator over several latent seeds, with their intervals and floors."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from dcgan_jax.evaluation.baseline import compute_floors
from dcgan_jax.metrics.comparison import SCORES, compute_scores, compute_subset_scores
from dcgan_jax.metrics.feature_distance import compute_fid
from dcgan_jax.metrics.intervals import compute_score_interval
from dcgan_jax.metrics.kernel_distance import compute_kernel_distance

Vectors = Float[np.ndarray, "image dims"]
RngFn = Callable[[str], np.random.Generator]
"""The name of a random stream -> that stream: what one part draws does not depend on what others do."""


def compute_seed_scores(
    real: tuple[Vectors, Sequence[str]],
    held_out: tuple[Vectors, Sequence[str]] | None,
    generated: Sequence[Vectors],
    rng_fn: RngFn,
) -> dict[str, Any]:
    """Returns means over the latent seeds, what each seed gave, intervals and floors, as plain values.

    A mean, and its list in `by_seed`, is None where there are too few images for that score.

    Args:
      real: features of the training images, and whose each is.
      held_out: the same of held-out images; None without two of them.
      generated: features for each latent seed.
      rng_fn: for the divisions and the subsets.
    """
    scores = _compute_by_seed(real[0], None if held_out is None else held_out[0], generated, rng_fn("kid_subsets"))
    by_seed = {name: None if scores[0].get(name) is None else [of[name] for of in scores] for name in scores[0]}
    floors = compute_floors(
        *real, held_out and held_out[0], np.concatenate(generated), len(generated[0]), rng_fn("floor")
    )
    return {
        **{name: None if values is None else float(np.mean(values)) for name, values in by_seed.items()},
        "by_seed": by_seed,
        "interval": _compute_intervals(real, held_out, by_seed, generated[0], rng_fn),
        "floor": floors,
    }


def _compute_by_seed(
    real: Vectors, held_out: Vectors | None, generated: Sequence[Vectors], rng: np.random.Generator
) -> list[dict[str, Any]]:
    return [
        dict.fromkeys(SCORES)
        | compute_scores(real, of_seed)
        | compute_subset_scores(real, of_seed, rng)
        | {"kid_held_out": None if held_out is None else compute_kernel_distance(held_out, of_seed)}
        for of_seed in generated
    ]


def _compute_intervals(
    real: tuple[Vectors, Sequence[str]],
    held_out: tuple[Vectors, Sequence[str]] | None,
    by_seed: dict[str, Any],
    generated: Vectors,
    rng_fn: RngFn,
) -> dict[str, Any] | None:
    """Returns the interval of fid, with those of kid and kid_held_out in it, or None where there can be none."""

    def compute(
        name: str, distance: Callable[[Vectors, Vectors], float], side: tuple[Vectors, Sequence[str]], smallest: float
    ) -> dict[str, Any] | None:
        features, patients = side
        return compute_score_interval(
            lambda stays: distance(features[stays], generated),
            by_seed[name],
            patients,
            rng_fn(f"interval_{name}"),
            smallest,
        )

    interval = compute("fid", compute_fid, real, 0.0)
    if interval is None:
        return None
    against_held_out = None
    if held_out is not None:
        against_held_out = compute("kid_held_out", compute_kernel_distance, held_out, -np.inf)
    return interval | {
        "kid": compute("kid", compute_kernel_distance, real, -np.inf),
        "kid_held_out": against_held_out,
    }
