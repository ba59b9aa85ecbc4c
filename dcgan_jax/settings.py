"""Raw configuration -> frozen, validated settings; the only reader of raw configuration.

The fields, their defaults and what each one does are in configs/default.py; here are their types and ranges.
"""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from ml_collections import ConfigDict as RawConfig
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from dcgan_jax import atomic_file
from dcgan_jax.errors import UserError


def _resolve(path: str) -> str:
    """Makes a path absolute, so that a run does not depend on where a command is given; empty and gs:// stay."""
    if not path or "://" in path:
        return path
    return str(Path.home() / path[2:] if path.startswith("~/") else Path(path).absolute())


def _listed(value: Any) -> Any:
    """Takes lists, as JSON has them, and names with commas between them, as a command line has them."""
    values = value if isinstance(value, list | tuple) else (value,)
    return tuple(
        part for item in values for part in (item.split(",") if isinstance(item, str) else [item]) if part != ""
    )


def _without_repeats(values: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(set(values)) < len(values):
        raise ValueError("each value once")
    return values


PositiveInt = Annotated[int, Field(gt=0)]
NonNegativeInt = Annotated[int, Field(ge=0)]
PositiveFloat = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NonNegativeFloat = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
AbsolutePath = Annotated[str, AfterValidator(_resolve)]
Seed = Annotated[int, Field(ge=0, lt=2**31)]
ProperShare = Annotated[float, Field(gt=0, lt=1)]
Fraction = Annotated[float, Field(gt=0, le=1)]
Listed = (BeforeValidator(_listed), AfterValidator(_without_repeats))
IMAGE_SIZES = (64, 128, 256)
ALL_CLASSES = "ALL"
"""As `data.label`: every class that has training images, told apart, in one run."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class DataSettings(_Section):
    """Which images, how they are prepared, in which order they come."""

    source: Literal["chest_xray", "phantom"]
    dir: AbsolutePath
    variant: Literal["kaggle", "published"]
    label: str
    image_size: int
    resize: Literal["antialias", "nearest"]
    aspect: Literal["ignore", "pad"]
    intensity: Literal["dataset", "container", "image"]
    on_bad_image: Literal["error", "skip"]
    holdout: Annotated[float, Field(ge=0, lt=1)]
    fraction: Annotated[float, Field(gt=0, le=1)]
    split_seed: Annotated[int, Field(ge=-1, lt=2**31)]
    sampling: Literal["replacement", "shuffle"]
    placement: Literal["auto", "device", "stream"]
    device_budget_mib: PositiveInt
    phantom_count: PositiveInt

    @field_validator("image_size")
    @classmethod
    def _image_size_is_supported(cls, value: int) -> int:
        if value not in IMAGE_SIZES:
            raise ValueError(f"one of {', '.join(map(str, IMAGE_SIZES))}")
        return value

    @model_validator(mode="after")
    def _phantoms_come_from_no_folder(self) -> "DataSettings":
        if self.source == "phantom" and self.dir:
            raise ValueError(
                f"config.data.dir={self.dir} is not read with config.data.source=phantom: give "
                "config.data.source=chest_xray to train on the folder."
            )
        return self


class ModelSettings(_Section):
    """The shapes of the generator and the discriminator, and how many classes they are told."""

    channels: Literal[1, 3]
    base_channels: PositiveInt
    latent_size: PositiveInt
    upsample: Literal["transposed", "resize"]
    dropout: Annotated[float, Field(ge=0, lt=1)]
    minibatch_std: NonNegativeInt
    spectral_norm: bool
    num_classes: NonNegativeInt
    dtype: Literal["float32", "bfloat16"]

    @field_validator("minibatch_std")
    @classmethod
    def _a_group_has_several_images(cls, value: int) -> int:
        if value == 1:
            raise ValueError("0 (off), or a group of 2 or more")
        return value

    @field_validator("num_classes")
    @classmethod
    def _one_class_is_not_told(cls, value: int) -> int:
        if value == 1:
            raise ValueError("0 (from the data), or 2 or more")
        return value


class LossSettings(_Section):
    """What the networks minimize."""

    kind: Literal["logistic", "hinge"]
    r1: NonNegativeFloat
    r1_every: PositiveInt


class OptimizerSettings(_Section):
    """Adam, for both networks, and how often and how far they are moved."""

    generator_learning_rate: PositiveFloat
    discriminator_learning_rate: PositiveFloat
    beta1: Annotated[float, Field(ge=0, lt=1)]
    beta2: Annotated[float, Field(ge=0, lt=1)]
    epsilon: PositiveFloat
    discriminator_updates: Literal["separate", "joint"]
    discriminator_steps: PositiveInt
    warmup_steps: NonNegativeInt
    decay_start: NonNegativeInt
    decay_end: NonNegativeInt
    decay_to: Share

    @model_validator(mode="after")
    def _decay_takes_some_steps(self) -> "OptimizerSettings":
        if (self.decay_end or self.decay_start) and self.decay_end <= self.decay_start:
            raise ValueError(
                f"config.optimizer.decay_end={self.decay_end} is not after config.optimizer.decay_start="
                f"{self.decay_start}: give a later step, or 0 for both and no decay."
            )
        return self


class AugmentSettings(_Section):
    """How real and generated images are changed before the discriminator sees them."""

    probability: Share
    rotation: Annotated[float, Field(ge=0, le=180)]
    scale: Annotated[float, Field(ge=0, lt=1)]
    translation: Annotated[float, Field(ge=0, lt=1)]
    brightness: Annotated[float, Field(ge=0, le=2)]
    contrast: Share
    cutout: Annotated[float, Field(ge=0, lt=1)]
    target: Annotated[float, Field(ge=0, lt=1)]
    adaptation_images: PositiveInt

    @model_validator(mode="after")
    def _something_is_adapted(self) -> "AugmentSettings":
        if self.target and not any(
            (self.rotation, self.scale, self.translation, self.brightness, self.contrast, self.cutout)
        ):
            raise ValueError(
                f"config.augment.target={self.target} adapts the probability of changes, and all are off: give one of "
                "config.augment.rotation, .scale, .translation, .brightness, .contrast, .cutout, or 0."
            )
        return self

    @property
    def is_adaptive(self) -> bool:
        """Whether the probability follows the discriminator's overfitting."""
        return self.target > 0


class AverageSettings(_Section):
    """The average of the generator's weights that is sampled in their place."""

    half_life: NonNegativeInt
    ramp_up: Share


class TrainSettings(_Section):
    """How long, in which portions, and how often pictures are drawn."""

    epochs: PositiveInt
    steps: NonNegativeInt
    batch_size: Annotated[int, Field(ge=2, multiple_of=2)]
    steps_per_dispatch: PositiveInt
    sample_every_epochs: NonNegativeInt
    sample_every_steps: NonNegativeInt


class CheckpointSettings(_Section):
    """Where the state is saved, how often, and how much of it is kept."""

    dir: AbsolutePath
    every_epochs: NonNegativeInt
    every_steps: NonNegativeInt
    keep: PositiveInt


class EvalSettings(_Section):
    """How the images are scored."""

    weights: AbsolutePath
    dims: Literal[64, 192, 768, 2048]
    every_epochs: NonNegativeInt
    every_steps: NonNegativeInt
    num_samples: Annotated[int, Field(ge=2)]
    seeds: PositiveInt
    preprocess: Literal["pytorch_fid", "pillow", "clean"]
    resize_filter: Literal["bicubic", "nearest"]
    stretch: bool
    protocol: Literal["default", "paper"]
    checkpoint: str

    @field_validator("checkpoint")
    @classmethod
    def _checkpoint_is_a_choice(cls, value: str) -> str:
        if value not in ("best", "latest") and not value.isdecimal():
            raise ValueError("best, latest or a step")
        return value


class GenerateSettings(_Section):
    """What `--mode=generate` writes."""

    count: PositiveInt
    label: str
    seed: Seed
    out: AbsolutePath
    max_similarity: Annotated[float, Field(ge=0, le=1)]


class BalanceSettings(_Section):
    """What `--mode=balance` writes."""

    ratio: PositiveFloat
    out: AbsolutePath
    runs: Annotated[tuple[AbsolutePath, ...], *Listed]
    real: Literal["link", "copy"]
    seed: Seed
    max_similarity: Share


ArmName = Literal["real", "classical", "weighted", "duplicated", "synthetic", "both", "synthetic_all", "synthetic_only"]


class TrialSettings(_Section):
    """What `--mode=trial` compares, and how."""

    arms: Annotated[tuple[ArmName, ...], *Listed]
    ratios: Annotated[tuple[PositiveFloat, ...], Field(min_length=1), *Listed]
    fractions: Annotated[tuple[Fraction, ...], Field(min_length=1), *Listed]
    seeds: PositiveInt
    generator_seeds: PositiveInt
    steps: PositiveInt
    batch_size: PositiveInt
    learning_rate: PositiveFloat
    base_channels: Annotated[int, Field(gt=0, multiple_of=8)]
    synthetic_dir: AbsolutePath
    runs: Annotated[tuple[AbsolutePath, ...], *Listed]
    positive: str
    validation: ProperShare
    test: ProperShare
    margin: PositiveFloat

    @model_validator(mode="after")
    def _training_patients_are_left(self) -> "TrialSettings":
        if self.validation + self.test >= 1:
            raise ValueError(
                f"config.trial.validation={self.validation} and config.trial.test={self.test} leave no patients to "
                "train on: lower them."
            )
        return self

    @model_validator(mode="after")
    def _images_come_from_one_place(self) -> "TrialSettings":
        if self.synthetic_dir and self.runs:
            raise ValueError(
                f"config.trial.synthetic_dir={self.synthetic_dir} and config.trial.runs both say where synthetic "
                "images come from: give one of them."
            )
        return self


class Settings(_Section):
    """All settings of a run."""

    seed: Seed
    data: DataSettings
    model: ModelSettings
    loss: LossSettings
    optimizer: OptimizerSettings
    augment: AugmentSettings
    average: AverageSettings
    train: TrainSettings
    checkpoint: CheckpointSettings
    eval: EvalSettings
    generate: GenerateSettings
    balance: BalanceSettings
    trial: TrialSettings

    @model_validator(mode="after")
    def _one_class_has_no_others_to_tell_apart(self) -> "Settings":
        if self.model.num_classes and self.data.label != ALL_CLASSES:
            raise ValueError(
                f"config.model.num_classes={self.model.num_classes} does not go with config.data.label="
                f"{self.data.label}, which is one class: give config.model.num_classes=0, or config.data.label="
                f"{ALL_CLASSES}."
            )
        return self

    @classmethod
    def from_config(cls, config: RawConfig) -> "Settings":
        """Validates a configuration; raises UserError with one line for each field at fault."""
        return cls.validated(config.to_dict())

    @classmethod
    def field_names(cls) -> list[str]:
        """Returns the dotted names of all fields."""
        names = []
        for name, field in cls.model_fields.items():
            section = field.annotation
            if isinstance(section, type) and issubclass(section, _Section):
                names += [f"{name}.{inner}" for inner in section.model_fields]
            else:
                names.append(name)
        return names

    @classmethod
    def load(cls, path: Path) -> "Settings":
        """Reads settings that `save` wrote; raises UserError when the file is missing, damaged or of other fields."""
        try:
            values = json.loads(path.read_text())
            if not isinstance(values, dict):
                raise ValueError("it holds no fields")
        except FileNotFoundError:
            raise UserError(f"{path} does not exist: give the --workdir of a run that has been started.") from None
        except ValueError as error:
            raise UserError(f"{path} is damaged ({error}): restore it, or start the run in a new --workdir.") from None
        return cls.validated(values)

    @classmethod
    def validated(cls, values: Any) -> "Settings":
        """Returns the settings that plain values describe; raises UserError with one line for each at fault."""
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise UserError("\n".join(_sentence(details) for details in error.errors())) from None

    def save(self, path: Path) -> None:
        """Writes all fields as JSON."""
        atomic_file.write_text(path, json.dumps(self.model_dump(), indent=2) + "\n")

    def with_overrides(self, overrides: dict[str, Any]) -> "Settings":
        """Returns a copy with some fields replaced, given by their dotted names ("generate.count")."""
        values = self.model_dump()
        for name, value in overrides.items():
            *sections, field = name.split(".")
            section = values
            for part in sections:
                section = section[part]
            section[field] = value
        return self.validated(values)

    def with_num_classes(self, number: int) -> "Settings":
        """Returns a copy that says how many classes the data have, where `model.num_classes` leaves it to them."""
        if self.data.label != ALL_CLASSES or self.model.num_classes:
            return self
        return self.with_overrides({"model.num_classes": number})

    def identity(self) -> dict[str, Any]:
        """Returns the fields that make a run what it is, by their dotted names, without those that the data decide."""
        flat = _flat(self.model_dump())
        return {name: value for name, value in flat.items() if makes_the_run(name) and name != _FROM_THE_DATA}

    def differences(self, other: "Settings") -> dict[str, tuple[Any, Any]]:
        """Returns the fields in which two settings differ: dotted name -> (value here, value there)."""
        here, there = _flat(self.model_dump()), _flat(other.model_dump())
        return {name: (here[name], there[name]) for name in here if here[name] != there[name]}


_IDENTITY_SECTIONS = ("seed", "data", "model", "loss", "optimizer", "augment", "average")
_NOT_IDENTITY = ("data.dir", "data.placement", "data.device_budget_mib")
_FROM_THE_DATA = "model.num_classes"  # `data.label` and the training images decide it, and both are in the identity


def makes_the_run(name: str) -> bool:
    """Returns whether a field, given by its dotted name, makes a run what it is: it must not change on resuming.

    `data.dir` may: a data set may move, and the images themselves are compared through train_files.tsv.
    """
    section = name.split(".")[0]
    return name == "train.batch_size" or (section in _IDENTITY_SECTIONS and name not in _NOT_IDENTITY)


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in values.items():
        flat.update(_flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value})
    return flat


def _sentence(details: Any) -> str:
    name = ".".join(str(part) for part in details["loc"])
    if details["type"] == "extra_forbidden":
        return f"config.{name} is not a field: see configs/default.py for all of them."
    if details["type"] == "missing":
        return f"config.{name} is missing: see configs/default.py for its default."
    remedy = details["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    if isinstance(details["input"], dict):  # of fields that do not fit together: a sentence already
        return remedy
    return f"config.{name}={details['input']!r} is not possible: give {remedy}."
