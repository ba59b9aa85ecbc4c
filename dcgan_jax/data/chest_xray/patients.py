"""Whose X-ray a file is, by its name.

A patient has several images, and splits must not part them. The published names can be read in two ways:

- published: `person1000_bacteria` and `person1000_virus` are two patients, and so are `IM-0115` and `NORMAL2-IM-0115`.
  By this reading no patient is in both the published train and test splits.
- careful: within a class, the same bare number is the same patient. By this reading many are in both.

Nobody knows which is right, so splits that we make go by the careful one, which parts fewer.
"""

import re
from pathlib import PurePosixPath
from typing import NamedTuple

_PNEUMONIA = re.compile(r"(?P<published>person0*(?P<number>\d+)_(?:bacteria|virus))_\d+(?:_\d+)?")
_NORMAL = re.compile(r"(?P<published>(?:NORMAL2-)?IM-0*(?P<number>\d+))-\d+(?:-\d+)?")


class Patient(NamedTuple):
    """A patient by both readings."""

    careful: str
    published: str


def identify_patient(label: str, file: str) -> Patient:
    """Returns the patient of a file; one that is not named like the published ones is a patient of its own.

    Args:
      label: the file's class.
      file: its path, of which the name counts.
    """
    stem = PurePosixPath(file).stem
    match = _PNEUMONIA.fullmatch(stem) or _NORMAL.fullmatch(stem)
    if match is None:
        return Patient(f"{label}/{stem}", f"{label}/{stem}")
    return Patient(f"{label}/{match['number']}", match["published"])
