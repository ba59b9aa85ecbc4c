"""Storage that goes and comes back costs a run some seconds; storage that stays away, a new start."""

import errno
import os

import pytest

from dcgan_jax.errors import RetryLater
from dcgan_jax.runtime import retrying


@pytest.fixture
def clock(monkeypatch):
    """Time that passes only while it is slept away."""
    now = [0.0]
    monkeypatch.setattr(retrying.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(retrying.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    return now


def failing(times, error):
    left = [times]

    def operation():
        if left[0]:
            left[0] -= 1
            raise error
        return "done"

    return operation


PASSING = ("ENOENT", "EIO", "ESTALE", "ENOTCONN", "EPIPE")


@pytest.mark.parametrize("name", PASSING)
def test_storage_that_comes_back_is_waited_for(clock, name, caplog):
    number = getattr(errno, name)
    error = OSError(number, os.strerror(number))
    assert retrying.retry(failing(5, error), "/mnt/run") == "done"
    assert clock[0] == 5
    assert caplog.text.count("/mnt/run does not answer") == 1  # said once


def test_an_object_store_that_does_not_answer_is_known_by_its_words(clock):
    assert retrying.retry(failing(2, ValueError("UNAVAILABLE: 503")), "gs://bucket") == "done"


def test_storage_that_stays_away_ends_the_run_so_that_it_is_started_again(clock):
    with pytest.raises(RetryLater, match=r"/mnt/run does not answer \(Stale file handle\): "):
        retrying.retry(failing(1000, OSError(errno.ESTALE, "Stale file handle")), "/mnt/run")
    assert retrying.SECONDS < clock[0] < retrying.SECONDS + 5


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), ValueError("a defect")])
def test_what_does_not_pass_is_not_tried_again(clock, error):
    with pytest.raises(type(error)):
        retrying.retry(failing(1, error), "/mnt/run")
    assert clock[0] == 0
