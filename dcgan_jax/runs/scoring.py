"""Scores of a run's generator: what scores it, and the report that evaluate and the end of train write."""

import logging
from collections.abc import Iterator
from pathlib import PurePosixPath

from dcgan_jax.data.report import show_name
from dcgan_jax.errors import FieldError
from dcgan_jax.evaluation.class_scorer import ClassScorer
from dcgan_jax.evaluation.featurizer import Featurizer, read_real_images
from dcgan_jax.evaluation.protocol import resolve_protocol
from dcgan_jax.evaluation.record import ClassesRecord, EvaluationRecord, record_of_class
from dcgan_jax.evaluation.scorer import Scorer
from dcgan_jax.evaluation.table import describe_record
from dcgan_jax.inception.weights import WeightsUnavailableError, load_inception_weights
from dcgan_jax.memorization.record import Pair
from dcgan_jax.runs.figures import HOLDS_REAL, Images, save_closest_pairs
from dcgan_jax.runs.training_data import TrainingData
from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.runtime import processes
from dcgan_jax.runtime.signals import StopRequest
from dcgan_jax.sampling import Sampler
from dcgan_jax.settings import Settings
from dcgan_jax.training.loop import ScoreFn
from dcgan_jax.training.state import TrainState

REPORT_SEED = 0

_CAPTION = 22  # characters of a file's name that fit under an image

DESCRIBED = {"source", "variant", "label", "resize", "aspect", "intensity", "holdout", "fraction", "exclude"}
"""Fields of config.data that say in a record what the real images are."""

logger = logging.getLogger(__name__)


def create_scorer(settings: Settings, data: TrainingData) -> ClassScorer:
    """Returns what scores the generator of a run, each class against its own real images.

    Raises:
      WeightsUnavailableError: there are no Inception weights, and none can be downloaded.
      UserError: the weights are damaged, or a class has a single training image.
    """
    for label, count in zip(data.labels, data.class_counts, strict=True):
        if count < 2:
            raise FieldError(
                "config.data.label",
                label,
                "has one training image, and scores compare spreads: add images of it, or give "
                "config.eval.every_epochs=0 and config.eval.every_steps=0 to train without scores.",
            )
    protocol, described = resolve_protocol(settings.eval), settings.data.model_dump(include=DESCRIBED)
    weights = load_inception_weights(settings.eval.weights)
    featurizer = Featurizer(weights, protocol.preprocess, settings.runtime.convolutions)

    def create(number: int, label: str) -> Scorer:
        known, unseen = ([one for one in part if one.label == label] for part in (data.training, data.held_out))
        real = read_real_images(data.prepared, known)
        others = read_real_images(data.prepared, unseen) if unseen else None
        return Scorer(protocol, featurizer, real, others, number, {**described, "label": label})

    return ClassScorer({label: create(number, label) for number, label in enumerate(data.labels)})


def create_scorer_if_possible(settings: Settings, data: TrainingData) -> ClassScorer | None:
    """Returns the scorer, or None, saying so once, where there are no weights: training goes on without scores.

    Raises UserError if the weights are damaged, or not those of the first process.
    """
    scorer = None
    try:
        scorer = create_scorer(settings, data)
    except WeightsUnavailableError as error:
        logger.warning("Scores are skipped. %s", error)
    if not all(processes.gather(scorer is not None)) or scorer is None:  # what one cannot score, the others do not
        return None
    require_same_weights(scorer)
    return scorer


def require_same_weights(scorer: ClassScorer) -> None:
    """Raises UserError where a process scores with other weights than the first."""
    processes.require_same(scorer.fingerprint, "Inception weights", "give all the same file in config.eval.weights")


class _Stopped(Exception):
    """A signal came while images were being scored."""


def create_score_fn(scorer: ClassScorer, sampler: Sampler, seed: int, stop: StopRequest) -> ScoreFn:
    """Returns what scores a state during training; it gives up, with None, soon after a signal."""

    def score(state: TrainState) -> dict[str, float] | None:
        def draw(label: int, seed: int, stream: str, count: int) -> Iterator[Images]:
            for images in sampler.batches(state.sampled_generator, seed, stream, count, label=label):
                if stop.agreed_at_once():
                    raise _Stopped
                yield images

        try:
            # Hosts may round differently, and must agree on which state is the best.
            return processes.from_first(scorer.score(draw, seed))
        except _Stopped:
            return None

    return score


def write_evaluation(
    scorer: ClassScorer, sampler: Sampler, state: TrainState, workdir: Workdir
) -> EvaluationRecord | ClassesRecord:
    """Scores a state in full, writes the record and each class's figure of the closest pairs, shows the table.

    The latents come from streams that the choice of a checkpoint never saw. Returns the record.
    """
    step = int(state.step)

    def draw(label: int, seed: int, stream: str, count: int) -> Iterator[Images]:
        return sampler.batches(state.sampled_generator, seed, stream, count, label=label)

    record, images = scorer.evaluate(draw, REPORT_SEED, step)
    if not processes.is_first():
        return record
    workdir.evaluation.mkdir(parents=True, exist_ok=True)
    name = f"step_{step:07d}_{scorer.protocol_name}_{scorer.fingerprint}"
    path = workdir.evaluation / f"{name}.json"
    record.write(path)
    for label, of_class in images.items():
        closest = record_of_class(record, label).memorization.closest
        suffix = f"_{label}" if len(images) > 1 else ""
        save_closest_pairs(
            of_class[[pair.generated for pair in closest]],
            scorer.by_class[label].training.pixels[[pair.training for pair in closest]],
            workdir.evaluation / f"{name}_closest_{HOLDS_REAL}{suffix}.png",
            [_caption(pair) for pair in closest],
        )
    logger.info("%s\n%s", describe_record(record), path)
    return record


def _caption(pair: Pair) -> str:
    """Returns the training image's file and folder, and how far it is, over the distance of the neighborhood."""
    name = show_name("/".join(PurePosixPath(pair.file).parts[-2:]))
    short = name if len(name) <= _CAPTION else f"{name[: _CAPTION - 12]}…{name[-11:]}"
    return f"{short}\nfeatures {pair.relative_features:.2f}\npixels {pair.relative_pixels:.2f}"
