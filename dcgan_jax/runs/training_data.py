"""The images of a run: what it trains on, and what it holds out."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import UInt8

from dcgan_jax.data.prepared import Example, PreparedSet
from dcgan_jax.data.selection import count_classes, list_classes, select_training
from dcgan_jax.data.train_files import format_train_files
from dcgan_jax.runs.prepare import prepare
from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.runtime import processes
from dcgan_jax.settings import Settings


@dataclass(frozen=True)
class TrainingData:
    """Prepared images: those that a run trains on, and those that only scores may see."""

    prepared: PreparedSet
    training: tuple[Example, ...]
    held_out: tuple[Example, ...]

    @cached_property
    def train_files(self) -> str:
        """The text of train_files.tsv."""
        return format_train_files(self.training)

    @property
    def labels(self) -> list[str]:
        """The classes, sorted: a class's number is its place here."""
        return list_classes(self.training)

    @property
    def class_counts(self) -> tuple[int, ...]:
        """How many training images each class has."""
        return count_classes(self.training)

    def spread(self, label: str, count: int) -> UInt8[np.ndarray, "n height width 1"]:
        """Returns training images of a class, at most `count`, evenly spread over its files."""
        of_class = [example for example in self.training if example.label == label]
        places = np.linspace(0, len(of_class) - 1, min(count, len(of_class))).astype(int)
        return self.prepared.images([of_class[place] for place in places])

    def require_run(self, workdir: Workdir) -> None:
        """Raises UserError unless these are the training images of the run; every process compares its own."""
        if processes.is_first():
            workdir.check_train_files(self.train_files)
        processes.require_same(self.train_files, "training images", "give all the same files in config.data.dir")


def read_training_data(settings: Settings, workdir: Workdir) -> TrainingData:
    """Prepares the data, or finds it prepared, and selects what the settings train on.

    Raises UserError if the data cannot be prepared, or have no such class.
    """
    return select_training_data(prepare(settings, workdir), settings)


def select_training_data(prepared: PreparedSet, settings: Settings) -> TrainingData:
    """Returns what the settings train on; raises UserError if there is no such class."""
    return TrainingData(prepared, *select_training(prepared, settings.data, settings.seed))
