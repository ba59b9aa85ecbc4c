"""The command line: `dcgan-jax`, or `python launch.py` in a checkout."""

from dcgan_jax.cli.main import run_program

__all__ = ["run_program"]
