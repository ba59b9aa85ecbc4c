"""Small folders of X-rays, and settings to prepare them with."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from configs import default
from dcgan_jax.data.phantom import draw_phantom
from dcgan_jax.settings import DataSettings
from dcgan_jax.storage.cache import CACHE_VARIABLE
from tests.launching import FORBID_TENSORFLOW, REPOSITORY

SETTINGS = """
from configs import default
from dcgan_jax.data.prepare import prepare
from dcgan_jax.settings import DataSettings

def settings(**overrides):
    return DataSettings(**{**default.get_config().data.to_dict(), "image_size": 64, **overrides})
"""


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache that is empty at the start of the test; the folder of prepared sets in it."""
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache" / "prepared"


@pytest.fixture
def settings() -> Callable[..., DataSettings]:
    """Makes data settings from the defaults and overrides."""
    return lambda **overrides: DataSettings(**{**default.get_config().data.to_dict(), "image_size": 64, **overrides})


@pytest.fixture
def write_xrays() -> Callable[..., Path]:
    """Writes phantoms as PNG files, one for each of the given paths below a folder."""

    def write(folder: Path, *files: str) -> Path:
        for index, file in enumerate(files):
            path = folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(draw_phantom(64, 0, index, "NORMAL")[:, : 40 + index]).save(path)
        return folder

    return write


@pytest.fixture
def gray_file() -> Callable[[Path, np.ndarray], Path]:
    """Writes an array as an image file."""

    def write(path: Path, pixels: np.ndarray) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)
        return path

    return write


@pytest.fixture
def run_python(own_cache: Path) -> Callable[..., subprocess.Popen]:
    """Starts a Python of its own on some code, which finds `prepare` and `settings`."""

    def start(code: str, before: str = "") -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "-c", before + SETTINGS + code],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


@pytest.fixture
def forbid_tensorflow() -> str:
    """Code that makes importing TensorFlow fail."""
    return FORBID_TENSORFLOW
