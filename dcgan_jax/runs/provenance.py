"""What a generator was trained on, as the list of its run says: train_files.tsv."""

import re
from dataclasses import dataclass
from pathlib import Path

from dcgan_jax.data.train_files import TrainFile, read_train_files
from dcgan_jax.errors import FileError

_FOLDER_NAME = re.compile(r"(?!\.)[^/\\\x00-\x1f\x7f]{1,200}")
"""Nothing that leads out of a folder, or hides in it."""


@dataclass(frozen=True)
class Provenance:
    """What a generator, called `name` in messages, was trained on.

    Attributes:
      rows: its training images.
      origin: those of the run, and of that one's, whose weights it began with.
    """

    name: str
    rows: tuple[TrainFile, ...]
    origin: tuple[TrainFile, ...] = ()

    @property
    def seen(self) -> tuple[TrainFile, ...]:
        """Every image that its weights were trained on."""
        return self.rows + self.origin

    @property
    def labels(self) -> list[str]:
        """The classes of its training images, sorted: a class's number is its place here, from 0."""
        return sorted({row.label for row in self.rows})

    def count(self, label: str) -> int:
        """Returns how many of its training images are of a class."""
        return sum(row.label == label for row in self.rows)


def read_provenance(path: Path) -> Provenance:
    """Reads a train_files.tsv, and an origin_files.tsv beside it; the folder they lie in names the generator.

    Raises UserError if it is missing or no such file.
    """
    rows = read_train_files(path)
    if not rows:
        raise FileError(path, "lists no training images: restore it.")
    for label in sorted({row.label for row in rows}):
        if not _FOLDER_NAME.fullmatch(label):  # a class becomes a folder of an export; a workdir may be another's
            raise FileError(path, f"has a class that cannot name a folder ({label!r}): take no files of that run.")
    beside = path.with_name("origin_files.tsv")
    return Provenance(str(path.parent), rows, read_train_files(beside) if beside.exists() else ())
