"""However often and however hard a run is stopped, it ends bit for bit where an uninterrupted one does (on one CPU)."""

import json
import random
import signal
import time

import pytest

from dcgan_jax.errors import EXIT_INTERRUPTED
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


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory, cache):
    return run_to_the_end(tmp_path_factory.mktemp("whole") / "run")


def test_five_kills_at_random_moments_change_nothing(tmp_path, uninterrupted):
    """A checkpoint every step, so that many of the moments lie in a save."""
    moments = sorted(random.Random(0).sample(range(1, STEPS - 1), 5))
    for moment in moments:
        code, log = stop_at(tmp_path / "run", moment, signal.SIGKILL, "--config.checkpoint.every_steps=1")
        assert code == -signal.SIGKILL, log
        assert steps_done(tmp_path / "run") < STEPS
    assert run_to_the_end(tmp_path / "run", "--config.checkpoint.every_steps=1") == uninterrupted


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
