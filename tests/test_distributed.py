"""Two processes on one machine make up one run: the run that one process makes, on as many devices or on one."""

import json
import re
import signal

import numpy as np
import pytest
from filelock import FileLock
from PIL import Image

from tests.interruptions import Run, check_codes
from tests.launching import TINY_FLAGS, Outcome, start, start_together
from tests.outcomes import assert_same_state, final_state, losses
from tests.refusals import assert_refused

STEPS = 30  # of runs that are stopped
STREAMED = ("--config.data.placement=stream",)
# What JAX's runtime prints by itself in every process; Gloo's threads may tear each other's lines apart.
OF_THE_RUNTIME = re.compile("Gloo|peer ranks|waiting for another")


def outcome(processes):
    """Returns exit codes and what was printed, of processes that come to their end."""
    codes = [process.wait(240) for process in processes]
    return codes, [process.log.read_text() for process in processes]


@pytest.fixture(scope="module")
def together(tmp_path_factory, cache):
    """The workdir of a run in two processes, streamed, its checkpoints elsewhere; and what the two printed."""
    workdir = tmp_path_factory.mktemp("together") / "run"
    flags = (*TINY_FLAGS, *STREAMED, f"--config.checkpoint.dir={workdir.parent / 'elsewhere'}")
    codes, logs = outcome(start_together(2, *flags, f"--workdir={workdir}", log=workdir.parent / "log"))
    assert codes == [0, 0], "\n".join(logs)
    return workdir, logs


@pytest.mark.parametrize("devices", [1, 4])
def test_two_processes_make_the_run_that_one_makes(together, finished_run, tmp_path, devices):
    """Losses, weights and moments, to rounding; the one has resident images."""
    alone = finished_run  # with four devices
    if devices == 1:
        alone = tmp_path / "run"
        assert start(*TINY_FLAGS, f"--workdir={alone}", log=tmp_path / "log").wait() == 0
    np.testing.assert_allclose(losses(together[0]), losses(alone), rtol=1e-5)
    assert_same_state(final_state(together[0]), final_state(alone))


def test_only_the_first_process_writes_and_speaks(together):
    workdir, logs = together
    assert "4 device(s), 2 process(es)" in logs[0]
    assert "done after 6 steps" in logs[0]
    assert not [line for line in logs[1].splitlines() if not OF_THE_RUNTIME.search(line)]
    summary = json.loads((workdir / "summary.json").read_text())
    assert (summary["processes"], len(summary["devices"])) == (2, 4)
    assert {path.stem for path in (workdir / "samples").iterdir()} == {
        *(f"step_000000{step}" for step in (0, 3, 6)),
        "latest",
    }
    assert len(list((workdir / "tensorboard").iterdir())) == 1


def test_stopped_by_one_signal_and_one_kill_they_end_as_if_nobody_had(tmp_path, cache):
    """One process gets the signal, both save the same step; one is killed, the other leaves."""
    expected = Run(tmp_path / "whole", STEPS, processes=2).finish()
    run = Run(tmp_path / "run", STEPS, processes=2)
    for number, victim, step in ((signal.SIGTERM, 1, 3), (signal.SIGKILL, 0, 15)):
        codes, _ = run.stop(number, victim, step)
        check_codes(run, codes, number, victim)
    assert run.finish() == expected


def test_two_processes_draw_what_one_draws(together, tmp_path):
    workdir = together[0]
    flags = ("--mode=generate", f"--workdir={workdir}", "--config.generate.count=5")
    codes, logs = outcome(start_together(2, *flags, f"--config.generate.out={tmp_path}/two", log=tmp_path / "log"))
    assert codes == [0, 0], "\n".join(logs)
    assert start(*flags, f"--config.generate.out={tmp_path}/one", log=tmp_path / "log").wait() == 0
    for ours in sorted((tmp_path / "two" / "NORMAL").glob("0*.png")):
        theirs = np.asarray(Image.open(tmp_path / "one" / "NORMAL" / ours.name), np.int16)
        assert np.abs(np.asarray(Image.open(ours)) - theirs).max() <= 1  # of 255
    assert len(list((tmp_path / "two" / "NORMAL").iterdir())) == len(list((tmp_path / "one" / "NORMAL").iterdir())) == 5


def test_what_stops_the_first_process_stops_all_with_its_sentence(together, tmp_path):
    """Here a second job in the workdir of another; only the first process looks at the workdir."""
    workdir = together[0]
    with FileLock(workdir / ".lock"):
        codes, logs = outcome(start_together(2, *TINY_FLAGS, *STREAMED, f"--workdir={workdir}", log=tmp_path / "log"))
    for code, log in zip(codes, logs, strict=True):
        assert_refused(Outcome(code, log), field="--workdir", value=workdir)
