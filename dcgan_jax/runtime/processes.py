"""One run in several processes, on one host or on many: how they meet, and what they tell each other.

The engine is JAX's distributed runtime: its collectives carry arrays, and its coordination service, whose leader is the
first process, the few words that concern the hosts. A program that never joined others is the first of one, and nothing
here costs it anything.
"""

import json
import os
import sys
import threading
from itertools import count as count_up
from typing import Any, NoReturn

from dcgan_jax.errors import EXIT_INTERRUPTED, FieldError, UserError
from dcgan_jax.runtime import progress

HEARTBEAT_SECONDS = 30
"""A process that has given no sign of life for so long is lost, and JAX ends all others."""

START_SECONDS = 300
"""How long a process waits for the others to start."""

_POLL_MILLISECONDS = 500  # between two looks at the signals that came while a process waited for another

_rounds = count_up()


def join(coordinator_address: str, num_processes: int, process_id: int) -> None:
    """Joins the run whose first process can be reached at host and port; comes before any use of the devices.

    `process_id` counts from 0. Raises UserError if the three do not fit together.
    """
    host, _, port = coordinator_address.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 2**16:
        raise FieldError(
            "--coordinator_address",
            coordinator_address,
            "is no host and port: give those of the first process, as in --coordinator_address=10.0.0.1:1234.",
        )
    if not 0 <= process_id < num_processes:
        message = f"is not possible with --num_processes={num_processes}: count from 0 to {max(num_processes - 1, 0)}."
        raise FieldError("--process_id", process_id, message)
    _initialize(coordinator_address=coordinator_address, num_processes=num_processes, process_id=process_id)


def join_detected() -> None:
    """Joins the run that the environment describes: a TPU pod, Slurm, Kubernetes or Open MPI.

    Raises UserError if it describes none.
    """
    try:
        _initialize()
    except (ValueError, KeyError) as error:
        raise FieldError(
            "--distributed",
            None,
            f"finds no TPU pod, Slurm, Kubernetes or Open MPI job around this process ({error}): give "
            "--coordinator_address, --num_processes and --process_id instead, or leave it out on one host.",
        ) from None


def is_joined() -> bool:
    """Returns whether this process has joined others."""
    if "jax" not in sys.modules:  # whoever asks need not pay for the import
        return False
    import jax

    return jax.distributed.is_initialized()


def is_first() -> bool:
    """Returns whether this is the process that writes what is written once: all but its share of a checkpoint."""
    return position() == 0


def position() -> int:
    """Returns which process this is, from 0."""
    return _state().process_id if is_joined() else 0


def count() -> int:
    """Returns how many processes make up the run."""
    return _state().num_processes if is_joined() else 1


def gather(value: Any) -> list[Any]:
    """Returns what every process gave, in their order; all must come here, and wait for each other as long as it takes.

    Values are plain, as JSON has them: tuples come back as lists. They go through the coordination service, not the
    devices, whose collectives may give up after a while.
    """
    if count() == 1:
        return [json.loads(json.dumps(value))]  # as it travels: one process must not get by with what many cannot
    prefix = f"dcgan_jax/gather/{next(_rounds)}"
    tell(f"{prefix}/{position()}", json.dumps(value))
    return [json.loads(wait_for(f"{prefix}/{process}")) for process in range(count())]


def from_first(value: Any) -> Any:
    """Returns the value that the first process gave; all must come here."""
    return gather(value if is_first() else None)[0]


def require_same(value: Any, what: str, remedy: str) -> None:
    """Raises UserError where a process has another value than the first; all must come here."""
    if value != from_first(value):
        raise UserError(f"Process {position()} has other {what} than the first: {remedy}.")


def wait_for_all() -> None:
    """Returns when every process has come here."""
    gather(None)


def start_together(function: Any) -> Any:
    """Returns a jitted function of which no process runs a program before all have compiled it.

    Else the first to be ready waits for the others inside a collective, where CPUs give up on a slow compiler after 30
    seconds, and GPUs not much later.
    """
    if count() == 1:
        return function
    compiled = set()

    def call(*arguments: Any) -> Any:
        import jax

        shapes = tuple(leaf.shape for leaf in jax.tree.leaves(arguments))
        if shapes not in compiled:
            function.lower(*arguments).compile()
            wait_for_all()
            compiled.add(shapes)
        return function(*arguments)

    return call


def _initialize(**arguments: Any) -> None:
    import jax  # not above: the command sets variables that JAX reads when it is imported

    # JAX would take SIGTERM away from us, to find a step at which all can save; StopSync finds it for SIGINT too.
    jax.config.update("jax_enable_preemption_service", False)
    # When the others do not come, JAX aborts with a stack trace; this is a little earlier.
    alarm = threading.Timer(START_SECONDS, _give_up_the_start, [arguments])
    alarm.daemon = True
    alarm.start()
    try:
        jax.distributed.initialize(
            **arguments,
            initialization_timeout=START_SECONDS + 30,
            heartbeat_timeout_seconds=HEARTBEAT_SECONDS,
            shutdown_timeout_seconds=HEARTBEAT_SECONDS,
        )
    finally:
        alarm.cancel()
    if not is_first():
        progress.hide()


def _give_up_the_start(arguments: dict[str, Any]) -> None:
    where = arguments.get("coordinator_address") or "the address that was detected"
    print(
        f"The processes did not all meet at {where} within {START_SECONDS} seconds: check that all were started with "
        "the same number of processes, and that the first can be reached there and has the port for itself.",
        file=sys.stderr,
        flush=True,
    )
    exit_at_once(EXIT_INTERRUPTED)


def tell(key: str, value: str) -> None:
    """Sets the value of a key, for all processes and once."""
    _state().client.key_value_set(key, value)


def wait_for(key: str) -> str:
    """Returns the value of a key as soon as a process sets it."""
    while True:
        try:
            return _state().client.blocking_key_value_get(key, _POLL_MILLISECONDS)
        except Exception as error:
            if "DEADLINE_EXCEEDED" not in str(error):
                raise


def _state() -> Any:
    """Returns JAX's own view of the processes: `process_id`, `num_processes` and the `client` of their key-value store.

    The one private name of JAX that is used here; orbax and Flax take the client from it too. What is public does not
    do: `jax.process_index` and `process_count` open the devices, for which all processes wait; and what
    `multihost_utils` carries goes through collectives of the devices, which give up after a while.
    """
    from jax._src import distributed

    return distributed.global_state


def exit_at_once(code: int) -> NoReturn:
    """Ends the process at once: threads that wait for other processes would hold up an ordinary end."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
