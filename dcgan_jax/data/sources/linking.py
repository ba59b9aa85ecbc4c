"""Whose an image is where DICOM headers know patients and other images lie beside them.

A table or a pattern names the patient first, else the header does. What neither tells is taken from what goes with it:

- A header that always goes with the same named patient is that patient, also of a file that no row or pattern names.
- A patient's folder whose other files are all of one patient is that patient's: a PNG beside DICOM files.

Where these disagree (every header says ANONYMOUS, a site's folder holds many patients) nothing is concluded.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from dcgan_jax.data.sources.patients import patient_of
from dcgan_jax.data.sources.source import SourceImage


def link_patients(images: Sequence[SourceImage], owners: Mapping[str, str]) -> list[SourceImage]:
    """Returns the images with their patients, as far as they are known otherwise than by a place or a name.

    Args:
      images: with the patients that a table or a pattern names.
      owners: file -> patient, of files whose headers say it.
    """
    if not owners:
        return list(images)
    named_as = _find_only((owners[image.file], image.patient) for image in images if image.file in owners)
    linked = [_name(image, owners.get(image.file, ""), named_as) for image in images]
    places = [patient_of(replace(image, patient="")).conservative for image in images]
    of_place = _find_only((place, image.patient) for place, image in zip(places, linked, strict=True))
    return [
        image if image.patient else replace(image, patient=of_place.get(place, ""))
        for place, image in zip(places, linked, strict=True)
    ]


def _name(image: SourceImage, owner: str, named_as: Mapping[str, str]) -> SourceImage:
    return image if image.patient else replace(image, patient=named_as.get(owner, owner))


def _find_only(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Returns the patient of each key that goes with one alone."""
    patients = defaultdict(set)
    for key, patient in pairs:
        if patient:
            patients[key].add(patient)
    return {key: next(iter(found)) for key, found in patients.items() if len(found) == 1}
