"""`config.trial`: whether synthetic images help a classifier, and how that is tried."""

from typing import Annotated, Literal

from annotated_types import Unit
from pydantic import Field

from dcgan_jax.errors import FieldError
from dcgan_jax.settings.arms import ArmName
from dcgan_jax.settings.section import (
    AbsolutePath,
    Fraction,
    Listed,
    PositiveFloat,
    PositiveInt,
    ProperShare,
    Section,
)


class TrialSettings(Section):
    """What `--mode=trial` compares, and how."""

    arms: Annotated[tuple[ArmName, ...], *Listed] = ()
    """What is compared. Empty: all that the synthetic images allow."""
    ratios: Annotated[tuple[PositiveFloat, ...], Field(min_length=1), *Listed] = (1.0, 0.5)
    """Synthetic images per real one of their class; the first belongs to the primary endpoint."""
    fractions: Annotated[tuple[Fraction, ...], Field(min_length=1), *Listed] = (1.0,)
    """Shares of the training patients; the first belongs to the primary endpoint."""
    fractions_of: Literal["each_class", "label"] = "each_class"
    """Whose patients these are shares of: each class's, or those of `data.label`, while all of the others stay."""
    seeds: Annotated[PositiveInt, Unit("classifiers")] = 5
    """Classifiers of each arm: weights, order, augmentation."""
    generator_seeds: Annotated[PositiveInt, Unit("draws")] = 4
    """Draws of synthetic images, each with classifiers of all seeds."""
    steps: Annotated[PositiveInt, Unit("steps")] = 600
    """Updates of every classifier."""
    batch_size: Annotated[PositiveInt, Unit("images")] = 64
    """Images in an update."""
    learning_rate: PositiveFloat = 2e-3
    """AdamW's at the start."""
    base_channels: Annotated[int, Field(gt=0, multiple_of=8), Unit("channels")] = 16
    """Width of the classifier."""
    select: Literal["", "logit", "coverage"] = ""
    """How the arm `selected` chooses: by the discriminator's logit or by coverage of training images. Empty: no arm."""
    candidates: Annotated[int, Field(ge=2), Unit("images")] = 4
    """Drawn for each image that is selected."""
    synthetic_dir: AbsolutePath = ""
    """Folder of synthetic images: class/*, or with a manifest.csv. Empty: drawn from `config.trial.runs`."""
    runs: Annotated[tuple[AbsolutePath, ...], *Listed] = ()
    """Workdirs of the runs to draw from. Empty: `--workdir` where it holds a run."""
    positive: str = ""
    """The class to be recognized. Empty: of two the one that is not NORMAL or the like, else `config.data.label`."""
    validation: Annotated[ProperShare, Unit("share of patients")] = 0.1
    """Of each class's training patients, those that stopping and threshold are chosen on."""
    test: Annotated[ProperShare, Unit("share of patients")] = 0.2
    """Of them, the test split, where reading the source gave none."""
    margin: Annotated[PositiveFloat, Unit("area under the ROC curve")] = 0.01
    """Difference below which the arms of the primary endpoint count as equivalent."""

    def _check(self) -> None:
        if self.validation + self.test >= 1:
            message = f"and config.trial.test={self.test} leave no patients to train on: lower them."
            raise FieldError("config.trial.validation", self.validation, message)
        if self.synthetic_dir and self.runs:
            message = "and config.trial.runs both say where synthetic images come from: give one of them."
            raise FieldError("config.trial.synthetic_dir", self.synthetic_dir, message)
        if self.synthetic_dir and self.select:
            message = "chooses among images that a run draws: give config.trial.runs in place of .synthetic_dir."
            raise FieldError("config.trial.select", self.select, message)
        if "selected" in self.arms and not self.select:
            message = "does not say how the arm `selected` chooses: give logit or coverage."
            raise FieldError("config.trial.select", self.select, message)
