"""The command line: `dcgan-jax`, or `python launch.py` in a checkout."""

import os

from dcgan_jax.runtime.starting import leave_on_signals


def run_program() -> None:
    """Runs the command of this process's arguments, and leaves with its exit code."""
    leave_on_signals()  # before the imports
    # XLA reads it when JAX is imported, TensorFlow later. XLA's errors come as exceptions, too: what it only logs as
    # one may be none, as that a program took two minutes to compile.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from dcgan_jax.cli import main

    main.run_program()
