"""Prepared records: images of one size as uint8, with an index; written once, read without TensorFlow.

A prepared set is a folder:

    records/         a TFDS data set in ArrayRecord files: random access, a split each
    examples.tsv     one row an image: what it is and where it came from
    report.json      what was found while preparing; report.md says it in words
    files.json       size and SHA-256 of all the others, so that damage is noticed
"""

import csv
import json
import threading
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8
from pydantic import TypeAdapter

from dcgan_jax.errors import UserError
from dcgan_jax.storage.digest import compute_sha256

RECORDS, EXAMPLES, REPORT, REPORT_TEXT, FILES = "records", "examples.tsv", "report.json", "report.md", "files.json"
_READ_AT_ONCE = 1024
_FILES_LIST = TypeAdapter(dict[str, tuple[int, str]])  # path -> size, SHA-256


@dataclass(frozen=True, slots=True)
class Example:
    """One prepared image.

    Attributes:
      split: "train", "val" or "test".
      position: of its record within the split.
      file: the source file, relative to the source.
      label: its class.
      patient: whose it is, by the careful reading of the published names; the file itself where nobody is known.
      published_patient: whose it is, by the names as published.
      sha256: of the source's gray pixels, row by row, before resizing.
      width: of the source, in pixels.
      height: of the source, in pixels.
    """

    split: str
    position: int
    file: str
    label: str
    patient: str
    published_patient: str
    sha256: str
    width: int
    height: int


class PreparedSet:
    """A prepared set on disk.

    Attributes:
      directory: its folder.
      examples: all its images, by split and position.
      report: the content of report.json.
    """

    def __init__(self, directory: Path):
        """Opens a set and checks every file of it.

        Raises:
          UserError: when a file is missing or changed.
        """
        self.directory = directory
        _check_files(directory)
        self.examples = _read_examples(directory / EXAMPLES)
        self.report: dict[str, Any] = json.loads((directory / REPORT).read_text(encoding="utf-8"))
        self._sources: dict[str, Any] = {}
        self._lock = threading.Lock()

    def images(self, examples: Sequence[Example]) -> UInt8[np.ndarray, "n size size 1"]:
        """Returns the pixels of examples, in their order; any thread may call this.

        Raises:
          UserError: when the records can't be read.
        """
        size = self.report["settings"]["image_size"]
        pixels = np.empty((len(examples), size, size, 1), np.uint8)
        for split in {example.split for example in examples}:
            rows = [row for row, example in enumerate(examples) if example.split == split]
            for start in range(0, len(rows), _READ_AT_ONCE):
                part = rows[start : start + _READ_AT_ONCE]
                for row, image in zip(part, self._read(split, [examples[row].position for row in part]), strict=True):
                    pixels[row] = image.reshape(size, size, 1)
        return pixels

    def _read(self, split: str, positions: list[int]) -> list[UInt8[np.ndarray, " pixels"]]:
        import tensorflow_datasets as tfds  # takes a moment to import; it does not import TensorFlow
        from tensorflow_datasets.proto import tf_example_pb2

        try:
            with self._lock:
                if split not in self._sources:
                    builder = tfds.builder_from_directory(self.directory / RECORDS)
                    # Only the image is taken out below: TFDS would decode every field, in twice the time of reading.
                    raw = tfds.decode.DeserializeMethod.RAW_BYTES
                    self._sources[split] = builder.as_data_source(split, deserialize_method=raw)
            records = map(tf_example_pb2.Example.FromString, self._sources[split].__getitems__(positions))
            return [np.frombuffer(record.features.feature["image"].bytes_list.value[0], np.uint8) for record in records]
        except (OSError, ValueError, RuntimeError) as error:
            raise _damaged(self.directory, RECORDS, f"can't be read ({error})") from error


_TYPES: dict[str, Any] = {field.name: field.type for field in fields(Example)}


def write_examples(path: Path, examples: Sequence[Example]) -> None:
    """Writes the index of a prepared set."""
    with path.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file:
        rows = csv.writer(file, delimiter="\t", lineterminator="\n")
        rows.writerow(field.name for field in fields(Example))
        rows.writerows(map(astuple, examples))


def write_files_list(directory: Path) -> None:
    """Writes down the size and hash of every file of a prepared set; the last thing that makes it whole."""
    paths = sorted(path for path in directory.rglob("*") if path.is_file())
    files = {path.relative_to(directory).as_posix(): [path.stat().st_size, compute_sha256(path)] for path in paths}
    (directory / FILES).write_text(json.dumps(files, indent=1), encoding="utf-8")


def _read_examples(path: Path) -> tuple[Example, ...]:
    with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t")
        return tuple(Example(**{name: _TYPES[name](value) for name, value in row.items()}) for row in rows)


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
    return UserError(f"{directory / name} {what}: delete the folder {directory} and run again, which prepares it anew.")
