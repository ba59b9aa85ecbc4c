"""Raw configuration -> frozen, validated settings; the only reader of raw configuration."""

import json
from pathlib import Path
from typing import Any

from ml_collections import ConfigDict as RawConfig
from pydantic import ValidationError, model_validator

from dcgan_jax.errors import UserError
from dcgan_jax.settings.sections import (
    ALL_CLASSES,
    AugmentSettings,
    AverageSettings,
    BalanceSettings,
    CheckpointSettings,
    DataSettings,
    EvalSettings,
    GenerateSettings,
    LossSettings,
    ModelSettings,
    OptimizerSettings,
    Section,
    Seed,
    TrainSettings,
    TrialSettings,
)
from dcgan_jax.storage import atomic_file


class Settings(Section):
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
                f"{ALL_CLASSES} (one class of a run of all is drawn with config.generate.label)."
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
            if isinstance(section, type) and issubclass(section, Section):
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
        try:
            return cls.validated(values)
        except UserError as error:
            raise UserError(f"{error}\nThese are the settings in {path}: mend them there.") from None

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
