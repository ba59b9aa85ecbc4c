"""A bar on a terminal, whole lines elsewhere."""

import io
import re
import time
from contextlib import redirect_stderr

import pytest

from dcgan_jax.runtime import progress as progress_module
from dcgan_jax.runtime.progress import create_progress, track


class Terminal(io.StringIO):
    def isatty(self):
        return True


def show(stream):
    with redirect_stderr(stream), create_progress(10, "Reading", "images") as progress:
        for _ in range(10):
            progress.update()
    return stream.getvalue()


def test_a_log_gets_whole_lines_with_count_rate_and_time_left():
    text = show(io.StringIO())
    assert text.endswith("\n")
    assert "\r" not in text
    assert "Reading: 10 of 10 images, " in text
    assert " images/s, 00:00 left" in text


def test_a_terminal_gets_a_bar():
    text = show(Terminal())
    assert "\rReading: 100%" in text
    assert "10/10 [" in text


def test_track_yields_every_item(capsys):
    assert list(track("abc", 3, "Reading", "letters")) == ["a", "b", "c"]
    assert "3 of 3 letters" in capsys.readouterr().err


def test_nothing_is_shown_for_a_job_that_did_nothing():
    stream = io.StringIO()
    with redirect_stderr(stream), create_progress(10, "Reading", "images"):
        pass
    assert stream.getvalue() == ""


@pytest.fixture
def clock(monkeypatch):
    """Sets the clock that the pace is taken from, by hand."""
    now = [1000.0]
    monkeypatch.setattr("tqdm.std.time", lambda: now[0])
    return now


@pytest.mark.parametrize("kind", [Terminal, io.StringIO])
def test_the_time_left_leaves_out_what_is_waited_for(clock, kind):
    stream, waits = kind(), {"initial": 200, "waits_for": "compiling"}
    with redirect_stderr(stream), create_progress(1200, "Training", "steps", **waits) as progress:
        clock[0] += 300  # compiles
        progress.refresh()
        assert re.search(r"200\D+1200.*\? left.*, compiling, 300 s", stream.getvalue())
        progress.update(1)
        clock[0] += 10
        progress.update(20)  # two a second
        progress.refresh()
        assert re.search(r"221\D+1200.*08:09 left", stream.getvalue())
        assert "compiling" not in re.split(r"[\r\n]", stream.getvalue().rstrip())[-1]


def test_what_is_waited_for_is_shown_while_it_lasts(monkeypatch):
    said = io.StringIO()
    monkeypatch.setattr(progress_module._PlainLines, "seconds_between_ticks", 0.01)
    with redirect_stderr(said), create_progress(10, "Training", "steps", waits_for="compiling"):
        while said.getvalue().count("compiling, ") < 3:
            time.sleep(0.01)
    count = said.getvalue().count("\n")
    assert re.search(r"^Training: 0 of 10 steps, .*\? left, compiling, \d+ s$", said.getvalue(), re.MULTILINE)
    time.sleep(0.05)
    assert said.getvalue().count("\n") == count  # nothing more once it is closed
