"""Which columns of a table of labels say what: those of `data.columns`, or by the usual names."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from dcgan_jax.errors import FieldError

_FILE = ("imageindex", "imageid", "image", "imagepath", "imagename", "file", "filename", "filepath", "path")
_FILE_BY_PATIENT = "patientid"  # RSNA: a patient has one image, which is called so
_LABEL = ("findinglabels", "classname", "label", "labels", "class", "finding", "findings", "diagnosis", "category")
_PATIENT = ("patientid", "patient", "subjectid", "subject")
_READER = ("radid", "readerid", "reader")
_VIEWS = ("viewposition", "view", "projection", "frontallateral", "appa")
_NO_FINDINGS = frozenset(
    {"sex", "gender", "age", "followup", "classid", "split", "fold", "index"}
    | {"x", "y", "width", "height", "xmin", "xmax", "ymin", "ymax"}
)
"""Columns that are no findings, though their numbers may look so."""

VALUES = {"1": 1, "0": 0, "-1": -1, "": None, "1.0": 1, "0.0": 0, "-1.0": -1}
"""What may stand in a column of a finding -> present, absent, uncertain, not mentioned."""


class Columns(NamedTuple):
    """The names of the columns."""

    file: str  # what a row is about
    label: str  # its label, or several with | between them; empty where each finding has a column
    findings: tuple[str, ...]  # those columns
    patient: str  # whose the image is; empty where nothing says so
    reader: str  # who said so; empty where nobody is named
    views: tuple[str, ...]  # columns that tell from which side the image was taken


def find_columns(rows: Sequence[dict[str, str]], given: Sequence[str], table: Path) -> Columns:
    """Returns which column says what.

    Args:
      rows: of the table, at least one.
      given: `data.columns`: the columns of file, label and patient; empty to go by the names.
      table: where the rows are from, for messages.

    Raises:
      UserError: a column is missing, or none says what an image shows.
    """
    names = [name for name in rows[0] if name]
    for name in filter(None, given):
        if name not in names:
            reason = f"names {name!r}, and {table} has {_list(names)}."
            raise FieldError("config.data.columns", ",".join(given), reason)
    file, label, patient = (*given, "", "", "")[:3] if given else _guess(names)
    if not file:
        raise FieldError(
            "config.data.labels",
            table,
            f"has {_list(names)}, and none of the usual names of files: name the columns of file, label and patient in "
            "config.data.columns (Image,Diagnosis,Patient).",
        )
    reader = _first(names, _READER)
    views = tuple(name for name in names if _simplify(name) in _VIEWS and name not in (file, label, patient))
    taken = {file, label, patient, reader, *views}
    findings = () if label else tuple(name for name in names if name not in taken and _is_finding(name, rows))
    if not label and not findings:
        raise FieldError(
            "config.data.labels",
            table,
            f"has {_list(names)}, of which none is a label or a finding (1, 0, -1 or blank): name the columns of file, "
            "label and patient in config.data.columns (Image,Diagnosis,Patient).",
        )
    return Columns(file, label, findings, patient, reader, views)


def _guess(names: Sequence[str]) -> tuple[str, str, str]:
    patient = _first(names, _PATIENT)
    return _first(names, _FILE) or _first(names, (_FILE_BY_PATIENT,)), _first(names, _LABEL), patient


def _first(names: Sequence[str], usual: Sequence[str]) -> str:
    """Returns the first of the usual names that is there, however it is written."""
    written = {_simplify(name): name for name in reversed(names)}
    return next((written[name] for name in usual if name in written), "")


def _simplify(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


def _is_finding(name: str, rows: Sequence[dict[str, str]]) -> bool:
    return _simplify(name) not in _NO_FINDINGS and all(row[name].strip() in VALUES for row in rows)


def _list(names: Sequence[str]) -> str:
    return f"the columns {', '.join(names)}"
