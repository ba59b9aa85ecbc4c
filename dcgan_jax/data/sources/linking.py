"""Whose an image is where DICOM headers know patients and other images lie beside them.

A table or a pattern names the patient first, else the header does. What neither tells is taken from what goes with it:

- A header that always goes with the same named patient is that patient, also of a file that no row or pattern names.
- A patient's folder whose other files are all of one patient is that patient's: a PNG beside DICOM files.
- A patient who is called what one header calls its patient, `P017/a.png` and PatientID P017, is that patient, wherever
  the files are. Two who happen to have one name are then kept on one side of a split, which parts nobody.

Where these disagree (every header says ANONYMOUS, a site's folder holds many patients) nothing is concluded.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dcgan_jax.data.sources.patients import patient_of
from dcgan_jax.data.sources.source import SourceImage


@dataclass(frozen=True)
class Owners:
    """Patients as headers know them, by pseudonyms.

    Attributes:
      of_files: file -> patient, where its header says it.
      of_numbers: PatientID, which must never be written -> patient, where only one has that number: two issuers may
        have given the same.
    """

    of_files: Mapping[str, str] = field(default_factory=dict)
    of_numbers: Mapping[str, str] = field(default_factory=dict)


NO_OWNERS = Owners()
"""Where no file has a header."""


def link_patients(images: Sequence[SourceImage], owners: Owners) -> list[SourceImage]:
    """Returns the images with their patients, as far as they are known otherwise than by a place or a name.

    The images have the patients that a table or a pattern names.
    """
    of_files = owners.of_files
    if not of_files:
        return list(images)
    named_as = find_only((of_files[image.file], image.patient) for image in images if image.file in of_files)
    # What a table calls its patients is theirs: a name there that is another one's number in a header says nothing.
    of_numbers = {number: patient for number, patient in owners.of_numbers.items() if patient not in named_as}
    named = [_name(image, of_files.get(image.file, ""), named_as, of_numbers) for image in images]
    places = [patient_of(replace(image, patient="")).conservative for image in images]
    whose = list(zip(places, named, strict=True))
    of_places = find_only((place, image.patient) for place, image in whose)
    occupied = {place for place, image in whose if image.patient}
    of_places |= {place: of_numbers[place] for place in set(places) - occupied if place in of_numbers}
    return [image if image.patient else replace(image, patient=of_places.get(place, "")) for place, image in whose]


def _name(image: SourceImage, owner: str, named_as: Mapping[str, str], of_numbers: Mapping[str, str]) -> SourceImage:
    patient = image.patient or named_as.get(owner, owner)
    return replace(image, patient=of_numbers.get(patient, patient))


def find_only(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Returns the patient of each key that goes with one alone."""
    patients = defaultdict(set)
    for key, patient in pairs:
        if patient:
            patients[key].add(patient)
    return {key: next(iter(found)) for key, found in patients.items() if len(found) == 1}
