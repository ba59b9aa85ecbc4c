"""Finds oneDNN among the installed packages, compiles our handler for it at first use, and gives it to XLA."""

import ctypes
import hashlib
import importlib.metadata
import logging
import os
import platform
import shutil
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Literal

import jax

from dcgan_jax.models.convolutions import TARGET, Form
from dcgan_jax.runtime import processes
from dcgan_jax.storage.cache import cache_dir

PACKAGES = ("onednn-cpu-gomp", "onednn-devel-cpu-gomp")
SOURCE = Path(__file__).with_name("products.cc")
Requested = Literal["auto", "onednn", "xla"]

logger = logging.getLogger(__name__)


class UnavailableError(Exception):
    """OneDNN cannot be used here; the message says why."""


def choose_form(requested: Requested) -> Form:
    """Returns what computes the convolutions, and says so once; compiles the handler where it is not yet.

    Args:
      requested: `auto` and `onednn` are oneDNN where all processes have it and run on CPUs; all must ask the same.
    """
    if requested == "xla" or jax.default_backend() != "cpu":
        _announce("convolutions by XLA")
        return "xla"
    obstacle = _find_obstacle()
    _announce(f"convolutions by XLA, since oneDNN cannot be used: {obstacle}" if obstacle else "convolutions by oneDNN")
    return "xla" if obstacle else "onednn"


@lru_cache
def _announce(message: str) -> None:
    logger.info(message)


@lru_cache
def _find_obstacle() -> str:
    """Returns why not all processes can use oneDNN; empty where they can."""
    try:
        load_handler()
        reason = ""
    except UnavailableError as error:
        reason = str(error)
    return next(filter(None, processes.gather(reason)), "")


def load_handler() -> None:
    """Registers oneDNN's products with XLA, compiled now unless they are in the cache.

    Raises:
      UnavailableError: there is no such package, no compiler, or what they make does not load.
    """
    try:
        # OneDNN has threads of its own; without this they would spin where XLA's want to compute.
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
        built = ctypes.CDLL(str(_build(_find_file("libdnnl.so.3"), _find_file("dnnl.hpp").parent)))
    except OSError as error:
        raise UnavailableError(" ".join(str(error).split())) from None
    jax.ffi.register_ffi_target(TARGET, jax.ffi.pycapsule(built.Convolution), platform="cpu")


def _find_file(name: str) -> Path:
    """Returns where the packages put a file."""
    try:
        files = [file for package in PACKAGES for file in importlib.metadata.files(package) or []]
    except importlib.metadata.PackageNotFoundError as error:
        raise UnavailableError(f"{error.name} is not installed; pip install {' '.join(PACKAGES)}") from None
    for path in (Path(str(file.locate())).resolve() for file in files if file.name == name):
        if path.is_file():
            return path
    raise UnavailableError(f"{name} is missing from the packages {', '.join(PACKAGES)}; install them again")


def _build(library: Path, headers: Path) -> Path:
    """Returns the compiled handler, from the cache where the same have been compiled before.

    Several processes may compile at the same time: each writes a file of its own, which then takes the name.
    """
    compiler = os.environ.get("CXX") or shutil.which("g++") or shutil.which("clang++")
    if not compiler:
        raise UnavailableError("there is no C++ compiler; install g++")
    command = [compiler, "-std=c++17", "-O2", "-shared", "-fPIC", f"-I{jax.ffi.include_dir()}", f"-I{headers}"]
    command += [str(SOURCE), str(library), f"-Wl,-rpath,{library.parent}"]
    version = subprocess.run([compiler, "--version"], capture_output=True, check=False).stdout
    facts = [*command, jax.__version__, platform.machine(), str(library.stat().st_mtime_ns)]
    depends_on = b" ".join([SOURCE.read_bytes(), version, *map(str.encode, facts)])
    built = cache_dir("onednn") / f"{hashlib.sha256(depends_on).hexdigest()[:32]}.so"
    if not built.is_file():
        built.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=built.parent) as folder:
            own = Path(folder, built.name)
            outcome = subprocess.run([*command, "-o", str(own)], capture_output=True, text=True, check=False)
            if outcome.returncode:
                raise UnavailableError(f"{compiler} failed: {' '.join(outcome.stderr.split())[:200]}")
            own.replace(built)
    return built
