"""The launch commands in cloud/, read out of its scripts and manifests."""

import re
import shlex
from typing import Any

import yaml

from tests.launching import REPOSITORY

CLOUD = REPOSITORY / "cloud"


def launch_command(name: str) -> list[str]:
    """Returns the words of the launch command of a file, as a shell would see them but for its variables."""
    text = (CLOUD / name).read_text()
    if name.endswith(".yaml"):
        text = _text_of_container(text)
    command = re.search(r"python launch\.py(?:[^\n]*\\\n)*[^\n]*", text)
    assert command, name
    return [word for word in shlex.split(command[0].replace("\\\n", " ")) if word != "&"]


def fill_in(words: list[str], variables: dict[str, object]) -> list[str]:
    """Returns the words with their variables' values, as the container's shell would."""
    for name, value in variables.items():
        words = [word.replace(f"${name}", str(value)) for word in words]
    return words


def container(jobset: Any) -> Any:
    """Returns the only container of a jobset."""
    (one,) = job_of(jobset)["template"]["spec"]["containers"]
    return one


def job_of(jobset: Any) -> Any:
    """Returns what a jobset says of its only job."""
    return jobset["spec"]["replicatedJobs"][0]["template"]["spec"]


def _text_of_container(text: str) -> str:
    (command,) = container(yaml.safe_load(text))["args"]
    return command
