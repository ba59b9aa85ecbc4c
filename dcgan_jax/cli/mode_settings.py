"""The settings of a mode: of a configuration or of a run, with overrides, and the same in all processes."""

import json
from pathlib import Path
from typing import Any

from ml_collections import config_flags

from dcgan_jax.cli.flags import CONFIG, FLAGS, WORKDIR
from dcgan_jax.cli.modes import Mode, SettingsFrom
from dcgan_jax.errors import FieldError, UserError
from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.runtime import processes
from dcgan_jax.settings import Settings


def agree_on_settings(name: str, mode: Mode, workdir: Workdir) -> Settings:
    """Returns the settings, which the first process reads for all: only it needs to reach the workdir.

    Raises UserError if they cannot be read, or processes were given different ones.
    """
    asked: dict[str, Any] = json.loads(json.dumps({"mode": name, **_overrides()}))  # as it travels: tuples are lists
    if asked != processes.from_first(asked):
        raise UserError(f"Process {processes.position()} was given another command: give all processes the same flags.")
    settings = read_settings(mode, workdir) if processes.is_first() or not mode.needs_run else None
    values = processes.from_first(settings and settings.values())
    if settings and processes.is_first():
        return settings
    first = Settings.validated(values, mode.sections)
    if settings and (differences := first.differences(settings)):
        raise UserError(
            f"Process {processes.position()} has other settings than the first ({', '.join(differences)}): give all "
            "processes the same configuration."
        )
    return first


def read_settings(mode: Mode, workdir: Workdir) -> Settings:
    """Returns the settings: of the configuration file, or of the run that a mode takes up, with overrides.

    Raises UserError if there is no configuration or no run, or a field that the mode uses cannot be so.
    """
    has_config = not FLAGS["config"].using_default_value
    may_take_run = mode.settings_from in (SettingsFrom.EITHER, SettingsFrom.ANY)
    if mode.needs_run or (may_take_run and not has_config and workdir.config.is_file()):
        return workdir.settings(_overrides(), mode.sections)
    if not has_config and mode.settings_from is SettingsFrom.ANY:
        return Settings().with_overrides(_overrides())
    if not has_config:
        raise FieldError("--config", None, "is missing: give a configuration, for example --config=quickstart.")
    return Settings.from_config(CONFIG.value, mode.sections)


def workdir_root() -> Path:
    """Returns the folder of the run, absolute; raises UserError if it is in no file system."""
    if "://" in (WORKDIR.value or ""):
        raise FieldError(
            "--workdir",
            WORKDIR.value,
            "is no folder of a file system: mount it, and keep only the checkpoints there with config.checkpoint.dir.",
        )
    if WORKDIR.value:
        return Path(WORKDIR.value).expanduser().resolve()
    name = Path(config_flags.get_config_filename(FLAGS["config"])).name.replace(".py", "").replace(":", "_")
    return Path("runs", name).resolve()


def _overrides() -> dict[str, Any]:
    return dict(config_flags.get_override_values(FLAGS["config"]))
