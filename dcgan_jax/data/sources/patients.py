"""Whose X-ray a file is, by where it lies and what it is called.

A patient has several images, and splits must not part them. Nothing but a path tells whose an image is:

- A published name, `person1000_bacteria_2931` or `IM-0115-0001`, carries the patient and can be read in two ways:
    - published: `person1000_bacteria` and `person1000_virus` are two patients, and so are `IM-0115` and
      `NORMAL2-IM-0115`. By this reading no patient is in both the published train and test splits.
    - conservative: within a class, the same bare number is the same patient. By this reading many are in both.
  Nobody knows which is right, so splits that we make go by the conservative one, which parts fewer.
- A folder right below the class is one patient's, with all below it: `NORMAL/patient01/study1/view1.png`. The patient
  is the same in every class: a chest that was healthy may be ill later. If the folder is a site's, its patients go
  together, which is coarse and parts none. It comes before a name like `IM-0001-0001`, which viewers give to the files
  of every patient; `person1000_bacteria_2931` counts in any folder. Folders of a split, or called images, are nobody's.
- Other names that are common tell the patient, too: `00001280_004` of NIH ChestX-ray14 and `patient01_view2`; so does,
  where no folder is a class, a folder called `patient00001`, as CheXpert has them.
- `data.patient_pattern`, or the patients' column of `data.labels`, comes before all of that, and so does the header of
  a DICOM file (linking.py). What a pattern does not match is told as without it.
- Of any other file, directly in its class, no patient is known: `NORMAL/p1_2.png` may be image 2 of patient 1 or not.
  It counts as a patient of its own, so what is split or held out by patient is then by file and may part a patient's
  images. The report of a prepared set warns of it; a folder for each patient, or a pattern, is the remedy.
"""

import logging
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import NamedTuple

from dcgan_jax.data.sources.folder_names import is_transparent, split_of_folder
from dcgan_jax.data.sources.source import SourceImage
from dcgan_jax.errors import FieldError

logger = logging.getLogger(__name__)

_PNEUMONIA = re.compile(r"(?P<published>person0*(?P<number>\d+)_(?:bacteria|virus))_\d+(?:_\d+)?")
_NORMAL = re.compile(r"(?P<published>(?:NORMAL2-)?IM-0*(?P<number>\d+))-\d+(?:-\d+)?")
_PHANTOM = re.compile(r"phantom-\d+")  # each is drawn as somebody else
_NIH = re.compile(r"(?P<patient>\d{8})_\d{3}")
_NAMED = re.compile(r"(?P<patient>patient[ _-]?\d+)(?:[ _.-].*)?", re.IGNORECASE)


class Patient(NamedTuple):
    """A patient by both readings."""

    conservative: str
    published: str


def patient_of(image: SourceImage) -> Patient:
    """Returns the patient of an image of a source: the one that the source knows, or by its place and name."""
    return Patient(image.patient, image.patient) if image.patient else identify_patient(image.label, image.file)


def search_patients(pattern: str, images: Sequence[SourceImage]) -> list[SourceImage]:
    """Returns the images with the patients that `data.patient_pattern` finds in the paths of those that have none yet.

    Of what it does not match, the patient is told as without a pattern, and that is said.

    Args:
      pattern: a regular expression with one group; empty: none.
      images: of a source.

    Raises:
      UserError: it finds nobody.
    """
    asked = [image.file for image in images if not image.patient] if pattern else []
    found = {file: match[1] for file in asked if (match := re.search(pattern, file)) and match[1]}
    if asked and not found:
        raise FieldError(
            "config.data.patient_pattern",
            pattern,
            f"finds a patient in none of the {len(asked):,} paths, {asked[0]} for one: mend it, or leave it out.",
        )
    if len(found) < len(asked):
        logger.warning(
            "warning: config.data.patient_pattern tells the patient of %s of %s files; of the others, %s for one, "
            "headers, folders and names do, as without it",
            f"{len(found):,}",
            f"{len(asked):,}",
            next(file for file in asked if file not in found),
        )
    return [replace(image, patient=image.patient or found.get(image.file, "")) for image in images]


def identify_patient(label: str, file: str) -> Patient:
    """Returns the patient of a file, by its class, which may be one of its folders, and its path within the source.

    Where none is known, both readings are the file itself.
    """
    path = PurePosixPath(file)
    if match := _PNEUMONIA.fullmatch(path.stem):
        return Patient(f"{label}/{match['number']}", match["published"])
    if folder := _find_patient_folder(label, path):
        return Patient(folder, folder)
    if match := _NORMAL.fullmatch(path.stem):
        return Patient(f"{label}/{match['number']}", match["published"])
    if match := _NIH.fullmatch(path.stem) or _NAMED.fullmatch(path.stem):
        return Patient(match["patient"], match["patient"])
    patient = f"{label}/{path.stem}" if _PHANTOM.fullmatch(path.stem) else file
    return Patient(patient, patient)


def rename_patient(patient: str, label: str, file: str) -> str:
    """Returns the name by which a patient goes now, of whom an older list of files tells.

    Folders of patients were once named together with the class, `NORMAL/patient01`.
    """
    folder = _find_patient_folder(label, PurePosixPath(file))
    return folder if folder and patient == f"{label}/{folder}" else patient


def _find_patient_folder(label: str, path: PurePosixPath) -> str | None:
    folders, label = path.parts[:-1], label.lower()
    place = next((place for place, name in enumerate(folders) if name.lower() == label), None)
    if place is None:
        return next((name for name in folders if _NAMED.fullmatch(name)), None)
    below = [name for name in folders[place:] if name.lower() != label]
    return next((name for name in below if not split_of_folder(name) and not is_transparent(name)), None)
