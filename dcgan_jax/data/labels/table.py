"""A table of labels -> what is known of each image: its findings, the doubtful ones, whose it is.

A finding is present, absent, uncertain, or not mentioned, which counts as absent:

- A column of labels names what is present, `A|B` for two; a blank tells nothing.
- A column of a finding has 1, 0, -1 (uncertain) or a blank (not mentioned), as CheXpert's.
- Findings that differ in upper and lower case alone are one, spelled as most rows have it.
- Several rows about one image add up. Where a column names the readers (VinDr), a finding is present if more than half
  of the image's readers name it, and uncertain if fewer do.
"""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from dcgan_jax.data.labels.columns import VALUES, Columns, find_columns
from dcgan_jax.data.tables import parse_table, read_text
from dcgan_jax.errors import FieldError

_DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True)
class Labeled:
    """What a table says of one image."""

    present: frozenset[str]  # its findings; empty where none is
    uncertain: frozenset[str]  # findings that it may have
    patient: str  # whose it is; empty where the table does not tell
    # From which side it was taken, in capitals: FRONTAL and AP, where two columns tell.
    views: frozenset[str] = frozenset()


@dataclass(frozen=True)
class LabelTable:
    """A table of labels."""

    path: Path
    # By what their rows call them, in the order of the rows; those without any label are not among them.
    images: Mapping[str, Labeled]
    findings: tuple[str, ...]  # all that are named, sorted
    unlabeled: tuple[str, ...]  # names in rows without a label
    spellings: Mapping[str, tuple[str, ...]]  # finding -> other ways in which rows have it; of those with some
    tells_views: bool  # whether it has a column of views
    sha256: str

    @property
    def has_one_label_each(self) -> bool:
        """Whether every image has exactly one finding, so that findings are classes as folders would be."""
        return all(len(image.present) == 1 and not image.uncertain for image in self.images.values())


def read_label_table(path: Path, columns: Sequence[str] = ()) -> LabelTable:
    """Reads `data.labels`; commas, semicolons or tabs stand between its values.

    Args:
      path: of the table.
      columns: `data.columns`.

    Raises:
      UserError: it can't be read, is no such table, or an image is of two patients.
    """
    try:
        text = read_text(path)
    except OSError as error:
        reason = f"can't be read ({error.strerror}): name a table of labels."
        raise FieldError("config.data.labels", path, reason) from None
    rows = _parse_rows(text, path)
    found = find_columns(rows, columns, path)
    rows = [row for row in rows if row[found.file].strip()]
    spelling_of = _unite_spellings(name for row in rows for name, _ in _read_findings(row, found))
    images = _collect(rows, found, spelling_of, path)
    labeled = {name: image for name, image in images.items() if image}
    if not labeled:
        reason = "has no row with a file and a label: name the columns of both in config.data.columns."
        raise FieldError("config.data.labels", path, reason)
    unlabeled = tuple(name for name, image in images.items() if not image)
    sha256 = hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()
    spellings: dict[str, tuple[str, ...]] = {}
    for written, finding in sorted(spelling_of.items()):
        if written != finding:
            spellings[finding] = (*spellings.get(finding, ()), written)
    findings = tuple(sorted(set(spelling_of.values())))
    return LabelTable(path, labeled, findings, unlabeled, spellings, bool(found.views), sha256)


def _parse_rows(text: str, path: Path) -> list[dict[str, str]]:
    text = text.removeprefix("\ufeff")
    header = text.partition("\n")[0]
    try:
        rows = parse_table(text, max(_DELIMITERS, key=header.count))
    except ValueError as error:
        raise FieldError("config.data.labels", path, f"is no table ({error}): mend it.") from None
    if not rows:
        raise FieldError("config.data.labels", path, "has no rows: name a table with a row for each image.")
    return rows


def _collect(
    rows: Iterable[dict[str, str]], columns: Columns, spelling_of: Mapping[str, str], path: Path
) -> dict[str, Labeled | None]:
    """Returns what the rows say of each image, None of one without any label."""
    # name of an image -> reader -> finding -> value
    votes: dict[str, dict[str, dict[str, int | None]]] = defaultdict(lambda: defaultdict(dict))
    patients: dict[str, str] = {}
    views: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        name = row[columns.file].strip()
        of_reader = votes[name][row[columns.reader] if columns.reader else ""]
        for written, value in _read_findings(row, columns):  # of several rows, what is present in one is
            finding = spelling_of[written]
            of_reader[finding] = _stronger(of_reader.get(finding), value)
        views[name] |= {view for column in columns.views if (view := row[column].strip().upper())}
        patient = row[columns.patient].strip() if columns.patient else ""
        if patients.setdefault(name, patient) != patient:
            reason = f"says of {name} that it is of {patients[name]} and of {patient}: mend it."
            raise FieldError("config.data.labels", path, reason)
    return {
        name: _decide(readers, patients[name], views[name]) if any(readers.values()) else None
        for name, readers in votes.items()
    }


def _read_findings(row: dict[str, str], columns: Columns) -> Iterator[tuple[str, int | None]]:
    """Yields the findings of a row as they are written there, and their values."""
    if columns.label:
        yield from ((name, 1) for label in row[columns.label].split("|") if (name := name_class(label)))
    else:
        yield from ((name_class(name), VALUES[row[name].strip()]) for name in columns.findings)


def _unite_spellings(written: Iterable[str]) -> dict[str, str]:
    """Returns each way in which findings are written -> the most frequent one that differs in case alone."""
    counts = Counter(written)
    spellings: dict[str, str] = {}
    for name in sorted(counts, key=lambda name: (-counts[name], name)):
        spellings.setdefault(name.lower(), name)
    return {name: spellings[name.lower()] for name in counts}


@cache
def name_class(finding: str) -> str:
    """Returns the name of a finding as that of a folder: `Nodule/Mass` becomes `Nodule-Mass`."""
    return re.sub(r"[/\\]", "-", finding).strip().lstrip(".")


def _stronger(one: int | None, other: int | None) -> int | None:
    order = (None, 0, -1, 1)
    return max(one, other, key=order.index)


def _decide(readers: Mapping[str, Mapping[str, int | None]], patient: str, views: Iterable[str]) -> Labeled:
    present, uncertain = set(), set()
    for finding in {finding for found in readers.values() for finding in found}:
        values = [found.get(finding) for found in readers.values()]
        if 2 * values.count(1) > len(values):
            present.add(finding)
        elif 1 in values or -1 in values:
            uncertain.add(finding)
    return Labeled(frozenset(present), frozenset(uncertain), patient, frozenset(views))
