"""A run that stands still is ended; one that goes on, compiles or scores is not."""

import subprocess
import sys
import threading
import time

from dcgan_jax.errors import EXIT_INTERRUPTED
from dcgan_jax.runtime.watchdog import LEAST_MINUTES, Watchdog
from tests.launching import REPOSITORY

MINUTES = 0.3 / 60  # of a second


def test_without_a_sign_of_life_it_gives_up():
    said, given_up = [], threading.Event()
    with Watchdog(MINUTES, lambda sentence: (said.append(sentence), given_up.set())):
        assert given_up.wait(20)
    assert "run the same command again" in said[0].lower()


def test_signs_of_life_and_work_of_unknown_length_keep_it_quiet():
    said = []
    with Watchdog(MINUTES, said.append) as watchdog:
        until = time.monotonic() + 5 * MINUTES * 60
        while time.monotonic() < until:
            watchdog.sign()
        assert (
            watchdog.ignoring(lambda value: (threading.Event().wait(3 * MINUTES * 60), value)[1])("scores") == "scores"
        )
    assert said == []


def test_the_limit_follows_the_pace_and_is_never_short():
    watchdog = Watchdog(0)
    assert watchdog.minutes == LEAST_MINUTES == 10
    watchdog._ticks = 6  # a minute without a sign: ticks are 10 seconds
    watchdog.sign()
    assert watchdog.minutes == 20


def test_it_prints_every_thread_and_leaves_with_75():
    code = f"""
import threading
from dcgan_jax.runtime.watchdog import Watchdog
def hanging_device():
    threading.Event().wait()
threading.Thread(target=hanging_device, daemon=True).start()
with Watchdog({MINUTES}):
    threading.Event().wait()
"""
    process = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert process.returncode == EXIT_INTERRUPTED
    assert "hanging_device" in process.stderr
    assert "Run the same command again" in process.stderr
