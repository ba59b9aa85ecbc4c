"""The processes of one job find each other, where the flags ask for it."""

import faulthandler
import logging

from dcgan_jax.cli.flags import COORDINATOR_ADDRESS, DISTRIBUTED, NUM_PROCESSES, PROCESS_ID
from dcgan_jax.errors import FieldError
from dcgan_jax.runtime import processes, shutdown


def join_processes() -> None:
    """Joins the other processes where the flags ask for it; all but the first say only what matters from then on.

    Raises UserError if the flags do not go together, or the others are not there.
    """
    address, count, position = COORDINATOR_ADDRESS.value, NUM_PROCESSES.value, PROCESS_ID.value
    given = {"--coordinator_address": address, "--num_processes": count, "--process_id": position}
    missing = [name for name, value in given.items() if value is None]
    if DISTRIBUTED.value and len(missing) < len(given):
        raise FieldError("--distributed", None, "finds out by itself what the other three say: give it, or the three.")
    if DISTRIBUTED.value:
        processes.join_detected()
    elif address is not None and count is not None and position is not None:
        processes.join(address, count, position)
    elif len(missing) < len(given):
        raise FieldError(" and ".join(missing), None, "must be given too: the three flags belong together.")
    if processes.is_joined():
        faulthandler.disable()  # JAX aborts a process whose peer is lost; printing its stacks then may crash it
    shutdown.follow()
    if not processes.is_first():
        logging.getLogger("dcgan_jax").setLevel(logging.WARNING)
