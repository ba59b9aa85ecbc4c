"""A configuration is found by its name or its file."""

from pathlib import Path

import pytest

from dcgan_jax.cli import configurations
from dcgan_jax.cli.flags import _with_found_configuration
from tests.launching import REPOSITORY
from tests.refusals import refused

FORMS = [
    (["--config", "cxr"], ["--config", "{}"]),
    (["--config=cxr"], ["--config={}"]),
    (["-config=cxr"], ["--config={}"]),
]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("cxr", f"{REPOSITORY}/configs/cxr.py"),
        ("cxr:smoke", f"{REPOSITORY}/configs/cxr.py:smoke"),
        ("configs/cxr.py:smoke", "configs/cxr.py:smoke"),
        ("mine.py", "mine.py"),
        ("folder/mine", "folder/mine"),
    ],
)
def test_names_and_paths(given, found, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for path in ("configs/cxr.py", "mine.py", "folder/mine"):
        Path(path).parent.mkdir(exist_ok=True)
        Path(path).touch()
    assert configurations.find(given) == found


@pytest.mark.parametrize("given", ["crx", "crx:smoke", "nowhere/cxr.py", "cxr.py", "/cxr:smoke"])
def test_what_is_not_there_gets_the_names_that_there_are(given, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with refused("cxr", "cxr_best", field="--config", value=given):
        configurations.find(given)


@pytest.mark.parametrize(("given", "read"), FORMS)
def test_it_is_found_however_the_flag_is_written(given, read):
    path = configurations.find("cxr")
    arguments = ["x", *(argument.format(path) for argument in read), "--mode=train"]
    assert _with_found_configuration(["x", *given, "--mode=train"]) == (arguments, path)


def test_without_one_the_default_names_the_fields():
    arguments = ["x", f"--config={configurations.DEFAULT}", "--mode=train"]
    assert _with_found_configuration(["x", "--mode=train"]) == (arguments, None)
