import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dcgan_jax.models.onednn import library

BUILD = "from dcgan_jax.models.onednn.library import load_handler; load_handler()"


@pytest.fixture(autouse=True)
def forgotten():
    """What was found out before is found out again, in each test and after it."""
    for function in (library._find_obstacle, library._announce):
        function.cache_clear()
    yield
    for function in (library._find_obstacle, library._announce):
        function.cache_clear()


def test_without_the_package_xla_computes_and_one_line_says_why(monkeypatch, caplog):
    monkeypatch.setattr(library, "PACKAGES", ("no-such-package",))
    caplog.set_level("INFO")
    assert [library.choose_form(requested) for requested in ("auto", "onednn", "auto")] == ["xla"] * 3
    (message,) = caplog.messages
    assert "XLA" in message
    assert "no-such-package is not installed" in message


@pytest.mark.usefixtures("onednn")
def test_without_a_compiler_xla_computes_and_one_line_says_why(monkeypatch, caplog, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    caplog.set_level("INFO")
    assert library.choose_form("auto") == "xla"
    (message,) = caplog.messages
    assert "C++ compiler" in message


@pytest.mark.usefixtures("onednn")
def test_a_compiler_that_fails_leaves_nothing_behind(monkeypatch, tmp_path):
    monkeypatch.setenv("DCGAN_JAX_CACHE", str(tmp_path))
    monkeypatch.setenv("CXX", shutil.which("false"))
    assert library.choose_form("auto") == "xla"
    assert list(tmp_path.rglob("*.so")) == []


def test_xla_is_what_it_is_asked_for(monkeypatch):
    monkeypatch.setattr(library, "_find_obstacle", lambda: pytest.fail("oneDNN was looked for"))
    assert library.choose_form("xla") == "xla"


@pytest.mark.usefixtures("onednn")
def test_several_processes_compile_at_the_same_time(tmp_path):
    environment = {**os.environ, "DCGAN_JAX_CACHE": str(tmp_path)}
    repository = Path(__file__).parents[3]
    command = [sys.executable, "-c", BUILD]
    both = [subprocess.Popen(command, env=environment, cwd=repository) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    assert len(list((tmp_path / "onednn").iterdir())) == 1  # and no unfinished file


@pytest.mark.usefixtures("onednn")
def test_its_threads_do_not_spin(monkeypatch):
    """They would take the cores from XLA's threads: the policy stands before the library reads it."""
    monkeypatch.delenv("OMP_WAIT_POLICY")
    policies = []

    def load(path):
        policies.append(os.environ.get("OMP_WAIT_POLICY"))
        raise OSError("not loaded")

    monkeypatch.setattr(library.ctypes, "CDLL", load)
    with pytest.raises(library.UnavailableError):
        library.load_handler()
    assert policies == ["passive"]
