"""The commands of the other pages name what there is; the README's are run (test_readme.py)."""

import re
import shlex

import pytest

from dcgan_jax.cli import configurations
from dcgan_jax.cli.modes import MODES
from dcgan_jax.settings import Settings
from tests.launching import REPOSITORY

PAGES = sorted((REPOSITORY / "docs").glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_command_names_a_configuration_a_mode_and_fields_that_there_are(page):
    text = page.read_text()
    known = set(Settings.field_names())
    blocks = re.findall(r"```(?:bash|sh)\n(.*?)```", text, re.DOTALL)
    commands = [line for block in blocks for line in block.replace("\\\n", " ").splitlines() if "launch.py" in line]
    for command in commands:
        for flag in shlex.split(command, comments=True):
            name, _, value = flag.partition("=")
            if name.startswith("--config."):
                assert name.removeprefix("--config.") in known, flag
            if name == "--mode":
                assert value in MODES, flag
            if name == "--config":
                configurations.find(value)


def test_there_are_commands_to_look_at():
    assert sum("--config." in page.read_text() for page in PAGES) > 3
