"""train_files.tsv: every image that a run was trained on, so that what it has seen can be told later."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from dcgan_jax.data.prepared import Example
from dcgan_jax.data.sources.patients import rename_patient
from dcgan_jax.data.tables import format_table, parse_table, read_text
from dcgan_jax.errors import FileError

_COLUMNS = ("file", "class", "patient", "sha256")


class TrainFile(NamedTuple):
    """One image that was trained on."""

    file: str  # relative to the source
    label: str
    patient: str  # whose it is; the file itself where nobody is known
    sha256: str  # of the source's gray values


def format_train_files(examples: Iterable[Example | TrainFile]) -> str:
    """Returns the text of train_files.tsv.

    Names that are not UTF-8 hold surrogates: write it with errors="surrogateescape".
    """
    rows = ([example.file, example.label, example.patient, example.sha256] for example in examples)
    return format_table(_COLUMNS, rows, delimiter="\t")


def read_train_files(path: Path) -> tuple[TrainFile, ...]:
    """Reads a train_files.tsv, of this or an older version; raises UserError if it is missing or no such file."""
    try:
        return parse_train_files(read_text(path), path)
    except FileNotFoundError:
        raise FileError(path, "does not exist: give the workdir of a run that has been started.") from None
    except OSError as error:
        raise FileError(path, f"cannot be read ({error.strerror}): restore it.") from None


def parse_train_files(text: str, path: Path) -> tuple[TrainFile, ...]:
    """As `read_train_files`, of the text; the path is for messages."""
    try:
        rows = [[row[column] for column in _COLUMNS] for row in parse_table(text, delimiter="\t")]
    except KeyError as error:
        raise FileError(path, f"is no list of training images (it has no column {error}): restore it.") from None
    except ValueError as error:
        raise FileError(path, f"is no list of training images ({error}): restore it.") from None
    return tuple(
        TrainFile(file, label, rename_patient(patient, label, file), sha256) for file, label, patient, sha256 in rows
    )


def describe_difference(there: Iterable[Example | TrainFile], here: Iterable[Example | TrainFile]) -> str | None:
    """Returns how a run's list of training images differs from the data's, None where it does not at all."""
    own, given = ([(row.file, row.label, row.sha256) for row in rows] for rows in (there, here))
    if own == given:
        return None
    counts = f"{len(own):,} images there, {len(given):,} here"
    names, new = {row[0]: row for row in own}, {row[0]: row for row in given}
    if missing := next((file for file in names if file not in new), None):
        return f"{counts}; {missing} is not among those here"
    if added := next((file for file in new if file not in names), None):
        return f"{counts}; {added} is not among those there"
    changed = next((file for file, row in new.items() if row != names[file]), None)
    return f"{counts}; {changed} has other pixels or another class" if changed else f"{counts}, in another order"
