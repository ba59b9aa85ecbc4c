"""Scores a generator in full, and searches it for copies: what a record is made of."""

import zlib
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Float, UInt8

from dcgan_jax.evaluation.record import Baselines, DeepestCounts, EvaluationRecord, RealImagesRecord
from dcgan_jax.evaluation.scorer import DEEPEST_DIMS, NEAREST_DIMS, REPORT_STREAM, DrawFn, Scorer
from dcgan_jax.evaluation.seed_scores import RealFeatures, compute_seed_scores
from dcgan_jax.evaluation.versions import collect_versions
from dcgan_jax.inception.features import Features
from dcgan_jax.memorization.assessment import assess_memorization
from dcgan_jax.memorization.correlation import to_gray
from dcgan_jax.memorization.perturbed_duplicates import create_duplicates
from dcgan_jax.memorization.record import MemorizationRecord
from dcgan_jax.memorization.reference import Views
from dcgan_jax.metrics.comparison import describe_weaknesses
from dcgan_jax.metrics.frechet import compute_fid
from dcgan_jax.metrics.inception_score import compute_inception_score, compute_probabilities
from dcgan_jax.metrics.intervals import MIN_SEEDS
from dcgan_jax.metrics.ms_ssim import compute_mean_similarity

_PAIRS = 200  # of images, for MS-SSIM
_DUPLICATED = 50  # training images that are copied with each change
_SPLITS = 10  # of the Inception score
_NO_CLASSIFIER = "The weights carry no classifier, so there is no Inception score."
_INCEPTION_NOTE = "Of the first latent seed; says little about X-rays."
_RESOLUTION_NOTE = (
    "Real images are scored at the model's resolution, as they were prepared for training, not as their files hold "
    "them: a score against the files themselves would count the lost detail."
)

Vectors = Float[np.ndarray, "_ dims"]
Images = UInt8[np.ndarray, "image height width channel"]


class Evaluation(NamedTuple):
    """What a full evaluation gives."""

    record: EvaluationRecord
    images: Images  # the generated images of the first latent seed; `record.memorization` counts positions in them


def evaluate_class(scorer: Scorer, draw_fn: DrawFn, seed: int, step: int) -> Evaluation:
    """Scores a generator in full.

    What `comparison.SCORES` names are means over the latent seeds seed, seed + 1, ... of the stream "score_report";
    what looks at single images takes those of the first seed, which also draws the divisions of the real images.

    Raises:
      UserError: too few images, or features that are not finite.
    """
    protocol, rng_fn = scorer.protocol, partial(create_rng, seed)
    seeds = list(range(seed, seed + protocol.seeds))
    dims = scorer.dims
    training, held_out = scorer.training_features, scorer.held_out_features
    images = np.concatenate(list(scorer.draw(draw_fn, seeds[0], REPORT_STREAM)))
    first = scorer.measure_generated([images], dims)
    further = (scorer.draw(draw_fn, other, REPORT_STREAM) for other in seeds[1:])
    measured = [first, *(scorer.measure_generated(batches, (protocol.dims,)) for batches in further)]
    generated = [features[protocol.dims] for features in measured]
    patients = [scorer.training.patients[position] for position in scorer.scored]
    real = RealFeatures(training[protocol.dims][scorer.scored], patients)
    unseen = None
    if held_out is not None and scorer.held_out is not None and len(scorer.held_out) > 1:
        unseen = RealFeatures(held_out[protocol.dims], scorer.held_out.patients)
    memorization = _assess_memorization(scorer, images, first, training, held_out, rng_fn("planted_copies"))
    scores = compute_seed_scores(real, unseen, generated, rng_fn)
    record = EvaluationRecord(
        step=step,
        **scores | {"baseline": _add_similarity(scores["baseline"], scorer, rng_fn("ms_ssim_held_out"))},
        fid_2048=compute_fid(training[DEEPEST_DIMS][scorer.scored], first[DEEPEST_DIMS]),
        fid_2048_counts=DeepestCounts(num_real=len(scorer.scored), num_generated=len(images), latent_seeds=1),
        **_score_variety(scorer, images, first[DEEPEST_DIMS], rng_fn("ms_ssim")),
        memorised_share=memorization.memorised_share,
        memorization=memorization,
        **_describe_protocol(scorer),
        real_images=_describe_real_images(scorer),
        seed=seed,
        seeds=seeds,
        stream=REPORT_STREAM,
        warnings=_warn(scorer, real.features, generated, memorization),
        versions=collect_versions(),
        device=jax.devices()[0].device_kind,
    )
    return Evaluation(record, images)


def create_rng(seed: int, name: str) -> np.random.Generator:
    """Returns the random stream of a name: what one part of a report draws does not move what others draw.

    A renamed stream changes the score.
    """
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def _add_similarity(baseline: Baselines | None, scorer: Scorer, rng: np.random.Generator) -> Baselines | None:
    """Adds MS-SSIM to the baseline of held-out images; it needs pixels, where the others need features."""
    if baseline is None or baseline.held_out is None or scorer.held_out is None:
        return baseline
    similarity = compute_mean_similarity(to_gray(scorer.held_out.pixels), _PAIRS, rng)
    return baseline.model_copy(update={"held_out": baseline.held_out.model_copy(update={"ms_ssim": similarity})})


def _score_variety(scorer: Scorer, images: Images, deepest: Vectors, rng: np.random.Generator) -> dict[str, Any]:
    record: dict[str, Any] = {
        "ms_ssim": compute_mean_similarity(to_gray(images), _PAIRS, rng),
        "ms_ssim_real": compute_mean_similarity(to_gray(scorer.training.pixels), _PAIRS, rng),
        "ms_ssim_pairs": _PAIRS,
    }
    classifier = scorer.featurizer.weights.classifier
    if classifier is None:
        return record | {"inception_score": None, "inception_score_note": _NO_CLASSIFIER}
    mean, spread = compute_inception_score(compute_probabilities(deepest, *classifier), min(_SPLITS, len(images)))
    return record | {
        "inception_score": mean,
        "inception_score_std": spread,
        "inception_score_note": _INCEPTION_NOTE,
    }


def _assess_memorization(
    scorer: Scorer,
    images: Images,
    generated: Features,
    training: Features,
    held_out: Features | None,
    rng: np.random.Generator,
) -> MemorizationRecord:
    of_training, featurizer = scorer.training, scorer.featurizer
    known = Views(training[NEAREST_DIMS], of_training.pixels, of_training.patients, of_training.files)
    if scorer.protocol.stretch:
        # Training, held-out and duplicated images are not stretched, and copies must be looked for among like images.
        generated = featurizer.measure([images], len(images), (NEAREST_DIMS,), "generated images, not stretched")
    found = Views(generated[NEAREST_DIMS], images)
    unseen = None
    if held_out is not None and scorer.held_out is not None:
        unseen = Views(held_out[NEAREST_DIMS], scorer.held_out.pixels, patients=scorer.held_out.patients)
    chosen = of_training.pixels[rng.permutation(len(of_training))[:_DUPLICATED]]
    duplicates = create_duplicates(chosen, rng)
    batches = [np.ascontiguousarray(copies) for copies in duplicates.values()]
    count = sum(map(len, batches))
    measured = featurizer.measure(batches, count, (NEAREST_DIMS,), "perturbed duplicates")[NEAREST_DIMS]
    views = map(Views, np.split(measured, len(batches)), batches)
    return assess_memorization(found, known, unseen, dict(zip(duplicates, views, strict=True)))


def _describe_protocol(scorer: Scorer) -> dict[str, Any]:
    protocol, weights = scorer.protocol, scorer.featurizer.weights
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


def _describe_real_images(scorer: Scorer) -> RealImagesRecord:
    return RealImagesRecord(
        **scorer.description,
        image_size=scorer.training.pixels.shape[1:3],
        num_training=len(scorer.training),
        num_scored=len(scorer.scored),
        num_held_out=0 if scorer.held_out is None else len(scorer.held_out),
        note=_RESOLUTION_NOTE,
    )


def _warn(scorer: Scorer, real: Vectors, generated: Sequence[Vectors], memorization: MemorizationRecord) -> list[str]:
    warnings = [*scorer.warnings, *describe_weaknesses("real", real), *describe_weaknesses("generated", generated[0])]
    if len(generated) < MIN_SEEDS:
        warnings.append(f"config.eval.seeds={len(generated)} is less than {MIN_SEEDS}: there are no intervals.")
    return warnings + memorization.warnings
