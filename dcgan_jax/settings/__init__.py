"""The settings of a run: every field declared once; what makes a run what it is; reading and keeping them."""

from dcgan_jax.settings.arms import ARMS, ArmKind, ArmName
from dcgan_jax.settings.data import ALL_CLASSES, DataSettings
from dcgan_jax.settings.identity import makes_the_run
from dcgan_jax.settings.networks import AverageSettings, LossSettings, ModelSettings
from dcgan_jax.settings.outputs import BalanceSettings, EvalSettings, ExportSettings, GenerateSettings
from dcgan_jax.settings.settings import RUN_SECTIONS, Settings
from dcgan_jax.settings.study import StudySettings
from dcgan_jax.settings.training import AugmentSettings, OptimizerSettings
from dcgan_jax.settings.trial import TrialSettings

__all__ = [
    "ALL_CLASSES",
    "ARMS",
    "RUN_SECTIONS",
    "ArmKind",
    "ArmName",
    "AugmentSettings",
    "AverageSettings",
    "BalanceSettings",
    "DataSettings",
    "EvalSettings",
    "ExportSettings",
    "GenerateSettings",
    "LossSettings",
    "ModelSettings",
    "OptimizerSettings",
    "Settings",
    "StudySettings",
    "TrialSettings",
    "makes_the_run",
]
