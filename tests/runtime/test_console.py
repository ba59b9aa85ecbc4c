"""What nobody reads, or no disk holds, ends no program."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CODE = """
import sys
from dcgan_jax.runtime import console
console.make_unfailing()
print("é" * 100_000, file=sys.stderr)
print("line")
with open(sys.argv[1], "w") as file:
    file.write(str(file.fileno()))
"""


def run(tmp_path, redirection, code=CODE):
    command = f"{sys.executable} -c '{code}' {tmp_path / 'descriptor'} {redirection}"
    return subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("redirection", ["2>&1 | head -c 2", "2>&-", "2>&- >&- <&-", "2>/dev/full >/dev/full"])
def test_streams_that_cannot_be_written_do_no_harm(tmp_path, redirection):
    if "/dev/full" in redirection and not Path("/dev/full").exists():
        pytest.skip("needs /dev/full, which only Linux has")
    outcome = run(tmp_path, redirection)
    assert outcome.returncode == 0, outcome.stderr
    assert int((tmp_path / "descriptor").read_text()) > 2  # no file takes the place of a closed stream


def test_what_can_be_written_is(tmp_path):
    outcome = run(tmp_path, "")
    assert (outcome.stdout, outcome.stderr) == ("line\n", "é" * 100_000 + "\n")
    assert os.fstat(1)  # ours are as they were
