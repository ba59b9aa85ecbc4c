"""Prepared records: images of one size as uint8, with an index; written once, read with NumPy alone.

A prepared set is a folder:

    records/         one array of a split's images each, uint8 [image, size, size, 1], as .npy
    examples.tsv     one row an image: what it is and where it came from
    report.json      what was found while preparing; report.md says it in words
    files.json       size and SHA-256 of all the others, so that damage is noticed
"""

import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8
from pydantic import TypeAdapter

from dcgan_jax.data.records import Records
from dcgan_jax.data.report import PreparedReport
from dcgan_jax.data.tables import format_table, parse_table, read_text
from dcgan_jax.errors import FileError, UserError
from dcgan_jax.storage.digest import compute_sha256

RECORDS, EXAMPLES, REPORT, REPORT_TEXT, FILES = "records", "examples.tsv", "report.json", "report.md", "files.json"
_FILES_LIST = TypeAdapter(dict[str, tuple[int, str]])  # path -> size, SHA-256


@dataclass(frozen=True, slots=True)
class Example:
    """One prepared image."""

    split: str  # "train", "val" or "test"
    position: int  # of its record within the split
    file: str  # the source file, relative to the source
    label: str
    # Whose it is, by the conservative reading of the published names; the file itself where nobody is known.
    patient: str
    published_patient: str  # whose it is, by the names as published
    sha256: str  # of the source's gray values, row by row, before resizing
    width: int  # of the source, in pixels
    height: int  # of the source, in pixels


class PreparedSet:
    """A prepared set on disk.

    Attributes:
      directory: its folder.
      examples: all its images, by split and position.
      report: what was found while preparing.
    """

    def __init__(self, directory: Path):
        """Opens a set and checks every file of it; raises UserError when a file is missing or changed."""
        self.directory = directory
        _check_files(directory)
        remedy = _remedy(directory)
        try:
            self.examples = _read_examples(directory / EXAMPLES)
            self.report = PreparedReport.read(directory / REPORT, remedy)
            splits = {example.split for example in self.examples}
            self._records = {split: Records(path_of_split(directory, split)) for split in splits}
        except (OSError, ValueError, KeyError) as error:
            raise FileError(directory, f"can't be read ({error}): {remedy}.") from error

    def images(self, examples: Sequence[Example]) -> UInt8[np.ndarray, "n size size 1"]:
        """Returns the pixels of examples, in their order; any thread may call this.

        Raises:
          UserError: when the records can't be read.
        """
        size = self.report.settings.image_size
        pixels = np.empty((len(examples), size, size, 1), np.uint8)
        try:
            for row, example in enumerate(examples):
                pixels[row] = self._records[example.split].read(example.position)
        except (OSError, IndexError) as error:
            raise _damaged(self.directory, RECORDS, f"can't be read ({error})") from error
        return pixels


def path_of_split(directory: Path, split: str) -> Path:
    """Returns where the images of a split are in a prepared set."""
    return directory / RECORDS / f"{split}.npy"


def write_examples(path: Path, examples: Sequence[Example]) -> None:
    """Writes the index of a prepared set."""
    text = format_table([field.name for field in fields(Example)], map(astuple, examples), delimiter="\t")
    path.write_bytes(text.encode(errors="surrogateescape"))


def write_files_list(directory: Path) -> None:
    """Writes down the size and hash of every file of a prepared set; the last thing that makes it whole."""
    paths = sorted(path for path in directory.rglob("*") if path.is_file())
    files = {path.relative_to(directory).as_posix(): [path.stat().st_size, compute_sha256(path)] for path in paths}
    (directory / FILES).write_text(json.dumps(files, indent=1), encoding="utf-8")


def _read_examples(path: Path) -> tuple[Example, ...]:
    types: dict[str, Any] = {field.name: field.type for field in fields(Example)}
    rows = parse_table(read_text(path), delimiter="\t")
    return tuple(Example(**{name: read(row[name]) for name, read in types.items()}) for row in rows)


def _check_files(directory: Path) -> None:
    try:
        files = _FILES_LIST.validate_json((directory / FILES).read_bytes())
    except OSError as error:
        raise _damaged(directory, FILES, f"can't be read ({error.strerror})") from error
    except ValueError as error:
        raise _damaged(directory, FILES, "is no list of files with their sizes and hashes") from error
    # A list that leaves out what is read would let damage to it pass.
    listed = {name.partition("/")[0] for name in files}
    for needed in (EXAMPLES, REPORT, RECORDS):
        if needed not in listed:
            raise _damaged(directory, FILES, f"does not list {needed}")
    for name, (size, sha256) in files.items():
        path = directory / name
        try:
            is_same = path.stat().st_size == size and compute_sha256(path) == sha256
        except OSError as error:
            raise _damaged(directory, name, f"can't be read ({error.strerror})") from error
        if not is_same:
            raise _damaged(directory, name, "is not as it was written")


def _damaged(directory: Path, name: str, what: str) -> UserError:
    return FileError(directory / name, f"{what}: {_remedy(directory)}.")


def _remedy(directory: Path) -> str:
    return f"delete the folder {directory} and run again, which prepares it anew"
