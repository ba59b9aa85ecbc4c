"""One record a run for the comparison of recipes: its scores with their protocol, and what an image costs."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import UInt8
from pydantic import Field, ValidationError

from benchmarks.checkerboard import compute_checkerboard, compute_checkerboard_amplitude, read_grid
from benchmarks.compiled_step import count_flops
from dcgan_jax.data.prepare import prepare
from dcgan_jax.data.selection import select_training
from dcgan_jax.errors import FileError
from dcgan_jax.evaluation.record import Baseline, EvaluationRecord, upgrade_floor
from dcgan_jax.memorization.record import NotAssessable
from dcgan_jax.metrics.comparison import SCORES
from dcgan_jax.runs.metrics_log import read_rows
from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.settings import Settings
from dcgan_jax.storage import atomic_file
from dcgan_jax.storage.record import Part, Record
from dcgan_jax.training.state import count_parameters, create_generator


class ScoreInterval(Part):
    """Of the FID."""

    low: float
    high: float
    level: float


class QualityRecord(Record):
    """One run of a configuration; an entry of results.json.

    Attributes:
      baseline: each measure of held-out real images, and of as many generated ones.
      baseline_training: the same of random parts of the training images; of older records the FID alone.
      false_positive_rate: the share of held-out images found by the rule of the memorized share.
      checkerboard: power at a period of 2 or 4 pixels over that of its neighbors; relative to how sharp images are.
      checkerboard_amplitude: the same mark in gray levels.
      history: scores while it trained: `step` and what was measured there.
      generator_flops: operations that make an image; `training_flops` those that train on one.
    """

    config: str
    scale: str
    seed: int
    images_seen: int
    settings_sha256: str
    command: str
    image_size: int
    base_channels: int
    dtype: str = "float32"
    fid: float
    fid_2048: float | None
    kid: float | None
    kid_held_out: float | None
    precision: float | None
    recall: float | None
    density: float | None
    coverage: float | None
    irs: float | None = None
    trace_ratio: float | None = None
    vendi: float | None = None
    ms_ssim: float | None
    ms_ssim_real: float | None
    memorised_share: float | NotAssessable | None
    false_positive_rate: float | None
    lowest_sensitivity: float | None = None
    baseline: Baseline | None = None
    baseline_training: Baseline | None = None
    interval: ScoreInterval | None
    dims: int
    preprocess: str
    resize_filter: str
    num_real: int
    num_generated: int
    num_held_out: int
    weights: str
    weights_sha256: str
    fingerprint: str
    seeds: list[int]
    step: int
    checkerboard: float
    checkerboard_real: float | None = None
    checkerboard_amplitude: float | None = None
    checkerboard_amplitude_real: float | None = None
    history: list[dict[str, float]] = Field(default_factory=list)
    generator_parameters: int
    generator_flops: float
    training_flops: float
    state_sha256: str | None
    images_per_second: float | None
    device: str

    @property
    def run(self) -> tuple[str, str, int, int]:
        """What makes it the record of one run: scale, configuration, images seen and seed."""
        return self.scale, self.config, self.images_seen, self.seed

    @classmethod
    def upgrade(cls, values: dict[str, Any], version: int) -> dict[str, Any]:
        """Takes over the names of untyped records, all of them of the small scale: 64x64, 8 base channels."""
        if version:
            return values
        upgraded = {"image_size": 64, "base_channels": 8, **values}
        upgraded["baseline_training"] = upgrade_floor(upgraded.pop("floor", None))
        upgraded["false_positive_rate"] = upgraded.pop("memorised_control", None)
        return upgraded


def create_record(evaluation: EvaluationRecord, root: Path, run: Mapping[str, Any]) -> QualityRecord:
    """Returns the record of a finished run.

    Args:
      evaluation: the record of its evaluation.
      root: its workdir.
      run: what run it is: config, scale, seed, images_seen, settings_sha256, command.
    """
    workdir = Workdir(root)
    settings = Settings.load(workdir.config)
    summary, interval, baseline = workdir.read_summary(), evaluation.interval, evaluation.baseline
    lowest = evaluation.memorization.lowest_sensitivity
    grid = read_grid(max(workdir.samples.glob("step_*.png")), settings.data.image_size)
    real, cost = read_training_images(settings), describe_generator(settings)
    shared = QualityRecord.model_fields.keys() & EvaluationRecord.model_fields.keys()
    copied = shared - {"schema_version", "seed", "interval", "baseline"}
    return QualityRecord(
        **run,
        **{name: getattr(evaluation, name) for name in copied},
        image_size=settings.data.image_size,
        base_channels=settings.model.base_channels,
        dtype=settings.model.dtype,
        false_positive_rate=evaluation.memorization.false_positive_rate,
        lowest_sensitivity=lowest.rate if lowest else None,
        baseline=baseline and baseline.held_out,
        baseline_training=baseline and Baseline.model_validate(baseline.model_dump(exclude={"halves", "held_out"})),
        interval=ScoreInterval(low=interval.low, high=interval.high, level=interval.level) if interval else None,
        checkerboard=compute_checkerboard(grid),
        checkerboard_real=compute_checkerboard(real),
        checkerboard_amplitude=compute_checkerboard_amplitude(grid),
        checkerboard_amplitude_real=compute_checkerboard_amplitude(real),
        history=read_history(workdir.metrics),
        generator_parameters=cost.parameters,
        generator_flops=cost.flops,
        training_flops=count_flops(settings) / settings.train.batch_size,
        state_sha256=summary.state_sha256 if summary else None,
        images_per_second=summary.images_per_second if summary else None,
    )


def read_history(path: Path) -> list[dict[str, float]]:
    """Returns the scores that a run logged while it trained, by step; none where it was not scored."""
    scored = (row for row in read_rows(path) if "fid" in row) if path.exists() else ()
    return [{name: row[name] for name in ("step", *SCORES) if row.get(name) is not None} for row in scored]


def read_training_images(settings: Settings) -> UInt8[np.ndarray, "n size size"]:
    """Returns the training images in gray: they, too, can repeat something every four pixels."""
    prepared = prepare(settings.data, settings.seed)
    training, _ = select_training(prepared, settings.data, settings.seed)
    return prepared.images(training)[..., 0]


class GeneratorCost(NamedTuple):
    """What an image costs: parameters of the generator, and operations by XLA's count."""

    parameters: int
    flops: float


def describe_generator(settings: Settings) -> GeneratorCost:
    """Returns the generator's parameters and, by XLA's count, the operations it takes to make one image."""
    generator = create_generator(settings.with_overrides({"runtime.convolutions": "xla"}))
    latents = jnp.zeros((1, settings.model.latent_size))
    params = jax.eval_shape(generator.init, jax.random.key(0), latents)["params"]
    lowered = jax.jit(lambda params, latents: generator.apply({"params": params}, latents)).lower(params, latents)
    analysis = cast(Any, lowered).cost_analysis()
    return GeneratorCost(count_parameters(params), float(analysis["flops"]))


def load_records(path: Path) -> list[QualityRecord]:
    """Returns all records, of whatever version, or none where there is no file yet.

    Raises:
      UserError: the file is damaged.
    """
    if not path.exists():
        return []
    try:
        listed = json.loads(path.read_bytes())
        return [QualityRecord.model_validate({"schema_version": 0, **values}) for values in listed]
    except ValidationError as error:
        first = error.errors()[0]
        raise FileError(path, f"is damaged ({'.'.join(map(str, first['loc']))}: {first['msg']}): restore it.") from None
    except (ValueError, TypeError) as error:
        raise FileError(path, f"is damaged ({error}): restore it.") from None


def save_record(path: Path, record: QualityRecord) -> None:
    """Adds a record to the file; it replaces one of the same run."""
    others = [other for other in load_records(path) if other.run != record.run]
    write_records(path, [*others, record])


def write_records(path: Path, records: Sequence[QualityRecord]) -> None:
    """Writes the file anew, sorted by scale, configuration, images seen and seed."""
    listed = [record.model_dump(mode="json") for record in sorted(records, key=lambda record: record.run)]
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_file.write_text(path, json.dumps(listed, indent=1) + "\n")
