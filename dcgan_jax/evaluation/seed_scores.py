"""The scores of a generator over several latent seeds, with their intervals and baselines."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from dcgan_jax.evaluation.baseline import compute_baselines
from dcgan_jax.evaluation.record import Intervals
from dcgan_jax.metrics.comparison import SCORES, compute_scores, compute_subset_scores
from dcgan_jax.metrics.frechet import compute_fid
from dcgan_jax.metrics.intervals import Interval, compute_score_interval
from dcgan_jax.metrics.kernel_distance import compute_kernel_distance
from dcgan_jax.metrics.variety import compute_retrieval_score, compute_trace_ratio

Vectors = Float[np.ndarray, "_ dims"]
RngFn = Callable[[str], np.random.Generator]
"""The name of a random stream -> that stream: what one part draws does not depend on what others do."""


class RealFeatures(NamedTuple):
    """Features of real images, and the patient of each."""

    features: Vectors
    patients: Sequence[str]


def compute_seed_scores(
    real: RealFeatures, held_out: RealFeatures | None, generated: Sequence[Vectors], rng_fn: RngFn
) -> dict[str, Any]:
    """Returns fields of an `EvaluationRecord`: means over the latent seeds, what each seed gave, intervals, baselines.

    A mean, and its list in `by_seed`, is None where there are too few images for that score. Held-out images are None
    where there are fewer than two of them; the generated ones are given by latent seed.
    """
    unseen = None if held_out is None else held_out.features
    scores = _compute_by_seed(real.features, unseen, generated, rng_fn("kid_subsets"))
    by_seed = {name: None if scores[0].get(name) is None else [of[name] for of in scores] for name in scores[0]}
    baseline = compute_baselines(*real, unseen, np.concatenate(generated), len(generated[0]), rng_fn("floor"))
    return {
        **{name: None if values is None else float(np.mean(values)) for name, values in by_seed.items()},
        "by_seed": by_seed,
        "interval": _compute_intervals(real, held_out, by_seed, generated[0], rng_fn),
        "baseline": baseline,
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
    real: RealFeatures, held_out: RealFeatures | None, by_seed: dict[str, Any], generated: Vectors, rng_fn: RngFn
) -> Intervals | None:
    """Returns the interval of fid, with those of other scores in it, or None where there can be none."""

    def compute(
        name: str,
        score_fn: Callable[[Vectors, Vectors], float | None],
        images: RealFeatures | None,
        smallest: float = -np.inf,
    ) -> Interval | None:
        if images is None or by_seed[name] is None:
            return None
        features, patients = images

        def score(stays: np.ndarray) -> float | None:
            return score_fn(features[stays], generated)

        return compute_score_interval(score, by_seed[name], patients, rng_fn(f"interval_{name}"), smallest)

    interval = compute("fid", compute_fid, real, 0.0)
    if interval is None:
        return None
    return Intervals(
        **asdict(interval),
        kid=compute("kid", compute_kernel_distance, real),
        kid_held_out=compute("kid_held_out", compute_kernel_distance, held_out),
        irs=compute("irs", compute_retrieval_score, real, 0.0),
        trace_ratio=compute("trace_ratio", compute_trace_ratio, real, 0.0),
    )
