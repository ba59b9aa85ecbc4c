"""A configuration is found by its name or its file."""

import pytest

from dcgan_jax.cli import configurations
from dcgan_jax.cli.flags import _with_found_configuration
from dcgan_jax.errors import UserError
from tests.launching import REPOSITORY

FORMS = [(["--config", "cxr"], ["--config", "{}"]), (["--config=cxr"], ["--config={}"])]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("cxr", f"{REPOSITORY}/configs/cxr.py"),
        ("cxr:smoke", f"{REPOSITORY}/configs/cxr.py:smoke"),
        ("configs/cxr.py:smoke", "configs/cxr.py:smoke"),
        ("mine.py", "mine.py"),
        ("/elsewhere/mine", "/elsewhere/mine"),
    ],
)
def test_names_and_paths(given, found):
    assert configurations.find(given) == found


def test_an_unknown_name_gets_those_that_there_are():
    with pytest.raises(UserError, match=r"^--config=crx is not known: give a file, or one of .*cxr, cxr_best, .*\.$"):
        configurations.find("crx")


@pytest.mark.parametrize(("given", "read"), FORMS)
def test_it_is_found_however_the_flag_is_written(given, read):
    path = configurations.find("cxr")
    found = _with_found_configuration(["x", *given, "--mode=train"])
    assert found == ["x", *(argument.format(path) for argument in read), "--mode=train"]


def test_without_one_the_default_names_the_fields():
    assert _with_found_configuration(["x", "--mode=train"])[1:] == [
        f"--config={configurations.DEFAULT}",
        "--mode=train",
    ]
