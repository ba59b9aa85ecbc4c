"""The full record of an evaluation: the scores, and all that has to be known to read them."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Float, UInt8

from dcgan_jax.evaluation.comparison import compute_scores, describe_weaknesses
from dcgan_jax.evaluation.correlation import to_gray
from dcgan_jax.evaluation.extrapolation import extrapolate_fid
from dcgan_jax.evaluation.feature_distance import compute_fid
from dcgan_jax.evaluation.features import Features
from dcgan_jax.evaluation.floor import compute_floors
from dcgan_jax.evaluation.inception_score import compute_inception_score, compute_probabilities
from dcgan_jax.evaluation.intervals import MIN_SEEDS, compute_score_interval
from dcgan_jax.evaluation.kernel_distance import compute_kernel_distance
from dcgan_jax.evaluation.memorisation import Views, assess_memorisation
from dcgan_jax.evaluation.planted_copies import plant_copies
from dcgan_jax.evaluation.provenance import collect_versions
from dcgan_jax.evaluation.scores import REPORT_STREAM, DrawFn, Scorer
from dcgan_jax.evaluation.similarity import compute_mean_similarity

NEAREST_DIMS, DEEPEST_DIMS = 768, 2048
"""Where nearest images are looked for; and what stands beside a score at fewer dims."""

_SEED_LIMIT = 2**31
_PAIRS = 200  # of images, for MS-SSIM
_PLANTED = 50  # training images that are copied with each change
_SPLITS = 10  # of the Inception score
_NO_CLASSIFIER = "The weights carry no classifier, so there is no Inception score."
_MEANS = ("fid", "kid", "precision", "recall", "density", "coverage")

Vectors = Float[np.ndarray, "image dims"]


class Report(NamedTuple):
    """What a full evaluation gives.

    Attributes:
      record: plain values, for JSON.
      images: the generated images of the first latent seed; `record["memorisation"]` counts positions in them.
    """

    record: dict[str, Any]
    images: UInt8[np.ndarray, "image height width channel"]


def create_report(scorer: Scorer, draw_fn: DrawFn, seed: int, step: int) -> Report:
    """Scores a generator in full.

    fid, kid, precision, recall, density and coverage are means over the latent seeds seed, seed + 1, ... of the stream
    "score_report"; what looks at single images takes those of the first seed.

    Args:
      scorer: the real images, the weights and the protocol.
      draw_fn: the generator.
      seed: the first of the latent seeds; it also draws the divisions of the real images.
      step: the generator's, for the record.

    Raises:
      UserError: too few images, or features that are not finite.
    """
    protocol, rng = scorer.protocol, np.random.default_rng(seed)
    dims, count = protocol.dims, protocol.num_generated
    seeds = [(seed + index) % _SEED_LIMIT for index in range(protocol.seeds)]
    deep_dims = tuple(sorted({dims, NEAREST_DIMS, DEEPEST_DIMS}))
    training, held_out = scorer.training_features(deep_dims), scorer.held_out_features(deep_dims)
    images = np.concatenate(list(draw_fn(seeds[0], REPORT_STREAM, count)))
    first = scorer.measure_generated([images], deep_dims)
    generated = [first[dims]] + [
        scorer.measure_generated(draw_fn(other, REPORT_STREAM, count), (dims,))[dims] for other in seeds[1:]
    ]
    real = training[dims][scorer.scored]
    memorisation = _assess_memorisation(scorer, images, first, training, held_out, rng)
    record = {
        "step": step,
        **_score(scorer, real, None if held_out is None else held_out[dims], generated, rng),
        "fid_2048": compute_fid(training[DEEPEST_DIMS][scorer.scored], first[DEEPEST_DIMS]),
        **_score_single_images(scorer, images, first[DEEPEST_DIMS], rng),
        "memorised_share": memorisation["memorised_share"],
        "memorisation": memorisation,
        **_describe_protocol(scorer),
        "seed": seed,
        "seeds": seeds,
        "stream": REPORT_STREAM,
        "warnings": _warn(scorer, real, generated, memorisation),
        "versions": collect_versions(),
        "device": jax.devices()[0].device_kind,
    }
    return Report(record, images)


def _score(
    scorer: Scorer, real: Vectors, held_out: Vectors | None, generated: Sequence[Vectors], rng: np.random.Generator
) -> dict[str, Any]:
    by_seed = [compute_scores(real, of_seed) for of_seed in generated]
    means = {
        name: float(np.mean([scores[name] for scores in by_seed])) if name in by_seed[0] else None for name in _MEANS
    }
    fid_by_seed, kid_by_seed = ([scores[name] for scores in by_seed] for name in ("fid", "kid"))
    patients = [scorer.training.patients[position] for position in scorer.scored]
    kid_held_out = kid_held_out_interval = None
    if held_out is not None and scorer.held_out is not None and len(held_out) > 1:
        against_held_out = [compute_kernel_distance(held_out, of_seed) for of_seed in generated]
        kid_held_out = float(np.mean(against_held_out))
        kid_held_out_interval = _interval(
            compute_kernel_distance, against_held_out, held_out, scorer.held_out.patients, generated[0], rng
        )
    interval = _interval(compute_fid, fid_by_seed, real, patients, generated[0], rng, smallest=0.0)
    if interval is not None:
        interval["kid"] = _interval(compute_kernel_distance, kid_by_seed, real, patients, generated[0], rng)
        interval["kid_held_out"] = kid_held_out_interval
    pooled = np.concatenate(generated)
    return {
        **means,
        "kid_held_out": kid_held_out,
        "interval": interval,
        "floor": compute_floors(real, patients, held_out, pooled, len(generated[0]), rng),
        "fid_infinity": extrapolate_fid(real, pooled, rng),
        "fid_by_seed": fid_by_seed,
        "kid_by_seed": kid_by_seed,
    }


def _interval(
    distance: Callable[[Vectors, Vectors], float],
    by_seed: Sequence[float],
    real: Vectors,
    patients: Sequence[str],
    generated: Vectors,
    rng: np.random.Generator,
    smallest: float = -np.inf,
) -> dict[str, Any] | None:
    return compute_score_interval(lambda stays: distance(real[stays], generated), by_seed, patients, rng, smallest)


def _score_single_images(
    scorer: Scorer, images: UInt8[np.ndarray, "image h w c"], deepest: Vectors, rng: np.random.Generator
) -> dict[str, Any]:
    record = {
        "ms_ssim": compute_mean_similarity(to_gray(images), _PAIRS, rng),
        "ms_ssim_real": compute_mean_similarity(to_gray(scorer.training.pixels), _PAIRS, rng),
    }
    if scorer.weights.classifier is None:
        return record | {"inception_score": None, "inception_score_note": _NO_CLASSIFIER}
    splits = min(_SPLITS, len(images))
    mean, spread = compute_inception_score(compute_probabilities(deepest, *scorer.weights.classifier), splits)
    return record | {
        "inception_score": mean,
        "inception_score_note": f"Standard deviation over {splits} splits: {spread:.3f}; says little about X-rays.",
    }


def _assess_memorisation(
    scorer: Scorer,
    images: UInt8[np.ndarray, "image h w c"],
    generated: Features,
    training: Features,
    held_out: Features | None,
    rng: np.random.Generator,
) -> dict[str, Any]:
    of_training = scorer.training
    known = Views(training[NEAREST_DIMS], of_training.pixels, files=of_training.files)
    found = Views(generated[NEAREST_DIMS], images)
    if held_out is None or scorer.held_out is None:
        return assess_memorisation(found, known, None, {})
    unseen = Views(held_out[NEAREST_DIMS], scorer.held_out.pixels, patients=scorer.held_out.patients)
    chosen = rng.permutation(len(of_training))[:_PLANTED]
    planted = {
        name: Views(
            scorer.measure([copies], len(copies), (NEAREST_DIMS,), f"planted copies ({name})")[NEAREST_DIMS],
            copies,
        )
        for name, copies in plant_copies(of_training.pixels[chosen], rng).items()
    }
    return assess_memorisation(found, known, unseen, planted)


def _describe_protocol(scorer: Scorer) -> dict[str, Any]:
    protocol, weights = scorer.protocol, scorer.weights
    return {
        "protocol": protocol.name,
        "dims": protocol.dims,
        "preprocess": protocol.preprocess.name,
        "resize_filter": protocol.preprocess.filter_label,
        "stretch": protocol.stretch,
        "num_real": len(scorer.scored),
        "num_held_out": 0 if scorer.held_out is None else len(scorer.held_out),
        "num_generated": protocol.num_generated,
        "weights": weights.label,
        "weights_sha256": weights.sha256,
        "fingerprint": scorer.fingerprint,
    }


def _warn(scorer: Scorer, real: Vectors, generated: Sequence[Vectors], memorisation: dict[str, Any]) -> list[str]:
    warnings = [*scorer.warnings, *describe_weaknesses("real", real), *describe_weaknesses("generated", generated[0])]
    if len(generated) < MIN_SEEDS:
        warnings.append(f"eval.seeds={len(generated)} is less than {MIN_SEEDS}: there are no intervals.")
    return warnings + memorisation.get("warnings", [])
