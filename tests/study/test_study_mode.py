"""The mode from a finished run to a report, and what it refuses."""

import json
import re
import shutil
import time

import pytest

from dcgan_jax.study.report_record import StudyReport
from dcgan_jax.study.simulated_reader import GrainJudge, SimulatedReader
from tests.launching import launch, start
from tests.refusals import assert_refused

TINY = ("--config.study.readers=1", "--config.study.images=3", "--config.study.repeats=0.34", "--config.study.port=0")


@pytest.fixture
def run(finished_run, tmp_path):
    return shutil.copytree(finished_run, tmp_path / "run")


def wait_for(pattern, log, process):
    """Returns what the program said; gives up when it ends."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if found := re.search(pattern, log.read_text() if log.exists() else ""):
            return found[1]
        assert process.poll() is None, log.read_text()
        time.sleep(0.05)
    raise AssertionError(log.read_text())


def test_from_a_run_to_a_report(run, tmp_path):
    log, flags = tmp_path / "log", ("--mode=study", f"--workdir={run}", *TINY)
    process = start(*flags, log=log)
    address = wait_for(r"(http://127\.0\.0\.1:\d+)", log, process)
    code = wait_for(r"R1 +(\S+)", log, process)
    assert "points either way" in " ".join(log.read_text().split())

    refusal = launch("--mode=study", f"--workdir={run}", *TINY, log=tmp_path / "second")
    assert_refused(refusal, field="--workdir", value=run)

    reader = SimulatedReader(address, code, GrainJudge())
    for _ in range(4):
        reader.take_step()
    process.send_signal(15)
    assert process.wait(60) == 75

    early = launch(*flags, "--config.study.report=True", log=tmp_path / "early")
    assert_refused(early, "R1 4 of 10", path=run / "study")
    interim = launch(*flags, "--config.study.report=True", "--config.study.interim=True", log=tmp_path / "interim")
    assert interim.code == 0, interim.output
    assert StudyReport.read(run / "study" / "report.json").is_interim

    changed = launch(*flags, "--config.study.images=2", log=tmp_path / "changed")
    assert_refused(changed, "config.study.images", path=run / "study" / "study.json")

    process = start(*flags, "--config.study.new_code=R1", log=tmp_path / "again")
    fresh = wait_for(r"new code of R1, shown this once: (\S+)", tmp_path / "again", process)
    address = wait_for(r"(http://127\.0\.0\.1:\d+)", tmp_path / "again", process)
    SimulatedReader(address, fresh, GrainJudge()).read_all()
    assert process.wait(60) == 0, (tmp_path / "again").read_text()

    report = json.loads((run / "study" / "report.json").read_text())
    assert not report["is_interim"]
    assert report["readers"][0]["answered"] == 6
    assert report["plan"]["origin"]["real_from"] == "held_out"
    assert report["plan"]["origin"]["checkpoint_step"] == 6
    assert {"accuracy", "interval", "p_value", "equivalence_p"} <= report["pooled"].keys()
    done = launch(*flags, log=tmp_path / "done")
    assert done.code == 0, done.output


@pytest.mark.parametrize(
    ("flags", "field", "value", "named"),
    [
        (["images=40"], "images", 40, "4"),
        (["host=0.0.0.0"], "host", "0.0.0.0", "config.study.allow_network=True"),
        (["host=0.0.0.0", "allow_network=True"], "host", "0.0.0.0", "config.study.trusted_hosts"),
        (["real_dir=/tmp"], "real_dir", "/tmp", "config.study.generated_dir"),
        (["naive=4"], "naive", 4, "config.study.question"),
        (["question=NORMAL"], "question", "NORMAL", "2 to 6"),
        (["design=pairs", "generated_share=0.3"], "generated_share", 0.3, "0.5"),
        (["consent=/nowhere/text.md"], "consent", "/nowhere/text.md", "No such file or directory"),
    ],
)
def test_what_cannot_be_is_refused_with_the_remedy(run, command_refused, flags, field, value, named):
    given = ["--config.study.images=3", *(f"--config.study.{flag}" for flag in flags)]
    at_fault = {"field": f"config.study.{field}", "value": value, "named": (named,)}
    command_refused("--mode=study", f"--workdir={run}", *given, **at_fault)
    assert not (run / "study").exists()


def test_no_report_of_no_study(run, command_refused):
    command_refused("--mode=study", f"--workdir={run}", "--config.study.report=True", path=run / "study")
    assert not (run / "study").exists()
