"""What was found while preparing, as a record for programs."""

from dcgan_jax.data.class_tells import Tell
from dcgan_jax.data.intensity import DepthGroup
from dcgan_jax.data.labels.report import LabelsReport
from dcgan_jax.data.reading.dicom.steps import DicomSteps
from dcgan_jax.data.reading.stored_image import BadImageError, UnreadableFileError
from dcgan_jax.settings import DataSettings
from dcgan_jax.storage.record import Part, Record


class PreparationSettings(Part):
    """The fields of `config.data` that shape prepared images."""

    image_size: int
    resize: str
    aspect: str
    intensity: str
    on_bad_image: str
    views: tuple[str, ...] = ()
    admit: tuple[str, ...] = ()

    @classmethod
    def of(cls, data: DataSettings) -> "PreparationSettings":
        """Returns those fields."""
        return cls(**{name: getattr(data, name) for name in cls.model_fields})


class Sizes(Part):
    """Width and height of the files of a class, in pixels: each by itself sorted."""

    least: tuple[int, int]
    median: tuple[int, int]
    greatest: tuple[int, int]
    median_width_to_height: float


class Duplicates(Part):
    """Groups of files with the same pixels."""

    within_splits: list[list[str]]
    across_splits: list[list[str]]
    across_classes: tuple[list[str], ...] = ()


class PatientCounts(Part):
    """Patients by one reading of the names.

    Attributes:
      counts: by split and class.
      in_several_splits: how many.
      images_of_those: how many images they have, by split.
      in_several_classes: how many; in splits made here, each is in one with all images.
    """

    counts: dict[str, dict[str, int]]
    in_several_splits: int
    images_of_those: dict[str, int]
    in_several_classes: int


class PatientReadings(Part):
    """Patients by both readings of the names; see sources/patients.py."""

    conservative: PatientCounts
    published: PatientCounts


class LeftOut(Part):
    """A file that was to be an image; `unreadable`: the system did not give it, so it is tried again."""

    file: str
    reason: str
    unreadable: bool = False

    @classmethod
    def of(cls, error: BadImageError) -> "LeftOut":
        """Returns what is known of a file without the error, whose traceback holds the file's content and pixels."""
        is_unreadable = isinstance(error, UnreadableFileError)
        return cls(file=show_name(error.file), reason=show_name(error.reason), unreadable=is_unreadable)


class Flaw(Part):
    """An image that is used and hardly one."""

    file: str
    flaw: str


class DicomFile(Part):
    """A DICOM file that is used, by its pseudonym, and what was done to its values."""

    file: str
    steps: DicomSteps


class PreparedReport(Record):
    """What was found while preparing. File names that are not UTF-8 are shown with backslashes.

    Attributes:
      source: what it is and where.
      fingerprint: of the source.
      settings: what shaped the images.
      seconds: that it took.
      images: number of images by split and class.
      sizes: of the files, by class.
      duplicates: files with the same pixels.
      files_without_patient: how many each count as a patient of their own.
      patients: how many there are.
      depth_groups: ranges of files deeper than 8 bits.
      shown: by class, how values came to 8 bits and of how many images.
      dicom: the DICOM files.
      labels: what became of the rows of `data.labels`; None without it.
      left_out: files that were to be images and can't be used.
      passed_over: other files, by suffix.
      flaws: images that are hardly any.
      synthetic: files that say of themselves that they are.
      near_copies: pairs of files in different splits with other pixels that look the same.
      tells: by what the files of two classes can be told apart without a look at the images.
      warnings: what a user should know before training.
    """

    source: str
    fingerprint: str
    settings: PreparationSettings
    seconds: float
    images: dict[str, dict[str, int]]
    sizes: dict[str, Sizes]
    duplicates: Duplicates
    files_without_patient: int
    patients: PatientReadings
    depth_groups: list[DepthGroup]
    labels: LabelsReport | None = None
    left_out: list[LeftOut]
    passed_over: dict[str, int]
    flaws: list[Flaw]
    synthetic: list[str]
    shown: dict[str, dict[str, int]]
    dicom: list[DicomFile]
    near_copies: tuple[tuple[str, str], ...] = ()
    tells: tuple[Tell, ...] = ()
    warnings: tuple[str, ...] = ()


def show_name(name: str) -> str:
    """Returns a file name with what is not UTF-8 in it as backslashes and numbers, so that it can be written."""
    return name.encode(errors="surrogateescape").decode(errors="backslashreplace")
