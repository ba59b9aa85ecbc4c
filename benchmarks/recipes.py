"""Settings of the configurations in configs/, by their names."""

import importlib

from dcgan_jax.settings import Settings


def config_flag(config: str) -> str:
    """Returns a configuration of configs/, given as `cxr` or `ablation:average`, as launch.py takes it."""
    name, colon, variant = config.partition(":")
    return f"--config=configs/{name}.py{colon}{variant}"


def load_settings(config: str) -> Settings:
    """Returns the settings of a configuration of configs/; raises ImportError or ValueError where there is none."""
    name, _, variant = config.partition(":")
    module = importlib.import_module(f"configs.{name}")
    return Settings.from_config(module.get_config(variant) if variant else module.get_config())
