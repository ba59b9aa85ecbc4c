"""Every field with its default: the paper's recipe on one gray channel. docs/fields.md says what each one does."""

from ml_collections import ConfigDict

from dcgan_jax.settings import Settings


def get_config() -> ConfigDict:
    """Returns the default configuration, as dcgan_jax/settings/ declares it; other configurations override a few."""
    return ConfigDict(Settings().values())
