"""The modes: what each does, where its settings come from, and which sections of them it uses."""

from collections.abc import Callable
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
      run: does it; imports what it needs when it is called, for JAX must be set up before.
      settings_from: where its settings come from.
      sections: of the settings that it uses; what is wrong in others does not stop it.
      in_several_processes: whether the processes of one job may share its work.
      is_reported: whether the page about the workdir is written again at its end.
      uses_devices: whether it computes; a mode that only reads leaves them to the run that is training on them.
    """

    purpose: str
    run: Callable[[Settings, Workdir], object]
    settings_from: SettingsFrom
    sections: tuple[str, ...]
    in_several_processes: bool = True
    is_reported: bool = False
    uses_devices: bool = True

    @property
    def needs_run(self) -> bool:
        """Whether only the process that reaches the workdir can say what the settings are."""
        return self.settings_from is SettingsFrom.RUN


def _train(settings: Settings, workdir: Workdir) -> None:
    from dcgan_jax.runs.train import train

    train(settings, workdir)


def _prepare(settings: Settings, workdir: Workdir) -> None:
    from dcgan_jax.runs.prepare import prepare

    prepare(settings, workdir)


def _generate(settings: Settings, workdir: Workdir) -> None:
    from dcgan_jax.runs.generate import generate

    generate(settings, workdir)


def _evaluate(settings: Settings, workdir: Workdir) -> None:
    from dcgan_jax.runs.evaluate import evaluate

    evaluate(settings, workdir)


def _balance(settings: Settings, workdir: Workdir) -> None:
    from dcgan_jax.balance.run import balance

    balance(settings, workdir)


def _trial(settings: Settings, workdir: Workdir) -> None:
    from dcgan_jax.trial.run import trial

    trial(settings, workdir)


def _study(settings: Settings, workdir: Workdir) -> None:
    from dcgan_jax.study.run import study

    study(settings, workdir)


def _export(settings: Settings, workdir: Workdir) -> None:
    from dcgan_jax.sharing.export import export

    export(settings, workdir)


def _report(settings: Settings, workdir: Workdir) -> None:
    from dcgan_jax.report.write import report

    report(settings, workdir)


MODES = {
    "train": Mode(
        "train a generator and score it", _train, SettingsFrom.CONFIG, (*RUN_SECTIONS, "report"), is_reported=True
    ),
    "prepare": Mode("prepare the images alone", _prepare, SettingsFrom.CONFIG, ("data",)),
    "generate": Mode("write generated images", _generate, SettingsFrom.RUN, (*RUN_SECTIONS, "generate", "export")),
    "export": Mode(
        "write a generator to pass on",
        _export,
        SettingsFrom.RUN,
        (*RUN_SECTIONS, "export"),
        False,
    ),
    "evaluate": Mode(
        "score a checkpoint in full", _evaluate, SettingsFrom.RUN, (*RUN_SECTIONS, "report"), is_reported=True
    ),
    "balance": Mode(
        "write a data set with its small classes filled up",
        _balance,
        SettingsFrom.EITHER,
        ("data", "runtime", "balance", "export"),
        False,
    ),
    "trial": Mode(
        "try whether generated images help a classifier",
        _trial,
        SettingsFrom.EITHER,
        ("data", "model", "runtime", "generate", "trial", "report"),
        in_several_processes=False,
        is_reported=True,
    ),
    "study": Mode(
        "ask readers which images are real, in a browser",
        _study,
        SettingsFrom.EITHER,
        ("data", "runtime", "generate", "study", "report"),
        in_several_processes=False,
        is_reported=True,
    ),
    "report": Mode(
        "write report.html, at any time",
        _report,
        SettingsFrom.ANY,
        ("report",),
        in_several_processes=False,
        uses_devices=False,
    ),
}
"""By what `--mode` calls them."""
