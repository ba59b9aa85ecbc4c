"""The sections of the settings: their fields, with types and ranges. What each does is in configs/default.py."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)


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


class Section(BaseModel):
    """Fields that no code changes, of the types stated and no others."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class DataSettings(Section):
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


class ModelSettings(Section):
    """The shapes of the generator and the discriminator, and how many classes they are told."""

    channels: Literal[1, 3]
    base_channels: PositiveInt
    latent_size: PositiveInt
    upsample: Literal["transposed", "resize", "resize_3x3"]
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


class LossSettings(Section):
    """What the networks minimize."""

    kind: Literal["logistic", "hinge"]
    r1: NonNegativeFloat
    r1_every: PositiveInt


class OptimizerSettings(Section):
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


class AugmentSettings(Section):
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


class AverageSettings(Section):
    """The average of the generator's weights that is sampled in their place."""

    half_life: NonNegativeInt
    ramp_up: Share


class TrainSettings(Section):
    """How long, in which portions, and how often pictures are drawn."""

    epochs: PositiveInt
    steps: NonNegativeInt
    batch_size: Annotated[int, Field(ge=2, multiple_of=2)]
    steps_per_dispatch: PositiveInt
    sample_every_epochs: NonNegativeInt
    sample_every_steps: NonNegativeInt


class CheckpointSettings(Section):
    """Where the state is saved, how often, and how much of it is kept."""

    dir: AbsolutePath
    every_epochs: NonNegativeInt
    every_steps: NonNegativeInt
    keep: PositiveInt


class EvalSettings(Section):
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


class GenerateSettings(Section):
    """What `--mode=generate` writes."""

    count: PositiveInt
    label: str
    seed: Seed
    out: AbsolutePath
    max_similarity: Annotated[float, Field(ge=0, le=1)]


class BalanceSettings(Section):
    """What `--mode=balance` writes."""

    ratio: PositiveFloat
    out: AbsolutePath
    runs: Annotated[tuple[AbsolutePath, ...], *Listed]
    real: Literal["link", "copy"]
    seed: Seed
    max_similarity: Share


ArmName = Literal["real", "classical", "weighted", "duplicated", "synthetic", "both", "synthetic_all", "synthetic_only"]


class TrialSettings(Section):
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
