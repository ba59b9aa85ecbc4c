"""Where configurations are: configs/ of a checkout, or the copy in an installed package, and any file of the user's."""

import importlib
import sys
from pathlib import Path

import dcgan_jax
from dcgan_jax.errors import FieldError

_INSTALLED = Path(dcgan_jax.__file__).resolve().parent / "configs"
FOLDER = _INSTALLED if _INSTALLED.is_dir() else _INSTALLED.parents[1] / "configs"
DEFAULT = str(FOLDER / "default.py")


def list_names() -> list[str]:
    """Returns the names by which `--config` knows configurations."""
    return sorted(path.stem for path in FOLDER.glob("*.py") if path.stem not in ("__init__", "default"))


def find(given: str) -> str:
    """Returns the path of a configuration, with its variant after a colon.

    Args:
      given: a path, or the name of a configuration: `cxr`, `cxr:smoke`.

    Raises:
      UserError: there is no such file, or none of this name.
    """
    name, colon, variant = given.partition(":")
    if Path(name).is_file():
        return given
    is_path = "/" in name or name.endswith(".py")
    path = FOLDER / f"{name}.py"
    if is_path or not path.is_file():
        fault = "is no file" if is_path else "is not known"
        raise FieldError("--config", given, f"{fault}: give a file that is there, or one of {', '.join(list_names())}.")
    return f"{path}{colon}{variant}"


def make_importable() -> None:
    """Lets configurations import each other as `configs.cxr`, in a checkout and where the package is installed."""
    if FOLDER == _INSTALLED:
        sys.modules.setdefault("configs", importlib.import_module("dcgan_jax.configs"))
