"""Scores of a run's generator: what scores it, and the report that evaluate and the end of train write."""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from dcgan_jax import atomic_file, processes
from dcgan_jax.data.prepared import Example, PreparedSet
from dcgan_jax.data.selection import list_classes
from dcgan_jax.evaluation.protocol import resolve_protocol
from dcgan_jax.evaluation.real_images import read_real_images
from dcgan_jax.evaluation.record import create_report
from dcgan_jax.evaluation.record_table import describe_record
from dcgan_jax.evaluation.scores import DrawFn, Scorer
from dcgan_jax.evaluation.weights import WeightsUnavailableError, load_inception_weights
from dcgan_jax.reporting.figures import Images, save_closest_pairs
from dcgan_jax.sampling import Sampler
from dcgan_jax.settings import Settings
from dcgan_jax.training.interruption import StopRequest
from dcgan_jax.training.loop import ScoreFn
from dcgan_jax.training.state import TrainState
from dcgan_jax.workdir import Workdir

REPORT_SEED = 0

DESCRIBED = {"source", "variant", "label", "resize", "aspect", "intensity", "holdout", "fraction"}
"""Fields of config.data that say in a record what the real images are."""

logger = logging.getLogger(__name__)


Scorers = dict[str, Scorer]
"""What scores each class of a run, in the order in which the classes are numbered."""


def create_scorers(
    settings: Settings, prepared: PreparedSet, training: Sequence[Example], held_out: Sequence[Example]
) -> Scorers:
    """Returns what scores the generator of a run, each class against its own real images.

    Raises:
      WeightsUnavailableError: there are no Inception weights, and none can be downloaded.
      UserError: the weights are damaged.
    """
    weights = load_inception_weights(settings.eval.weights)
    described = settings.data.model_dump(include=DESCRIBED)

    def create(label: str) -> Scorer:
        known, unseen = ([one for one in images if one.label == label] for images in (training, held_out))
        return Scorer(
            resolve_protocol(settings.eval),
            weights,
            read_real_images(prepared, known),
            read_real_images(prepared, unseen) if unseen else None,
            {**described, "label": label},
        )

    return {label: create(label) for label in list_classes(training)}


def create_scorers_if_possible(
    settings: Settings, prepared: PreparedSet, training: Sequence[Example], held_out: Sequence[Example]
) -> Scorers | None:
    """Returns the scorers, or None, saying so once, where there are no weights: training goes on without scores.

    Raises:
      UserError: the weights are damaged, or not those of the first process.
    """
    scorers = None
    try:
        scorers = create_scorers(settings, prepared, training, held_out)
    except WeightsUnavailableError as error:
        logger.warning("Scores are skipped. %s", error)
    if not all(processes.gather(scorers is not None)) or scorers is None:  # what one cannot score, the others do not
        return None
    require_same_weights(scorers)
    return scorers


def join_fingerprints(scorers: Scorers) -> str:
    """Returns what scores of all classes together are measured under."""
    return "+".join(scorer.fingerprint for scorer in scorers.values())


def require_same_weights(scorers: Scorers) -> None:
    """Raises UserError where a process scores with other weights than the first."""
    fingerprint = join_fingerprints(scorers)
    processes.require_same(fingerprint, "Inception weights", "give all the same file in config.eval.weights")


def join_scores(by_class: Mapping[str, dict[str, float]]) -> dict[str, float]:
    """Returns the scores of the only class, or the means over the classes and those of each, as "fid/NORMAL"."""
    parts = list(by_class.values())
    if len(parts) == 1:
        return parts[0]
    shared = [name for name in parts[0] if all(name in part for part in parts)]
    means = {name: sum(part[name] for part in parts) / len(parts) for name in shared}
    return means | {f"{name}/{label}": value for label, part in by_class.items() for name, value in part.items()}


class _Stopped(Exception):
    """A signal came while images were being scored."""


def create_score_fn(scorers: Scorers, sampler: Sampler, seed: int, stop: StopRequest) -> ScoreFn:
    """Returns what scores a state during training; it gives up, with None, soon after a signal."""

    def score(state: TrainState) -> dict[str, float] | None:
        def draw(label: int, seed: int, stream: str, count: int) -> Iterator[Images]:
            for images in sampler.batches(state.sampled_generator, seed, stream, count, label=label):
                if stop.agreed_at_once():
                    raise _Stopped
                yield images

        try:
            by_class = {
                label: scorer.score(partial(draw, number), seed)
                for number, (label, scorer) in enumerate(scorers.items())
            }
        except _Stopped:
            return None
        # Hosts may round differently, and must agree on which state is the best.
        return processes.from_first(join_scores(by_class))

    return score


def write_reports(scorers: Scorers, sampler: Sampler, state: TrainState, workdir: Workdir) -> dict[str, Any]:
    """Scores each class of a state in full, writes its record and its figure of closest pairs, shows its table.

    The latents come from streams that the choice of a checkpoint never saw.

    Returns:
      The record of the only class, or `classes`: the record of each, beside the mean of their FIDs.
    """
    records = {
        label: _write_report(
            label if len(scorers) > 1 else "", scorer, partial(_draw, sampler, state, number), state, workdir
        )
        for number, (label, scorer) in enumerate(scorers.items())
    }
    if len(records) == 1:
        return next(iter(records.values()))
    fid = sum(record["fid"] for record in records.values()) / len(records)
    logger.info("mean FID of %d classes: %.4g", len(records), fid)
    return {"step": int(state.step), "fid": fid, "classes": records}


def _draw(sampler: Sampler, state: TrainState, number: int, seed: int, stream: str, count: int) -> Iterator[Images]:
    yield from sampler.batches(state.sampled_generator, seed, stream, count, label=number)


def _write_report(label: str, scorer: Scorer, draw_fn: DrawFn, state: TrainState, workdir: Workdir) -> dict[str, Any]:
    step = int(state.step)
    record, images = create_report(scorer, draw_fn, REPORT_SEED, step)
    if not processes.is_first():
        return record
    workdir.evaluation.mkdir(parents=True, exist_ok=True)
    name = f"step_{step:07d}_{scorer.protocol.name}_{scorer.fingerprint}" + (f"_{label}" if label else "")
    path = workdir.evaluation / f"{name}.json"
    atomic_file.write_text(path, json.dumps(record, indent=2) + "\n")
    closest = record["memorisation"]["closest"]
    save_closest_pairs(
        images[[pair["generated"] for pair in closest]],
        scorer.training.pixels[[pair["training"] for pair in closest]],
        workdir.evaluation / f"{name}_closest.png",
    )
    logger.info("%s\n%s", describe_record(record), path)
    return record
