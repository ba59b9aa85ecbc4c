"""Two processes on one machine make up one run: the run that one process makes, on as many devices or on one."""

import json
import re
import signal

import numpy as np
import pytest
from filelock import FileLock
from PIL import Image

from tests.cloud_commands import fill_in, launch_command
from tests.interruptions import RARELY, STEPS, Run, check_codes
from tests.launching import TINY_FLAGS, Outcome, free_address, start, start_together
from tests.outcomes import assert_same_state, final_state, losses
from tests.refusals import assert_refused

STREAMED = ("--config.data.placement=stream",)
# What JAX's runtime prints by itself in every process; Gloo's threads may tear each other's lines apart.
OF_THE_RUNTIME = re.compile("Gloo|peer ranks|waiting for another")


def outcome(processes):
    """Returns exit codes and what was printed, of processes that come to their end."""
    codes = [process.wait(240) for process in processes]
    return codes, [process.log.read_text() for process in processes]


@pytest.fixture(scope="module")
def together(tmp_path_factory, cache):
    """The workdir of a run in two processes, streamed, its checkpoints elsewhere; and what the two printed.

    They are given the words of the jobset in cloud/ as its container's shell sees them, but for the first pod's name.
    """
    folder = tmp_path_factory.mktemp("together")
    tiny = (*TINY_FLAGS, f"--config.train.steps={STEPS}", *RARELY, "--config.train.sample_every_steps=20", *STREAMED)
    address, processes = free_address(), []
    for index in range(2):
        shell = {"WORKDIR": folder / "run", "CHECKPOINTS": folder / "elsewhere", "JOB_COMPLETION_INDEX": index}
        words = fill_in(launch_command("jobset.yaml"), shell)
        assert words[:3] == ["python", "launch.py", "--config=configs/cxr.py"]
        words = [re.sub(r"(?<=^--coordinator_address=).*", address, word) for word in words[3:]]
        processes.append(start(*tiny, *words, log=folder / f"log{index}", devices=2))
    codes, logs = outcome(processes)
    assert codes == [0, 0], "\n".join(logs)
    return folder / "run", logs


def test_two_processes_make_the_run_that_one_makes(together, uninterrupted):
    """Losses, weights and moments, to rounding; the one has one device and resident images."""
    np.testing.assert_allclose(losses(together[0]), losses(uninterrupted), rtol=1e-5)
    assert_same_state(final_state(together[0]), final_state(uninterrupted))


def test_only_the_first_process_writes_and_speaks(together):
    workdir, logs = together
    assert "4 device(s), 2 process(es)" in logs[0]
    assert f"done after {STEPS} steps" in logs[0]
    assert not [line for line in logs[1].splitlines() if not OF_THE_RUNTIME.search(line)]
    summary = json.loads((workdir / "summary.json").read_text())
    assert (summary["processes"], len(summary["devices"])) == (2, 4)
    assert {path.stem for path in (workdir / "samples").iterdir()} == {
        *(f"step_{step:07d}" for step in (0, 20, 40)),
        "latest",
    }
    assert len(list((workdir / "tensorboard").iterdir())) == 1


def test_stopped_by_one_signal_and_one_kill_they_end_as_if_nobody_had(together, tmp_path):
    """One process gets the signal, both save the same step; one is killed, the other leaves; with resident images."""
    run = Run(tmp_path / "run", STEPS, processes=2, flags=("--config.checkpoint.dir=",))  # empty as in the jobset
    for number, victim, step in ((signal.SIGTERM, 1, 3), (signal.SIGKILL, 0, 15)):
        codes, _ = run.stop(number, victim, step)
        check_codes(run, codes, number, victim)
    assert run.finish() == json.loads((together[0] / "summary.json").read_text())["state_sha256"]


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
