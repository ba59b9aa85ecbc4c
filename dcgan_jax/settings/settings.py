"""Raw configuration -> frozen, validated settings; the only reader of raw configuration."""

import json
import logging
from collections.abc import Collection
from pathlib import Path
from typing import Any

from ml_collections import ConfigDict as RawConfig
from pydantic import ValidationError

from dcgan_jax.errors import FieldError, FileError, UserError
from dcgan_jax.settings.data import ALL_CLASSES, DataSettings
from dcgan_jax.settings.identity import select_identity
from dcgan_jax.settings.networks import AverageSettings, LossSettings, ModelSettings
from dcgan_jax.settings.outputs import BalanceSettings, EvalSettings, ExportSettings, GenerateSettings, ReportSettings
from dcgan_jax.settings.replaced import describe_replacement, take_over
from dcgan_jax.settings.section import Section, Seed
from dcgan_jax.settings.study import StudySettings
from dcgan_jax.settings.training import (
    AugmentSettings,
    CheckpointSettings,
    OptimizerSettings,
    RuntimeSettings,
    TrainSettings,
)
from dcgan_jax.settings.trial import TrialSettings
from dcgan_jax.storage import atomic_file

RUN_SECTIONS = ("data", "model", "loss", "optimizer", "augment", "average", "train", "checkpoint", "runtime", "eval")
"""The sections that a run is made, continued and drawn from with; the others are each of one mode."""

logger = logging.getLogger(__name__)


class Settings(Section):
    """All settings of a run."""

    seed: Seed = 0
    """The one seed: weights, latents, dropout, order of the data, held-out patients (`config.data.split_seed`)."""
    data: DataSettings = DataSettings()
    model: ModelSettings = ModelSettings()
    loss: LossSettings = LossSettings()
    optimizer: OptimizerSettings = OptimizerSettings()
    augment: AugmentSettings = AugmentSettings()
    average: AverageSettings = AverageSettings()
    train: TrainSettings = TrainSettings()
    checkpoint: CheckpointSettings = CheckpointSettings()
    runtime: RuntimeSettings = RuntimeSettings()
    eval: EvalSettings = EvalSettings()
    generate: GenerateSettings = GenerateSettings()
    balance: BalanceSettings = BalanceSettings()
    export: ExportSettings = ExportSettings()
    trial: TrialSettings = TrialSettings()
    study: StudySettings = StudySettings()
    report: ReportSettings = ReportSettings()

    def _check(self) -> None:
        if self.model.num_classes and self.data.label != ALL_CLASSES:
            raise FieldError(
                "config.model.num_classes",
                self.model.num_classes,
                f"does not go with config.data.label={self.data.label}, which is one class: give "
                f"config.model.num_classes=0, or config.data.label={ALL_CLASSES} (one class of a run of all is drawn "
                "with config.generate.label).",
            )
        if self.loss.kind == "relativistic" and self.optimizer.discriminator_updates != "joint":
            remedy = "give config.optimizer.discriminator_updates=joint, or another loss."
            message = f"judges real and generated images in pairs: {remedy}"
            raise FieldError("config.loss.kind", self.loss.kind, message)

    @classmethod
    def from_config(cls, config: RawConfig, sections: Collection[str] | None = None) -> "Settings":
        """Validates a configuration, as `validated` does."""
        return cls.validated(config.to_dict(), sections)

    @classmethod
    def sections(cls) -> dict[str, type[Section]]:
        """Returns the sections by their names."""
        return {
            name: field.annotation
            for name, field in cls.model_fields.items()
            if isinstance(field.annotation, type) and issubclass(field.annotation, Section)
        }

    @classmethod
    def field_names(cls) -> list[str]:
        """Returns the dotted names of all fields."""
        return list(cls().flat_values())

    @classmethod
    def load(cls, path: Path, sections: Collection[str] | None = None) -> "Settings":
        """Reads settings that `save`, of this version or an older one, wrote; fields that it lacks have their defaults.

        Raises UserError where the file is missing, damaged, or has fields that never were.
        """
        try:
            values = json.loads(path.read_bytes())
            if not isinstance(values, dict):
                raise ValueError("it holds no fields")
        except FileNotFoundError:
            raise FileError(path, "does not exist: give the --workdir of a run that has been started.") from None
        except (OSError, ValueError, RecursionError) as error:
            reason = getattr(error, "strerror", None) or error
            raise FileError(path, f"is damaged ({reason}): restore it, or start the run in a new --workdir.") from None
        try:
            return cls.validated(take_over(values), sections)
        except UserError as error:
            raise FileError(path, f"holds what is not possible: mend it there.\n{error}") from error

    @classmethod
    def validated(cls, values: Any, sections: Collection[str] | None = None) -> "Settings":
        """Returns the settings that plain values describe.

        Args:
          values: sections of fields; what is not given has its default.
          sections: what is going to be used. Values of other sections are carried along as they are, and what is wrong
            in them is said. By default all are used.

        Raises:
          UserError: with one line for each field at fault.
        """
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            faults = error.errors()
        unused = set() if sections is None else cls.sections().keys() - set(sections)
        wrong = [_create_error(fault) for fault in faults if not unused & set(fault["loc"][:1])]
        if wrong:
            raise wrong[0] if len(wrong) == 1 else UserError("\n".join(map(str, wrong)))
        passed_over = {}
        for fault in faults:
            logger.info("warning, of a field that is not used here: %s", _create_error(fault))
            name = str(fault["loc"][0])
            given = values[name] if isinstance(values[name], dict) else {}
            passed_over[name] = cls.sections()[name].model_construct(**given)
        return cls.model_validate({**values, **passed_over})

    def values(self) -> dict[str, Any]:
        """Returns the plain values of all fields, those that were not validated included."""
        return self.model_dump(warnings=False)

    def flat_values(self) -> dict[str, Any]:
        """Returns the plain values by dotted names; lists as JSON has them, so that they compare equal."""
        flat: dict[str, Any] = {}
        for name, value in self.values().items():
            inner = {f"{name}.{field}": of for field, of in value.items()} if isinstance(value, dict) else {name: value}
            flat |= {field: list(of) if isinstance(of, tuple) else of for field, of in inner.items()}
        return flat

    def save(self, path: Path) -> None:
        """Writes all fields as JSON."""
        atomic_file.write_text(path, json.dumps(self.values(), indent=2) + "\n")

    def with_overrides(self, overrides: dict[str, Any]) -> "Settings":
        """Returns a copy with some fields replaced, given by their dotted names ("generate.count").

        Raises UserError with one line for each field at fault in the sections that they are in.
        """
        values: dict[str, Any] = {name: getattr(self, name) for name in type(self).model_fields}
        for name, value in overrides.items():
            section, _, field = name.rpartition(".")
            if isinstance(held := values.get(section), Section):
                values[section] = held.model_dump(warnings=False)
            (values.setdefault(section, {}) if section else values)[field] = value
        return self.validated(values)

    def with_num_classes(self, number: int) -> "Settings":
        """Returns a copy that says how many classes the data have, where `model.num_classes` leaves it to them."""
        if self.data.label != ALL_CLASSES or self.model.num_classes:
            return self
        return self.with_overrides({"model.num_classes": number})

    def identity(self) -> dict[str, Any]:
        """Returns the fields that make a run what it is, by their dotted names, without those that the data decide."""
        return select_identity(self.flat_values(), type(self)().flat_values())

    def differences(self, other: "Settings") -> dict[str, tuple[Any, Any]]:
        """Returns the fields in which two settings differ: dotted name -> (value here, value there)."""
        here, there = self.flat_values(), other.flat_values()
        return {name: (here[name], there[name]) for name in here if here[name] != there[name]}


def _create_error(fault: Any) -> UserError:
    raised = fault.get("ctx", {}).get("error")
    if isinstance(raised, FieldError):
        return raised
    if fault["type"] == "value_error" and isinstance(fault["input"], dict):  # of fields that do not fit together
        return UserError(str(raised))
    name = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        remedy = describe_replacement(name) or "is not a field: --help lists all of them."
        return FieldError(f"config.{name}", None, remedy)
    remedy = fault["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    return FieldError(f"config.{name}", fault["input"], f"is not possible: give {remedy}.")
