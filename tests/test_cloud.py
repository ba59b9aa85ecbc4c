"""What cloud/ holds: files that parse, scripts that act on the exit codes, one launch command in all of them."""

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from dcgan_jax.cli.flags import FLAGS
from dcgan_jax.errors import EXIT_INTERRUPTED, EXIT_USER_ERROR
from dcgan_jax.settings import Settings
from dcgan_jax.storage.cache import CACHE_VARIABLE
from tests.cloud_commands import CLOUD, container, job_of, launch_command
from tests.launching import REPOSITORY

SCRIPTS = sorted(CLOUD.glob("*.sh"))
LAUNCHING = ("slurm.sh", "tpu_vm.sh", "jobset.yaml")
JOINING = ("--distributed", "--coordinator_address", "--num_processes", "--process_id")
"""Flags that say how the processes of one run find each other; they depend on the place."""


@pytest.fixture(scope="module")
def jobset():
    return yaml.safe_load((CLOUD / "jobset.yaml").read_text())


def test_the_launch_command_is_the_same_everywhere():
    commands = {tuple(word for word in launch_command(name) if not word.startswith(JOINING)) for name in LAUNCHING}
    assert len(commands) == 1
    (words,) = commands
    assert words[:2] == ("python", "launch.py")
    assert (REPOSITORY / words[2].removeprefix("--config=")).is_file()
    overrides = [word.removeprefix("--config.").partition("=")[0] for word in words if word.startswith("--config.")]
    assert set(overrides) <= set(Settings.field_names())
    assert " ".join(words[:3]) in (REPOSITORY / "docs" / "cloud.md").read_text()


@pytest.mark.parametrize("name", LAUNCHING)
def test_the_launch_command_gives_flags_that_there_are(name):
    known = {f"--{flag}" for flag in FLAGS}
    given = {word.partition("=")[0] for word in launch_command(name)[2:] if not word.startswith("--config.")}
    assert given <= known
    assert given & set(JOINING)


def test_the_jobset_acts_on_the_exit_codes(jobset):
    rules = {
        code: rule["action"]
        for rule in job_of(jobset)["podFailurePolicy"]["rules"]
        if "onExitCodes" in rule
        for code in rule["onExitCodes"]["values"]
    }
    lost = 128 + signal.SIGABRT  # of a pod whose peer is gone
    assert rules == {EXIT_USER_ERROR: "FailJob", EXIT_INTERRUPTED: "Ignore", lost: "Ignore"}
    assert {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget"}]} in (
        job_of(jobset)["podFailurePolicy"]["rules"]
    )
    # Kubernetes allows a pod failure policy only for pods that are not restarted in place.
    assert job_of(jobset)["template"]["spec"]["restartPolicy"] == "Never"
    assert {"action": "FailJobSet", "onJobFailureReasons": ["PodFailurePolicy"]} in (
        jobset["spec"]["failurePolicy"]["rules"]
    )


def test_the_pods_of_the_jobset_find_their_first(jobset):
    flags = dict(word.partition("=")[::2] for word in launch_command("jobset.yaml")[2:])
    job, replicated = job_of(jobset), jobset["spec"]["replicatedJobs"][0]
    assert int(flags["--num_processes"]) == job["completions"] == job["parallelism"]
    assert job["completionMode"] == "Indexed"  # which sets JOB_COMPLETION_INDEX
    first = f"{jobset['metadata']['name']}-{replicated['name']}-0-0.{jobset['spec']['network']['subdomain']}"
    assert flags["--coordinator_address"].partition(":")[0] == first
    mounted = {mount["name"] for mount in container(jobset)["volumeMounts"]}
    assert mounted == {volume["name"] for volume in job["template"]["spec"]["volumes"]}


def test_the_image_holds_what_the_command_needs():
    lines = (CLOUD / "Containerfile").read_text().splitlines()
    copied = [Path(line.split()[1]) for line in lines if line.startswith("COPY")]
    assert {path.name for path in copied} == {"requirements.txt", "launch.py", "configs", "dcgan_jax"}
    assert all((REPOSITORY / path).exists() for path in copied)
    assert lines[-1] == 'ENTRYPOINT ["python", "launch.py"]'
    assert any(line.startswith("USER ") for line in lines)
    assert any(CACHE_VARIABLE in line for line in lines if line.startswith("ENV "))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_shellcheck_finds_nothing(script):
    checker = Path(sys.executable).parent / "shellcheck"
    outcome = subprocess.run([checker, script], capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stdout


class Place:
    """A folder of stand-ins for a cluster's commands, and the log that they write."""

    def __init__(self, folder):
        self.folder, self.log = folder, folder / "log"

    def add(self, name, body):
        path = self.folder / name
        path.write_text(f'#!/usr/bin/env bash\necho "{name} $*" >> {shlex.quote(str(self.log))}\n{body}\n')
        path.chmod(0o755)

    def start(self, script, *arguments, **environment):
        paths = {"PATH": f"{self.folder}:{os.environ['PATH']}", "WORKDIR": str(self.folder)}
        return subprocess.Popen(
            [CLOUD / script, *arguments], env=os.environ | paths | environment, cwd=self.folder, stderr=subprocess.PIPE
        )

    def calls(self):
        return self.log.read_text().splitlines() if self.log.exists() else []


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


@pytest.mark.parametrize(
    ("code", "again"), [(0, False), (1, False), (EXIT_USER_ERROR, False), (EXIT_INTERRUPTED, True), (134, True)]
)
def test_slurm_queues_again_what_was_saved_and_nothing_else(place, code, again):
    place.add("srun", f"exit {code}")
    place.add("scontrol", "")
    assert place.start("slurm.sh", SLURM_JOB_ID="7").wait() == code
    step, *others = place.calls()
    assert shlex.split(step)[2:] == [
        word.replace("$WORKDIR", str(place.folder)).replace("$CHECKPOINTS", "") for word in launch_command("slurm.sh")
    ]
    assert others == (["scontrol requeue 7"] if again else [])


def test_slurm_tells_the_processes_and_the_script_waits_for_them(place):
    """Slurm signals the processes itself; srun would kill them on a signal of its own, so it must get none."""
    assert "#SBATCH --signal=TERM@120\n" in (CLOUD / "slurm.sh").read_text()
    place.add(
        "srun",
        f"trap 'exit 137' TERM\ntouch {place.folder}/ready\nsleep 0.5\nexit {EXIT_INTERRUPTED}",
    )
    place.add("scontrol", "")
    process = place.start("slurm.sh", SLURM_JOB_ID="7")
    while not (place.folder / "ready").exists():
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    assert process.wait() == EXIT_INTERRUPTED
    assert place.calls()[1:] == ["scontrol requeue 7"]


GCLOUD = """
# A slice that is there once it is created, and where each training ends as the next line of `codes` says.
case "$*" in
    *" create "*) touch slice ;;
    *" delete "*) rm -f slice ;;
    *" describe "*) if [ -e slice ]; then echo READY; else exit 1; fi ;;
    *launch.py*)
        read -r code fate < codes
        sed -i 1d codes
        if [ "$fate" = taken ]; then rm slice; fi
        exit "$code" ;;
esac
"""


@pytest.mark.parametrize(
    ("codes", "trainings", "slices", "end"),
    [
        ("0 kept", 1, 1, 0),
        ("75 kept\n0 kept", 2, 1, 0),  # saved: go on in the same slice
        ("255 taken\n75 taken\n0 kept", 3, 3, 0),  # preempted: create another
        ("134 kept\n0 kept", 2, 1, 0),  # a process was lost
        ("255 kept\n0 kept", 2, 1, 0),  # the connection alone was lost
        ("2 kept\n0 kept", 1, 1, EXIT_USER_ERROR),
        ("1 kept\n0 kept", 1, 1, 1),
        ("75 kept\n" * 5 + "0 kept", 4, 1, EXIT_INTERRUPTED),  # not without end
    ],
)
def test_a_spot_slice_is_created_again_until_the_training_is_done(place, codes, trainings, slices, end):
    (place.folder / "codes").write_text(f"{codes}\n")
    place.add("gcloud", GCLOUD)
    process = place.start("tpu_vm.sh", "a-tpu", ZONE="here", CHECKPOINTS="gs://bucket/cxr", STARTS="4")
    assert process.wait() == end
    calls = "\n".join(place.calls())
    assert calls.count("python launch.py") == trainings
    assert calls.count("pkill -f") == trainings - slices  # what is left in a slice leaves first
    assert calls.count("tpu-vm create") == slices
    assert calls.count("--spot") == slices
    assert "CHECKPOINTS='gs://bucket/cxr'" in calls
