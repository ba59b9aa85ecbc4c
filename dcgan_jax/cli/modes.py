"""The modes: what each does, where its settings come from, and which sections of them it uses."""

import pkgutil
from dataclasses import dataclass
from enum import Enum

from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.settings import RUN_SECTIONS, Settings


class SettingsFrom(Enum):
    """Where a mode's settings come from, before the overrides of the command line."""

    CONFIG = "the configuration"
    RUN = "the run in the workdir"
    EITHER = "the configuration where one is given, else the run in the workdir"
    ANY = "the configuration where one is given, the run in the workdir, or none"


@dataclass(frozen=True)
class Mode:
    """One value of `--mode`.

    Attributes:
      purpose: one line for `--help`.
      entry: "module:function" that does it.
      settings_from: where its settings come from.
      sections: of the settings that it uses; what is wrong in others does not stop it.
      in_several_processes: whether the processes of one job may share its work.
      is_reported: whether the page about the workdir is written again at its end.
      uses_devices: whether it computes; a mode that only reads leaves them to the run that is training on them.
    """

    purpose: str
    entry: str
    settings_from: SettingsFrom
    sections: tuple[str, ...]
    in_several_processes: bool = True
    is_reported: bool = False
    uses_devices: bool = True

    def run(self, settings: Settings, workdir: Workdir) -> None:
        """Does it; imports what it needs only now, for JAX must be set up before."""
        pkgutil.resolve_name(self.entry)(settings, workdir)

    @property
    def needs_run(self) -> bool:
        """Whether only the process that reaches the workdir can say what the settings are."""
        return self.settings_from is SettingsFrom.RUN


MODES = {
    "train": Mode(
        "train a generator and score it",
        "dcgan_jax.runs.train:train",
        SettingsFrom.CONFIG,
        (*RUN_SECTIONS, "report"),
        is_reported=True,
    ),
    "prepare": Mode("prepare the images alone", "dcgan_jax.runs.prepare:prepare", SettingsFrom.CONFIG, ("data",)),
    "generate": Mode(
        "write generated images",
        "dcgan_jax.runs.generate:generate",
        SettingsFrom.RUN,
        (*RUN_SECTIONS, "generate", "export"),
    ),
    "export": Mode(
        "write a generator to pass on",
        "dcgan_jax.sharing.export:export",
        SettingsFrom.RUN,
        (*RUN_SECTIONS, "export"),
        in_several_processes=False,
    ),
    "evaluate": Mode(
        "score a checkpoint in full",
        "dcgan_jax.runs.evaluate:evaluate",
        SettingsFrom.RUN,
        (*RUN_SECTIONS, "report"),
        is_reported=True,
    ),
    "balance": Mode(
        "write a data set with its small classes filled up",
        "dcgan_jax.balance.run:balance",
        SettingsFrom.EITHER,
        ("data", "runtime", "balance", "export"),
        in_several_processes=False,
    ),
    "trial": Mode(
        "try whether generated images help a classifier",
        "dcgan_jax.trial.run:trial",
        SettingsFrom.EITHER,
        ("data", "model", "runtime", "eval", "generate", "trial", "report"),
        in_several_processes=False,
        is_reported=True,
    ),
    "study": Mode(
        "ask readers which images are real, in a browser",
        "dcgan_jax.study.run:study",
        SettingsFrom.EITHER,
        ("data", "runtime", "generate", "study", "report"),
        in_several_processes=False,
        is_reported=True,
    ),
    "report": Mode(
        "write report.html, at any time",
        "dcgan_jax.report.write:report",
        SettingsFrom.ANY,
        ("report",),
        in_several_processes=False,
        uses_devices=False,
    ),
}
"""By what `--mode` calls them."""
