"""What a user can get wrong about several processes, and how those that have met agree."""

import subprocess
import sys

import jaxlib._jax
import pytest

from dcgan_jax.errors import EXIT_INTERRUPTED
from dcgan_jax.runtime import processes, shutdown
from tests.launching import REPOSITORY, TINY_FLAGS, free_address
from tests.refusals import refused


def test_a_program_that_never_joined_others_is_the_first_of_one():
    assert (processes.count(), processes.position(), processes.is_first(), processes.is_joined()) == (1, 0, True, False)
    assert processes.gather({"a": 1}) == [{"a": 1}]
    assert processes.from_first("b") == "b"
    processes.require_same([1, 2], "steps", "look")
    assert processes.gather((1, 2)) == [[1, 2]]  # as many processes get it, through JSON
    shutdown.finish()


def test_jax_keeps_its_view_of_the_processes_where_it_is_looked_for():
    """It has no public name; a release of JAX that moves it fails here, not first in a run of several processes."""
    state = processes._state()
    assert (state.process_id, state.num_processes, state.client) == (0, 1, None)
    for name in ("key_value_set", "blocking_key_value_get"):
        assert callable(getattr(jaxlib._jax.DistributedRuntimeClient, name))


@pytest.mark.parametrize(
    ("said", "lost"),
    [
        ("Gloo all-reduce failed: Connection closed by peer", True),
        ("UNAVAILABLE: failed to connect to all addresses", True),
        ("RESOURCE_EXHAUSTED: Out of memory", False),
    ],
)
def test_what_says_that_another_process_is_gone(monkeypatch, said, lost):
    monkeypatch.setattr(processes, "is_joined", lambda: True)
    assert shutdown.is_sign_of_a_lost_process(RuntimeError(said)) is lost


def test_what_fails_because_this_process_is_leaving_is_no_defect():
    """A thread that follows another process out shuts JAX down under the main thread, whose calls then fail."""
    script = """if True:
        import threading, time
        from dcgan_jax.cli import exits
        from dcgan_jax.runtime import shutdown
        shutdown._shut_down = lambda: (leaving.set(), time.sleep(0.5))
        leaving = threading.Event()
        threading.Thread(target=shutdown._exit, args=(75, False), daemon=True).start()
        leaving.wait()
        exits.stop_for(RuntimeError("CANCELLED: CANCELLED"))
    """
    ended = subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (EXIT_INTERRUPTED, "")


@pytest.mark.parametrize("address", ["localhost", "localhost:", ":1234", "localhost:port", "localhost:70000"])
def test_an_address_without_host_or_port(address):
    with refused(field="--coordinator_address", value=address):
        processes.join(address, 2, 0)


@pytest.mark.parametrize(("position", "count", "last"), [(2, 2, 1), (-1, 2, 1), (0, 0, 0), (5, 1, 0)])
def test_a_position_that_is_not_among_the_processes(position, count, last):
    with refused(f"--num_processes={count}", last, field="--process_id", value=position):
        processes.join("localhost:1234", count, position)


@pytest.mark.parametrize(
    ("flags", "field", "named"),
    [
        (["--coordinator_address=localhost:1"], "--num_processes and --process_id", ()),
        (["--num_processes=2", "--process_id=0"], "--coordinator_address", ()),
        (["--distributed", "--process_id=0"], "--distributed", ("the three",)),
        (["--distributed"], "--distributed", ("TPU", "Slurm", "Kubernetes", "Open MPI")),
    ],
)
def test_flags_that_do_not_fit_together(command_refused, flags, field, named):
    command_refused(*TINY_FLAGS, *flags, field=field, named=named)


def test_a_process_that_never_comes_lets_the_others_try_again(tmp_path, cache):
    address = free_address()
    code = f"""
from dcgan_jax.runtime import processes
processes.START_SECONDS = 1
processes.join({address!r}, 2, 0)
"""
    process = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert process.returncode == EXIT_INTERRUPTED, process.stderr
    assert f"The processes did not all meet at {address} within 1 seconds" in process.stderr
