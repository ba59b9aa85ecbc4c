"""The DICOM files of a folder, before they are decoded: whose they are, from which side, and what they may be called.

Who the patient is, the header says (PatientID with its issuer), the path often, too. Neither is written anywhere:
patients and files go by pseudonyms, `NORMAL/3f2a9c...dcm`, and other images of a folder with DICOM files keep their
names, but their patients have pseudonyms as well, so that the same folder is the same patient.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from dcgan_jax.data.images import opening
from dcgan_jax.data.reading.formats import DICOM, HEAD_BYTES, find_format
from dcgan_jax.data.reading.stored_image import BadImageError
from dcgan_jax.data.sources.folder_names import split_of_folder
from dcgan_jax.data.sources.linking import Owners, find_only
from dcgan_jax.data.sources.patients import patient_of
from dcgan_jax.data.sources.pseudonyms import Pseudonyms, load_pseudonyms
from dcgan_jax.data.sources.source import SourceImage
from dcgan_jax.data.sources.views import is_wanted

_SUFFIXES = frozenset((".dcm", ".dicom", ".dic"))
_PATIENT, _NAMED, _FILE = "patient", "named patient", "file"
OTHER_VIEWS = "DICOM files of other views"
LATERAL_VIEWS = "DICOM files of lateral views (name LL and RL in data.views to use them)"
"""How files are counted among what was passed over."""


class Identity(NamedTuple):
    """What a header tells; each is empty where it says nothing."""

    patient: str  # the pseudonym
    number: str  # PatientID, which is never written
    view: str  # ViewPosition


class DicomFiles:
    """The DICOM files among those of a folder.

    Attributes:
      owners: patients that headers name, by their pseudonyms.
      paths: pseudonym of a file -> its path, of images that were concealed.
    """

    def __init__(self, folder: Path, files: Sequence[str]):
        """Reads the headers.

        Args:
          folder: where the files lie.
          files: paths relative to it, of any format.

        Raises:
          UserError: there are some, and the key of the pseudonyms can't be used.
        """
        with ThreadPoolExecutor() as threads:
            are_dicom = list(threads.map(lambda file: _is_dicom(folder / file), files))
            found = [file for file, is_dicom in zip(files, are_dicom, strict=True) if is_dicom]
            self._pseudonyms = load_pseudonyms() if found else None
            identities = threads.map(lambda file: _identify(folder / file, self._pseudonyms), found)
            self._identities = dict(zip(found, identities, strict=True))
        of_files = {file: identity.patient for file, identity in self._identities.items() if identity.patient}
        of_numbers = find_only((identity.number, identity.patient) for identity in self._identities.values())
        self.owners = Owners(of_files, of_numbers)
        self._header_patients = frozenset(of_files.values())
        self.paths: dict[str, str] = {}

    @property
    def are_any(self) -> bool:
        """Whether there are DICOM files, so that names are not written."""
        return self._pseudonyms is not None

    def choose(self, files: Sequence[str], views: Collection[str]) -> tuple[list[str], Counter[str]]:
        """Returns the files of the views, with those that tell none, and how many others there are.

        Args:
          files: those of the folder.
          views: `data.views`; empty for all but lateral ones.
        """
        kept, others = [], Counter[str]()
        for file in files:
            view = self._identities[file].view if file in self._identities else ""
            if is_wanted({view} - {""}, views):
                kept.append(file)
            else:
                others[OTHER_VIEWS if views else LATERAL_VIEWS] += 1
        return kept, others

    def name(self, file: str) -> str:
        """Returns what a file may be called in what is written: its path where it is no DICOM file."""
        if file not in self._identities or self._pseudonyms is None:
            return file
        return f"{self._pseudonyms.of(_FILE, file)}.dcm"

    def conceal(self, images: Sequence[SourceImage]) -> list[SourceImage]:
        """Returns images by the names and patients that may be written, sorted."""
        if self._pseudonyms is None:
            return list(images)
        return sorted(self._conceal(image, self._pseudonyms) for image in images)

    def _conceal(self, image: SourceImage, pseudonyms: Pseudonyms) -> SourceImage:
        patient = image.patient
        if patient not in self._header_patients:  # by a table, a folder or a name
            name = patient_of(image).conservative
            patient = pseudonyms.of(_NAMED, name) if name != image.file else ""
        file = image.file
        if file in self._identities:
            splits = [part for part in PurePosixPath(file).parts[:-1] if split_of_folder(part)]
            file = PurePosixPath(*splits, image.label, self.name(file)).as_posix()
            self.paths[file] = image.file
        return replace(image, file=file, patient=patient)


def _is_dicom(path: Path) -> bool:
    """Returns whether a file is DICOM, or means to be and can't be read."""
    try:
        with opening(path) as stream:
            found = find_format(stream.read(HEAD_BYTES))
    except BadImageError:
        found = None
    return found == DICOM or (found is None and path.suffix.lower() in _SUFFIXES)


def _identify(path: Path, pseudonyms: Pseudonyms | None) -> Identity:
    from dcgan_jax.data.reading.dicom.header import read_header  # pydicom takes a moment to import

    assert pseudonyms is not None
    try:
        with opening(path) as stream:
            elements = read_header(stream, str(path)).elements
            number, issuer = (elements.raw(name).decode("latin-1") for name in ("PatientID", "IssuerOfPatientID"))
            view = elements.text("ViewPosition").upper()
    except BadImageError:  # decoding says what is wrong
        return Identity("", "", "")
    return Identity(pseudonyms.of(_PATIENT, number, issuer) if number else "", number, view)
