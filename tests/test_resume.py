"""However often and however hard a run is stopped, it ends bit for bit where an uninterrupted one does (on one CPU)."""

import json
import shutil
import signal

import numpy as np
import pytest

from dcgan_jax.errors import EXIT_INTERRUPTED
from tests.interruptions import STEPS, Run, interrupt
from tests.outcomes import assert_same_state, final_state, losses

EVERY_STEP = ("--config.checkpoint.every_steps=1",)


@pytest.fixture(scope="module")
def digest(uninterrupted):
    return json.loads((uninterrupted / "summary.json").read_text())["state_sha256"]


def test_three_kills_at_random_moments_change_nothing(tmp_path, digest):
    """A checkpoint every step, so that many lie in a save."""
    run = Run(tmp_path / "run", STEPS, flags=EVERY_STEP)
    interrupt(run, signal.SIGKILL, 3, seed=0)
    assert run.finish() == digest


def test_a_signal_saves_says_so_and_the_same_command_continues(tmp_path, digest):
    """One signal before the first step, when there is nothing to save, and two later on."""
    run = Run(tmp_path / "run", STEPS)
    for number, step in ((signal.SIGTERM, None), (signal.SIGTERM, 7), (signal.SIGINT, 20)):
        codes, _ = run.stop(number, victim=0, step=step)
        log = (tmp_path / "run.log").read_text()
        assert codes == [EXIT_INTERRUPTED], log
        assert "run the same command again to continue." in log
        if step:
            assert f"Saved and stopped at step {run.steps_done()}:" in log
            assert (tmp_path / "run" / "checkpoints" / str(run.steps_done())).exists()
    assert run.finish() == digest


@pytest.mark.usefixtures("onednn")
def test_a_run_by_onednn_continues_to_the_same_bits_and_by_xla_with_a_word(tmp_path, uninterrupted):
    flags = ("--config.runtime.convolutions=onednn",)
    straight = Run(tmp_path / "straight", STEPS, flags=flags)
    expected = straight.finish()
    assert json.loads((straight.workdir / "summary.json").read_text())["convolutions"] == "onednn"
    stopped = Run(tmp_path / "stopped", STEPS, flags=flags)
    stopped.stop(signal.SIGTERM, victim=0, step=7)
    shutil.copytree(stopped.workdir, tmp_path / "other")
    assert stopped.finish() == expected
    other = Run(tmp_path / "other", STEPS)
    other.finish()
    assert (
        "continuing with config.runtime.convolutions='xla' instead of 'onednn'" in (tmp_path / "other.log").read_text()
    )
    for workdir in (straight.workdir, other.workdir):
        np.testing.assert_allclose(losses(workdir), losses(uninterrupted), rtol=1e-5)


def test_four_devices_then_one_then_four_continue_the_same_run(tmp_path, uninterrupted):
    """The same sequence, to rounding: sums over devices are taken in another order."""
    run = Run(tmp_path / "run", STEPS)
    for step, devices in ((7, 4), (20, 1)):
        codes, _ = Run(tmp_path / "run", STEPS, devices=devices).stop(signal.SIGTERM, victim=0, step=step)
        assert codes == [EXIT_INTERRUPTED], (tmp_path / "run.log").read_text()
    Run(tmp_path / "run", STEPS, flags=("--config.checkpoint.every_steps=3",), devices=4).finish()
    assert "continuing with config.checkpoint.every_steps=3 instead of 10" in (tmp_path / "run.log").read_text()
    assert run.steps_done() == STEPS
    np.testing.assert_allclose(losses(tmp_path / "run"), losses(uninterrupted), rtol=1e-5)
    assert_same_state(final_state(tmp_path / "run"), final_state(uninterrupted))
