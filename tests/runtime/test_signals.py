"""Signals reach the program wherever they come, and change no exit code once its work is done."""

import gc
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from dcgan_jax.runtime import signals


@pytest.fixture
def listening(monkeypatch):
    """The program's handlers and hook, for one test."""
    before = {number: signal.getsignal(number) for number in signals.SIGNALS}
    monkeypatch.setattr(signals, "_asked", False)
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # ignored where the tests were started by nohup
    signals.listen()
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number, handler in before.items():
        signal.signal(number, handler)


def collect_garbage_with(number, times):
    """Collects garbage; a signal comes in the first few callbacks, where Python ignores what is raised."""
    left = [number] * times

    def receive(phase, info):
        if left:
            signal.raise_signal(left.pop())

    gc.callbacks.append(receive)
    try:
        gc.collect()
    finally:
        gc.callbacks.remove(receive)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.usefixtures("listening")
def test_a_signal_in_a_callback_of_the_garbage_collector_ends_the_program_all_the_same(number):
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012 (it comes after what lost it)
        collect_garbage_with(number, times=2)
        time.sleep(10)


@pytest.mark.usefixtures("listening")
def test_what_a_library_makes_of_a_signal_is_told_from_an_error():
    """As TensorStore does, which calls a checkpoint unreadable whose reading a signal ended."""
    signals.end_if_asked()
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt):
        signals.end_if_asked()


@pytest.mark.usefixtures("listening")
def test_a_signal_that_is_sent_again_is_a_request_where_a_loop_answers():
    with signals.StopRequest() as stop:
        signals.send_again(SimpleNamespace(exc_value=KeyboardInterrupt()))
        end = time.monotonic() + 10
        while not stop.agreed() and time.monotonic() < end:
            time.sleep(0.001)
        assert stop.agreed()


@pytest.mark.usefixtures("listening")
def test_other_exceptions_that_python_ignores_are_still_printed(capsys):
    class Failing:
        def __del__(self):
            raise ValueError("in a destructor")

    Failing()
    assert "in a destructor" in capsys.readouterr().err


def test_no_signal_changes_the_exit_code_of_finished_work():
    code = (
        "import atexit, signal\n"
        "from dcgan_jax.runtime import signals\n"
        "atexit.register(signal.raise_signal, signal.SIGTERM)\n"
        "signals.listen()\n"
        "signals.ignore_signals()\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
