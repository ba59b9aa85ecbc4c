"""Each mode needs the sections that it uses and no others."""

import json
import pkgutil
import shutil

import pytest

from dcgan_jax.cli.modes import MODES
from dcgan_jax.settings import Settings
from tests.launching import TINY_FLAGS, launch


def test_sections_are_sections():
    assert {section for mode in MODES.values() for section in mode.sections} == Settings.sections().keys()


@pytest.mark.parametrize("mode", MODES.values(), ids=MODES)
def test_what_does_a_mode_is_there(mode):
    assert callable(pkgutil.resolve_name(mode.entry))


def test_the_help_names_every_mode_and_field(tmp_path):
    outcome = launch("--help", log=tmp_path / "log")
    assert outcome.code == 0
    for name in MODES:
        assert f"\n  {name} " in outcome.output
    for name in Settings.field_names():
        assert f"\n  --config.{name}=" in outcome.output


@pytest.mark.parametrize(("mode", "flags"), [("generate", ()), ("train", TINY_FLAGS), ("prepare", TINY_FLAGS)])
def test_what_is_wrong_in_a_section_that_is_not_used_stops_nothing(finished_run, tmp_path, mode, flags):
    run = shutil.copytree(finished_run, tmp_path / "run")
    values = json.loads((run / "config.json").read_text())
    values["trial"]["steps"] = values["balance"]["ratio"] = -1
    (run / "config.json").write_text(json.dumps(values))
    outcome = launch(*flags, f"--workdir={run}", f"--mode={mode}", "--config.trial.steps=-1", log=tmp_path / "log")
    assert outcome.code == (0 if flags else 2), outcome.output  # what is asked for on the command line is looked at
    assert "config.trial.steps=-1 is not possible" in outcome.output
    if not flags:
        outcome = launch(f"--workdir={run}", f"--mode={mode}", log=tmp_path / "log")
        assert outcome.code == 0, outcome.output


@pytest.mark.parametrize(("mode", "field", "value"), [("trial", "trial.steps", -1), ("balance", "balance.ratio", -1.0)])
def test_what_is_wrong_in_a_section_that_is_used_is_refused(command_refused, mode, field, value):
    command_refused(*TINY_FLAGS, f"--mode={mode}", f"--config.{field}={value}", field=f"config.{field}", value=value)
