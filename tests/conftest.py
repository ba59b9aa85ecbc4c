"""Shared by all tests: four CPU devices, caches of their own, and tiny settings."""

import os
import shutil

os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["JAX_NUM_CPU_DEVICES"] = "4"
# Tests compile far more than they compute: without LLVM's optimizations a tiny run takes less than half of the time.
os.environ["XLA_FLAGS"] = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"

import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import jax
import numpy as np
import pytest
from filelock import FileLock

from configs import cxr
from dcgan_jax.inception.weights import expected_shapes
from dcgan_jax.models.convolutions import Form
from dcgan_jax.models.onednn.library import UnavailableError, load_handler
from dcgan_jax.settings import Settings
from dcgan_jax.storage.cache import CACHE_VARIABLE
from dcgan_jax.trial.splits import TrialSplit, split_for_trial
from tests.inception.inception_reference import create_state
from tests.inception.torch_writer import write_old
from tests.interruptions import STEPS, Run
from tests.launching import TINY, TINY_FLAGS, end_what_still_runs, launch
from tests.notebooks import run_tour
from tests.refusals import assert_refused
from tests.trial.examples import TWENTY_AND_THIRTY

# How long an example takes says more of the machine than of the code.
hypothesis.settings.register_profile("any machine", deadline=None)
hypothesis.settings.load_profile("any machine")


def pytest_collection_modifyitems(items):
    """Puts tests of whole commands first: they take longest, and at the end would leave a process without work."""
    items.sort(key=lambda item: item.path.parent != Path(__file__).parent)


def pytest_collection_finish():
    """Spares the garbage collector what all tests keep."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def nothing_left_running() -> Iterator[None]:
    """Ends the commands that a test leaves behind where it fails."""
    yield
    end_what_still_runs()


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of these tests have in common; take a lock in it before you make something."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "shared"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session", autouse=True)
def cache(shared: Path) -> Path:
    """One cache for all tests, away from the user's; compiled programs are kept in it too."""
    root = Path(os.environ.get(CACHE_VARIABLE) or shared / "cache")
    os.environ[CACHE_VARIABLE] = str(root)
    os.environ["JAX_COMPILATION_CACHE_DIR"] = str(root / "compiled")
    jax.config.update("jax_compilation_cache_dir", str(root / "compiled"))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    return root


@pytest.fixture(scope="session")
def onednn(cache: Path) -> None:
    """Loads oneDNN's convolutions; skips where they cannot be built."""
    try:
        load_handler()
    except UnavailableError as error:
        pytest.skip(f"oneDNN cannot be used: {error}")


@pytest.fixture(scope="session", params=["xla", "onednn"])
def form(request: pytest.FixtureRequest) -> Form:
    """Each form that computes convolutions here."""
    if request.param == "onednn":
        request.getfixturevalue("onednn")
    return request.param


@pytest.fixture(scope="session")
def tiny_settings() -> Settings:
    """Settings of a tiny run on phantoms."""
    return Settings.from_config(cxr.get_config("smoke")).with_overrides(TINY)


@pytest.fixture(scope="session")
def halved_settings(tiny_settings: Settings) -> Settings:
    """Settings of a trial on all and on half of the training patients."""
    return tiny_settings.with_overrides({"trial.fractions": (1.0, 0.5)})


@pytest.fixture(scope="session")
def halved_split(halved_settings: Settings) -> TrialSplit:
    """The split of that trial, of images without pixels."""
    return split_for_trial(TWENTY_AND_THIRTY, halved_settings)


def make_once(place: Path, make: Callable[[Path], object]) -> Path:
    """Makes a file or folder unless another process of these tests has; returns its place."""
    with FileLock(f"{place}.lock"):
        if not place.exists():
            making = place.with_name(f"{place.name}.part")
            if making.is_dir():  # what another process failed to make is no beginning
                shutil.rmtree(making)
            making.unlink(missing_ok=True)
            make(making)
            making.rename(place)
    return place


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory: pytest.TempPathFactory, shared: Path, cache: Path) -> Path:
    """The workdir of a finished tiny run; copy it before you damage it."""

    def make(workdir: Path) -> None:
        outcome = launch(*TINY_FLAGS, f"--workdir={workdir}", log=shared / "finished.log")
        assert outcome.code == 0, outcome.output

    made = make_once(shared / "finished", make)
    return Path(shutil.copytree(made, tmp_path_factory.mktemp("finished") / "workdir"))


@pytest.fixture(scope="session")
def uninterrupted(shared: Path, cache: Path) -> Path:
    """The workdir of a run of `STEPS` on one device that nobody stopped; all tests read the same."""
    return make_once(shared / "uninterrupted", lambda workdir: Run(workdir, STEPS).finish())


@pytest.fixture(scope="session")
def tour(shared: Path, cache: Path) -> Path:
    """A folder in which the notebook has run: what it said, and its run."""
    return make_once(shared / "tour", run_tour)


@pytest.fixture(scope="session")
def weights_file(shared: Path) -> Path:
    """Random Inception weights in pytorch-fid's format, without a classifier."""

    def make(path: Path) -> None:
        state = create_state(expected_shapes())
        state["fc.weight"] = np.zeros_like(state["fc.weight"])
        write_old(path, state)

    return make_once(shared / "random.pth", make)


@pytest.fixture
def command_refused(tmp_path: Path) -> Callable[..., None]:
    """Runs a command that must be refused; takes its flags, and what `assert_refused` takes."""

    def check(*flags: str, named: tuple[object, ...] = (), **at_fault: Any) -> None:
        if not any(flag.startswith("--workdir") for flag in flags):
            flags = (*flags, f"--workdir={tmp_path / 'new'}")
        assert_refused(launch(*flags, log=tmp_path / "log"), *named, **at_fault)

    return check
