"""The command line: `dcgan-jax`, or `python launch.py` in a checkout."""

from dcgan_jax.runtime.starting import leave_on_signals


def run_program() -> None:
    """Runs the command of this process's arguments, and leaves with its exit code."""
    leave_on_signals()  # before the imports
    from dcgan_jax.cli import main

    main.run_program()
