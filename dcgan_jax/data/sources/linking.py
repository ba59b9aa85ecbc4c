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
    """Patients as headers know them, by pseudonyms."""

    of_files: Mapping[str, str] = field(default_factory=dict)  # file -> patient, where its header says it
    # What headers call a patient -> the patient, where that is one alone: two issuers may have given one number.
    called: Mapping[str, str] = field(default_factory=dict)


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
    linked = [_name(image, of_files.get(image.file, ""), named_as) for image in images]
    places = [patient_of(replace(image, patient="")).conservative for image in images]
    of_place = find_only((place, image.patient) for place, image in zip(places, linked, strict=True))
    # What a table calls its patients is theirs: a name there that is another one's number in a header says nothing.
    called = {name: patient for name, patient in owners.called.items() if patient not in named_as}

    def find(place: str, image: SourceImage) -> str:
        return called.get(image.patient, image.patient) or of_place.get(place) or called.get(place, "")

    return [replace(image, patient=find(place, image)) for place, image in zip(places, linked, strict=True)]


def _name(image: SourceImage, owner: str, named_as: Mapping[str, str]) -> SourceImage:
    return image if image.patient else replace(image, patient=named_as.get(owner, owner))


def find_only(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Returns the patient of each key that goes with one alone."""
    patients = defaultdict(set)
    for key, patient in pairs:
        if patient:
            patients[key].add(patient)
    return {key: next(iter(found)) for key, found in patients.items() if len(found) == 1}
