"""What a generator was trained on, as the list of its run says: train_files.tsv."""

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from dcgan_jax.errors import UserError

_FOLDER_NAME = re.compile(r"(?!\.)[^/\\\x00-\x1f\x7f]{1,200}")
"""Nothing that leads out of a folder, or hides in it."""


class TrainedOn(NamedTuple):
    """One row of a train_files.tsv."""

    file: str
    label: str
    patient: str
    sha256: str


@dataclass(frozen=True)
class Provenance:
    """What a generator was trained on.

    Attributes:
      name: of the generator, for messages.
      rows: its training images.
    """

    name: str
    rows: tuple[TrainedOn, ...]

    @property
    def labels(self) -> list[str]:
        """The classes of its training images, sorted: a class's number is its place here, from 0."""
        return sorted({row.label for row in self.rows})

    def count(self, label: str) -> int:
        """Returns how many of its training images are of a class."""
        return sum(row.label == label for row in self.rows)


def read_provenance(path: Path) -> Provenance:
    """Reads a train_files.tsv; the folder it lies in names the generator.

    Raises:
      UserError: it is missing or no such file.
    """
    try:
        text = path.read_text(encoding="utf-8", errors="surrogateescape")
        rows = csv.DictReader(io.StringIO(text), delimiter="\t")
        listed = tuple(TrainedOn(row["file"], row["class"], row["patient"], row["sha256"]) for row in rows)
    except FileNotFoundError:
        raise UserError(f"{path} does not exist: give the workdir of a run that has been started.") from None
    except (KeyError, TypeError, csv.Error, OSError) as error:
        raise UserError(f"{path} is no list of training images ({error}): restore it.") from error
    for label in sorted({row.label or "" for row in listed}):
        if not _FOLDER_NAME.fullmatch(label):  # a class becomes a folder of an export; a workdir may be another's
            raise UserError(f"{path} has a class that cannot name a folder ({label!r}): take no files of that run.")
    return Provenance(str(path.parent), listed)
