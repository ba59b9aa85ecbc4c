"""The wheel works where there is no checkout, and asks for what it imports."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions

import pytest

from tests.launching import FORBID_TENSORFLOW, REPOSITORY, TINY_FLAGS

PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
OF_EXTRAS = {"tensorflow", "tensorflow_datasets", "imageio_ffmpeg"}


def read_requirements(name):
    lines = (line.partition("#")[0].strip() for line in (REPOSITORY / name).read_text().splitlines())
    return [line for line in lines if line and not line.startswith("-r")]


def names(requirements):
    return {re.match(r"[\w.-]+", text)[0].lower().replace("_", "-") for text in requirements}


def test_the_requirements_are_the_package_and_its_extras():
    extras = PROJECT["optional-dependencies"]
    expected = [*PROJECT["dependencies"], *extras["stream"], *extras["onednn"]]
    assert sorted(read_requirements("requirements.txt")) == sorted(expected)


def test_what_is_imported_is_asked_for():
    imported = set()
    for path in (REPOSITORY / "dcgan_jax").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module.partition(".")[0])
    others = imported - sys.stdlib_module_names - {"dcgan_jax", "configs"}
    distributions = packages_distributions()
    asked = names(PROJECT["dependencies"])
    assert {name for name in others - OF_EXTRAS if not names(distributions.get(name, [name])) & asked} == set()
    assert others >= OF_EXTRAS


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    out = tmp_path_factory.mktemp("wheel")
    source = out / "source"  # building leaves folders behind
    for name in ("dcgan_jax", "configs"):
        shutil.copytree(REPOSITORY / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(REPOSITORY / name, source)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-build-isolation", "--no-deps", "-w", out, source], check=True)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The folder into which the wheel is installed, beside the packages of this environment."""
    target = tmp_path_factory.mktemp("installed") / "site"
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--no-deps", "--no-index", "--target", target, wheel], check=True)
    return target


def run(command, installed, folder, **environment):
    variables = {**os.environ, "PYTHONPATH": str(installed), **environment}
    outcome = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    return outcome.stdout + outcome.stderr


def test_the_wheel_holds_the_package_alone(wheel):
    members = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert {name.partition("/")[0] for name in members} == {"dcgan_jax"}
    assert {
        "dcgan_jax/py.typed",
        "dcgan_jax/configs/cxr.py",
        "dcgan_jax/data/sources/checksums.tsv",
        "dcgan_jax/report/templates/report.html",
    } <= members


def test_the_command_trains_in_an_empty_folder_without_tensorflow_or_a_home(installed, tmp_path):
    """Prepared records, order, steps, checkpoints, figures: none imports TensorFlow or writes outside the cache."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(FORBID_TENSORFLOW)
    (tmp_path / "work").mkdir()
    flags = ["--config=cxr:smoke", *TINY_FLAGS[1:], "--config.data.placement=device"]
    path = f"{installed}{os.pathsep}{tmp_path / 'site'}"
    run([installed / "bin" / "dcgan-jax", *flags], installed, tmp_path / "work", PYTHONPATH=path, HOME="/dev/null/home")
    assert json.loads((tmp_path / "work" / "runs" / "cxr_smoke" / "summary.json").read_text())["step"] == 6
    assert {entry.name for entry in (tmp_path / "work").iterdir()} == {"runs"}


def test_a_configuration_of_ones_own_builds_on_those_in_the_package(installed, tmp_path):
    (tmp_path / "mine.py").write_text(
        "from configs import ablation\n\ndef get_config():\n    config = ablation.get_config('joint')\n"
        "    config.data.source, config.data.phantom_count, config.data.image_size = 'phantom', 16, 64\n"
        "    return config\n"
    )
    said = run([installed / "bin" / "dcgan-jax", "--config=mine.py", "--mode=prepare"], installed, tmp_path)
    assert "prepared images" in said


def test_the_score_command_answers_in_an_empty_folder(installed, tmp_path):
    assert "REAL" in run([sys.executable, "-m", "dcgan_jax.evaluation", "--help"], installed, tmp_path).upper()
