"""The settings of a run: fields, types and ranges; what makes a run what it is; reading and keeping them."""

from dcgan_jax.settings.settings import Settings, makes_the_run

__all__ = ["Settings", "makes_the_run"]
