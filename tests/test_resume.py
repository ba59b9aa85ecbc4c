"""However often and however hard a run is stopped, it ends bit for bit where an uninterrupted one does (on one CPU)."""

import json
import random
import signal
import time

import numpy as np
import pytest

from dcgan_jax.errors import EXIT_INTERRUPTED
from dcgan_jax.training.step import METRICS
from tests.launching import TINY_FLAGS, start

STEPS = 40
FLAGS = (*TINY_FLAGS, f"--config.train.steps={STEPS}", "--config.train.sample_every_steps=0")


def steps_done(workdir):
    metrics = workdir / "metrics.jsonl"
    return metrics.read_text().count("\n") if metrics.exists() else 0


def run_to_the_end(workdir, *flags):
    log = workdir.parent / f"{workdir.name}.log"
    assert start(*FLAGS, *flags, f"--workdir={workdir}", log=log).wait() == 0, log.read_text()
    return json.loads((workdir / "summary.json").read_text())["state_sha256"]


def stop_at(workdir, step, number, *flags):
    """Starts the run and sends it a signal as soon as it has gone past a step; returns its exit code and log."""
    log = workdir.parent / f"{workdir.name}.log"
    process = start(*FLAGS, *flags, f"--workdir={workdir}", log=log)
    while steps_done(workdir) < step and process.poll() is None:
        time.sleep(0.001)
    process.send_signal(number)
    return process.wait(), log.read_text()


def losses(workdir):
    rows = [json.loads(line) for line in (workdir / "metrics.jsonl").read_text().splitlines()]
    return [[row[name] for name in METRICS[:3]] for row in rows]


@pytest.fixture(scope="module")
def whole(tmp_path_factory, cache):
    """The workdir of a run that was never interrupted."""
    workdir = tmp_path_factory.mktemp("whole") / "run"
    run_to_the_end(workdir)
    return workdir


@pytest.fixture(scope="module")
def uninterrupted(whole):
    return json.loads((whole / "summary.json").read_text())["state_sha256"]


def test_five_kills_at_random_moments_change_nothing(tmp_path, uninterrupted):
    """A checkpoint every step, so that many lie in a save; two lie in the start: imports, restoring, compiling."""
    every_step = "--config.checkpoint.every_steps=1"
    moments = random.Random(0)
    for step in sorted(moments.sample(range(1, STEPS - 1), 3)):
        code, log = stop_at(tmp_path / "run", step, signal.SIGKILL, every_step)
        assert code == -signal.SIGKILL, log
        assert steps_done(tmp_path / "run") < STEPS
    for _ in range(2):
        log = tmp_path / "run.log"
        process = start(*FLAGS, every_step, f"--workdir={tmp_path / 'run'}", log=log)
        time.sleep(moments.uniform(0.5, 5.0))
        process.kill()
        process.wait()
    assert run_to_the_end(tmp_path / "run", every_step) == uninterrupted


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_saves_says_so_and_the_same_command_continues(tmp_path, uninterrupted, number):
    code, log = stop_at(tmp_path / "run", 7, number)
    assert code == EXIT_INTERRUPTED, log
    stopped_at = steps_done(tmp_path / "run")
    assert f"Saved and stopped at step {stopped_at}: run the same command again to continue." in log
    assert (tmp_path / "run" / "checkpoints" / str(stopped_at)).exists()
    assert run_to_the_end(tmp_path / "run") == uninterrupted


def test_streaming_gives_the_run_of_resident_images(tmp_path, uninterrupted):
    assert run_to_the_end(tmp_path / "run", "--config.data.placement=stream") == uninterrupted


def test_sigterm_before_the_first_step_says_that_the_same_command_continues(tmp_path, cache):
    log = tmp_path / "log"
    process = start(*FLAGS, f"--workdir={tmp_path / 'run'}", log=log)
    while not (tmp_path / "run" / ".lock").exists():  # past the imports, before the loop
        time.sleep(0.001)
    process.terminate()
    assert process.wait() == EXIT_INTERRUPTED, log.read_text()
    assert "run the same command again to continue" in log.read_text()


def test_another_number_of_devices_continues_the_same_run(tmp_path, whole):
    """The same sequence, to rounding: sums over devices are taken in another order."""
    code, log = stop_at(tmp_path / "run", 7, signal.SIGTERM)
    assert code == EXIT_INTERRUPTED, log
    log = tmp_path / "again.log"
    flags = (*FLAGS, "--config.checkpoint.every_steps=3", f"--workdir={tmp_path / 'run'}")
    assert start(*flags, log=log, JAX_NUM_CPU_DEVICES="4").wait() == 0, log.read_text()
    assert "continuing with config.checkpoint.every_steps=3 instead of 2" in log.read_text()
    ours, theirs = losses(tmp_path / "run"), losses(whole)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5)
