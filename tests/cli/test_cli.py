"""The command hears signals from its first moment on."""

import signal
import subprocess
import sys

import pytest

from dcgan_jax.errors import EXIT_INTERRUPTED
from tests.launching import REPOSITORY

SIGNALLED_WHILE_IMPORTING = """
import os, runpy, signal, sys, time

class Signalling:
    def find_spec(self, name, path=None, target=None):
        if name == "absl":  # the first package of others
            os.kill(os.getpid(), {number})
            time.sleep(10)

signal.signal(signal.SIGHUP, signal.SIG_DFL)  # ignored where the tests were started by nohup
sys.meta_path.insert(0, Signalling())
runpy.run_path("launch.py", run_name="__main__")
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_while_packages_are_imported_stops_the_command_as_one_that_can_be_run_again(number):
    code = SIGNALLED_WHILE_IMPORTING.format(number=int(number))
    process = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False
    )
    assert (process.returncode, process.stderr, process.stdout) == (
        EXIT_INTERRUPTED,
        "Stopped: run the same command again to continue.\n",
        "",
    )
