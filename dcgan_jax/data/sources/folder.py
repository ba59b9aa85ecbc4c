"""A folder of X-rays as a source: its files, with the splits it has, or with a split of ours, by patient."""

import errno
import hashlib
import os
import stat
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from dcgan_jax.data import images
from dcgan_jax.data.image_files import SUFFIXES, find_images
from dcgan_jax.data.labels.classes import assign_labels
from dcgan_jax.data.labels.report import LabelsReport
from dcgan_jax.data.labels.table import read_label_table
from dcgan_jax.data.reading.stored_image import BadImageError
from dcgan_jax.data.sources.dicom_files import DicomFiles
from dcgan_jax.data.sources.folder_names import is_mask_place
from dcgan_jax.data.sources.layout import LAYOUT, assign_classes
from dcgan_jax.data.sources.roots import find_root
from dcgan_jax.data.sources.source import Source, SourceImage
from dcgan_jax.errors import FieldError, FileError
from dcgan_jax.settings import DataSettings

MASKS, OUTSIDE = "masks", "images in other folders than those of the splits"
"""How images are counted among what was passed over."""


class FolderSource(Source):
    """The images below `data.dir`."""

    def __init__(self, folder: str, data: DataSettings = DataSettings()):  # noqa: B008 - it is frozen
        """Finds the files, and reads the table of labels where there is one.

        Args:
          folder: `data.dir`; folders around the data set are fine.
          data: `views`, `labels`, `columns`, `label`, `exclude`, `patient_pattern` and `test` are used. A folder of the
            name of `label` is a class.

        Raises:
          UserError: when it is no folder, can't be read, or holds no images, or several data sets; or the table can't
            be used.
        """
        self._data = data
        self._table = read_label_table(Path(data.labels), data.columns) if data.labels else None
        self.labels: LabelsReport | None = None
        named = _require_folder(folder)
        found = find_images(named)
        files = [file for file in found.images if not is_mask_place(file)]
        self.passed_over: Mapping[str, int] = found.passed_over + Counter({MASKS: len(found.images) - len(files)})
        if not files:
            raise FieldError("config.data.dir", folder, f"has no images{self._describe_others()}: {LAYOUT}.")
        # A table names files wherever they are; without one, folders around the data set are no classes.
        names = () if self._table else find_root(files, data.label, folder)
        root = "".join(f"{name}/" for name in names)
        self._files = [file.removeprefix(root) for file in files if file.startswith(root)]
        self._num_outside = len(files) - len(self._files)
        self._folder = named / root
        self._has_links = found.has_links
        self.name = f"folder {self._folder}"
        self._sizes: dict[str, int] = {}
        self._paths: Mapping[str, str] = {}
        entries = [f"{file}\t{self._describe(file)}" for file in self._files]
        entries += [f"{kind}\t{count}" for kind, count in sorted(self.passed_over.items())]
        entries += self._describe_reading()
        self.fingerprint = hashlib.sha256("\n".join(entries).encode(errors="surrogateescape")).hexdigest()

    def list_images(self) -> list[SourceImage]:
        """Returns all images, sorted; see `Source`."""
        dicom = DicomFiles(self._folder, self._files)
        files, others = dicom.choose(self._files, self._data.views)
        if not files:
            views = ",".join(self._data.views)
            raise FieldError("config.data.views", views, f"leaves nothing but {describe_counts(others)}: name more.")
        if self._table:
            found, self.labels = assign_labels(self._table, files, self._data, dicom.owners)
            self.labels = self.labels.rename(dicom.name)
            if dicom.are_any:  # what rows call files may name patients
                self.labels = self.labels.model_copy(update={"without_file": []})
            self.passed_over = {**self.passed_over, **others}
        else:
            test_share, pattern = self._data.test, self._data.patient_pattern
            found = assign_classes(files, self._folder, dicom.owners, test_share, pattern)
            self.passed_over = {**self.passed_over, **others, OUTSIDE: self._num_outside + len(files) - len(found)}
        if self._has_links:
            self._refuse_same_files(found)
        found, self._paths = dicom.conceal(found), dicom.paths
        return found

    def num_bytes(self, image: SourceImage) -> int:
        """See `Source`."""
        return self._sizes.get(self.name_of(image.file), 0)

    def read_file(self, image: SourceImage) -> bytes:
        """See `Source`."""
        try:
            return images.read_file(self.locate(image))
        except BadImageError as error:
            raise type(error)(image.file, error.reason) from error

    def locate(self, image: SourceImage) -> Path:
        """See `Source`."""
        return (self._folder / self.name_of(image.file)).absolute()

    def name_of(self, file: str) -> str:
        """See `Source`."""
        return self._paths.get(file, file)

    def list_names(self) -> list[tuple[str, str]]:
        """Returns the names that DICOM files go by in what is written, with their paths."""
        dicom = DicomFiles(self._folder, self._files)
        return [(name, file) for file in self._files if (name := dicom.name(file)) != file]

    def _describe(self, file: str) -> str:
        """Returns what changes when a file is replaced."""
        try:
            status = (self._folder / file).stat()
        except OSError as error:  # a dangling link, or one to itself; reading it names it
            return errno.errorcode.get(error.errno or 0, "missing")
        self._sizes[file] = status.st_size
        return f"{status.st_size}\t{status.st_mtime_ns}"

    def _describe_reading(self) -> list[str]:
        """Returns what decides the classes, patients and splits of the same files; nothing where it is the default."""
        read = self._data.model_dump(include={"test", "patient_pattern"}, exclude_defaults=True)
        if self._table:
            read |= {"labels": self._table.sha256, "columns": self._data.columns, "exclude": self._data.exclude}
            read |= {} if self._table.has_one_label_each else {"label": self._data.label}
            read |= {"views": self._data.views} if self._table.tells_views else {}
        return [f"{name}\t{value}" for name, value in read.items()]

    def _describe_others(self) -> str:
        if not self.passed_over:
            return f" ({', '.join(sorted(SUFFIXES))}, or any file whose content is one of these)"
        return f" but {describe_counts(self.passed_over)}"

    def _refuse_same_files(self, found: list[SourceImage]) -> None:
        """Raises UserError if one file would count as two images: a class is a link to a folder that is one, too."""
        places: dict[str, str] = {}
        for image in found:
            real = os.path.realpath(self._folder / image.file)
            other = places.setdefault(real, image.file)
            if other != image.file:
                raise FileError(
                    self._folder / image.file,
                    f"is {other} too, reached by a link: leave one of them out, or move the folder that is linked to "
                    "out of config.data.dir.",
                )


def describe_counts(counts: Mapping[str, int]) -> str:
    """Returns kinds of files with their numbers, the most frequent first."""
    return ", ".join(f"{count:,} {kind}" for kind, count in Counter(counts).most_common())


def _require_folder(folder: str) -> Path:
    path = Path(folder).expanduser()
    try:
        if not stat.S_ISDIR(path.stat().st_mode):
            raise FieldError(
                "config.data.dir",
                folder,
                "is a file: name a folder, or leave it empty to download the published X-rays.",
            )
    except FileNotFoundError:
        raise FieldError(
            "config.data.dir",
            folder,
            "does not exist: name a folder of X-rays, or leave it empty to download the published ones.",
        ) from None
    except OSError as error:
        raise FieldError("config.data.dir", folder, f"can't be read ({error.strerror}): make it readable.") from error
    return path
