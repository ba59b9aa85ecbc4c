"""settings.json of an exported generator: what its sampler needs, and how it was made; no name and no path."""

from typing import Any

from dcgan_jax.cards.statements import PROGRAM
from dcgan_jax.settings import Settings
from dcgan_jax.storage.record import Record
from dcgan_jax.version import __version__

_TOLD = ("seed", "model", "loss", "optimizer", "augment", "average", "train")
_TOLD_OF_DATA = {
    *("source", "variant", "label", "image_size", "resize", "aspect", "intensity"),
    *("holdout", "fraction", "sampling"),
}
"""A list of what may be told, not of what may not: a field that is added stays behind until somebody has looked."""


class ExportedGenerator(Record):
    """What an exported generator is.

    Attributes:
      program: that made it, with its version.
      step: completed updates.
      labels: its classes; a class's number is its place.
      stream: random stream of its latents.
      weights_sha256: of weights.safetensors.
      settings: those of the run's that may be told.
    """

    program: str = f"{PROGRAM} {__version__}"
    step: int
    labels: list[str]
    stream: str
    weights_sha256: str
    settings: dict[str, Any]


def select_told(settings: Settings) -> dict[str, Any]:
    """Returns the settings that may be told, by section."""
    values = settings.values()
    data = {name: value for name, value in values["data"].items() if name in _TOLD_OF_DATA}
    train = {name: value for name, value in values["train"].items() if name != "init_from"}  # a path
    return {**{name: values[name] for name in _TOLD}, "train": train, "data": data}
