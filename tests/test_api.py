"""The package from Python: a finished run, opened."""

import doctest
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import dcgan_jax
from dcgan_jax.runs import run as run_module
from tests.launching import FORBID_TENSORFLOW, REPOSITORY, launch
from tests.refusals import refused


@pytest.fixture(scope="module")
def run(finished_run):
    return dcgan_jax.open_run(finished_run)


def test_samples_are_the_images_that_generate_writes(run, finished_run, tmp_path):
    flags = ("--config.generate.count=5", "--config.generate.seed=7", f"--config.generate.out={tmp_path / 'out'}")
    outcome = launch("--mode=generate", f"--workdir={finished_run}", *flags, log=tmp_path / "log")
    assert outcome.code == 0, outcome.output
    written = [np.asarray(Image.open(tmp_path / f"out/NORMAL/0000{index}.png")) for index in range(5)]
    images = run.sample(5, seed=7, label="NORMAL")
    assert images.dtype == np.uint8
    np.testing.assert_array_equal(images, written)
    np.testing.assert_array_equal(images[:3], run.sample(3, seed=7))  # the only class need not be named


def test_a_class_that_the_run_does_not_have_is_answered_with_those_it_has(run):
    with refused("NORMAL", field="label", value="COVID"):
        run.sample(1, label="COVID")


def test_sampling_needs_neither_tensorflow_nor_the_training_images(finished_run, tmp_path):
    code = f"import dcgan_jax; print(dcgan_jax.open_run({str(finished_run)!r}).sample(2).shape)"
    process = subprocess.run(
        [sys.executable, "-c", FORBID_TENSORFLOW + code],
        cwd=REPOSITORY,
        env=os.environ | {"DCGAN_JAX_CACHE": str(tmp_path / "no prepared images")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.stdout == "(2, 64, 64)\n", process.stderr
    assert not (tmp_path / "no prepared images" / "prepared").exists()


def test_importing_the_package_imports_nothing_else():
    code = "import sys, dcgan_jax; print(dcgan_jax.__version__, {'jax', 'numpy', 'pydantic'} & set(sys.modules))"
    process = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert process.stdout.split(maxsplit=1) == [dcgan_jax.__version__, "set()\n"]


def test_public_names_are_there():
    assert set(dcgan_jax.__all__) <= set(dir(dcgan_jax))
    assert all(getattr(dcgan_jax, name) for name in dcgan_jax.__all__)
    with pytest.raises(AttributeError, match="no attribute 'open_ruin'"):
        dcgan_jax.open_ruin  # noqa: B018


def test_the_examples_in_the_documentation_hold(finished_run, tmp_path, monkeypatch):
    shutil.copytree(finished_run, tmp_path / "runs" / "cxr")
    monkeypatch.chdir(tmp_path)
    outcome = doctest.testmod(run_module)
    assert outcome.attempted > 0
    assert outcome.failed == 0
