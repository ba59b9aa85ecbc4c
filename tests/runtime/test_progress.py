"""A bar on a terminal, whole lines elsewhere."""

import io

from dcgan_jax.runtime.progress import create_progress, track


class Terminal(io.StringIO):
    def isatty(self):
        return True


def show(stream):
    with create_progress(10, "Reading", "images", stream=stream) as progress:
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
    with create_progress(10, "Reading", "images", stream=stream):
        pass
    assert stream.getvalue() == ""
