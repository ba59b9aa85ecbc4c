"""Raw configuration -> frozen, validated settings; the only reader of raw configuration.

The fields, their defaults and what each one does are in configs/default.py; here are their types and ranges.
"""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from ml_collections import ConfigDict as RawConfig
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from dcgan_jax.errors import UserError

PositiveInt = Annotated[int, Field(gt=0)]
NonNegativeInt = Annotated[int, Field(ge=0)]
PositiveFloat = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Seed = Annotated[int, Field(ge=0, lt=2**31)]
IMAGE_SIZES = (64, 128, 256)


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class DataSettings(_Section):
    """Which images, how they are prepared, in which order they come."""

    source: Literal["chest_xray", "phantom"]
    dir: str
    variant: Literal["kaggle", "published"]
    label: str
    image_size: int
    resize: Literal["antialias", "nearest"]
    aspect: Literal["ignore", "pad"]
    intensity: Literal["dataset", "container", "image"]
    on_bad_image: Literal["error", "skip"]
    holdout: Annotated[float, Field(ge=0, lt=1)]
    fraction: Annotated[float, Field(gt=0, le=1)]
    sampling: Literal["replacement", "shuffle"]
    placement: Literal["auto", "device", "stream"]
    device_budget_mib: PositiveInt
    phantom_count: PositiveInt

    @field_validator("image_size")
    @classmethod
    def _image_size_is_supported(cls, value: int) -> int:
        if value not in IMAGE_SIZES:
            raise ValueError(f"choose one of {', '.join(map(str, IMAGE_SIZES))}")
        return value


class ModelSettings(_Section):
    """The shapes of the generator and the discriminator."""

    channels: Literal[1, 3]
    base_channels: PositiveInt
    latent_size: PositiveInt
    upsample: Literal["transposed", "resize"]
    dtype: Literal["float32", "bfloat16"]


class OptimizerSettings(_Section):
    """Adam, for both networks."""

    generator_learning_rate: PositiveFloat
    discriminator_learning_rate: PositiveFloat
    beta1: Annotated[float, Field(ge=0, lt=1)]
    beta2: Annotated[float, Field(ge=0, lt=1)]
    epsilon: PositiveFloat


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

    dir: str
    every_epochs: NonNegativeInt
    every_steps: NonNegativeInt
    keep: PositiveInt


class EvalSettings(_Section):
    """How the images are scored."""

    weights: str
    dims: Literal[64, 192, 768, 2048]
    every_epochs: NonNegativeInt
    every_steps: NonNegativeInt
    num_samples: PositiveInt
    preprocess: Literal["pytorch_fid", "pillow", "clean"]
    protocol: Literal["default", "paper"]
    checkpoint: str


class GenerateSettings(_Section):
    """What `--mode=generate` writes."""

    count: PositiveInt
    seed: Seed
    out: str


class Settings(_Section):
    """All settings of a run."""

    seed: Seed
    data: DataSettings
    model: ModelSettings
    optimizer: OptimizerSettings
    train: TrainSettings
    checkpoint: CheckpointSettings
    eval: EvalSettings
    generate: GenerateSettings
