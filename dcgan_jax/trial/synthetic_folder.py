"""Synthetic images from a folder: in a folder for each class, or with a manifest.csv that says which is which."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import UInt8

from dcgan_jax.data.image_files import find_images
from dcgan_jax.data.images import read_stored, show
from dcgan_jax.data.intensity import DepthGroup
from dcgan_jax.data.prepared import Example
from dcgan_jax.data.reading.stored_image import StoredImage
from dcgan_jax.data.resize import resize
from dcgan_jax.data.synthetic_marks import MANIFEST, SYNTHETIC, read_manifest
from dcgan_jax.errors import FieldError, FileError
from dcgan_jax.evaluation.folder import find_depth_groups
from dcgan_jax.settings import DataSettings
from dcgan_jax.trial.fitting import Images
from dcgan_jax.trial.plan_record import FolderOfImages, Origin

_STREAM = 12


@runtime_checkable
class SyntheticSource(Protocol):
    """Where synthetic images come from."""

    description: Origin  # what it is, for records; another one makes another trial

    def classes(self) -> list[str]:
        """Returns the classes there are images of."""

    def count_generators(self, label: str, fraction: float) -> int:
        """Returns among how many generators the generator seeds take turns; 0 where the images are there already.

        Raises:
          UserError: there is none for this fraction.
        """

    def draw(self, label: str, fraction: float, generator_seed: int, count: int, is_selected: bool = False) -> Images:
        """Returns synthetic images of a class for the arms of one fraction; the first ones do not depend on `count`.

        Args:
          label: the class.
          fraction: of the training patients.
          generator_seed: chooses among generators and among their images.
          count: images in all.
          is_selected: whether each is chosen among several.

        Raises:
          UserError: there are not as many, or none for this fraction.
        """


class SyntheticFolder:
    """Images that are there already; every generator seed draws among the same ones.

    Attributes:
      folder: where they are.
      runs: workdirs of the runs that made them, where the manifest says so.
    """

    def __init__(self, folder: str, data: DataSettings, tested: Iterable[Example], depth_groups: Sequence[DepthGroup]):
        """Finds the files.

        Args:
          folder: `trial.synthetic_dir`.
          data: how real images are resized, and brought to 8 bits where they are deeper.
          tested: validation and test images, none of which may be among the synthetic ones.
          depth_groups: the ranges that real images share.

        Raises:
          UserError: there are none, nothing says of which class they are, or the manifest can't be read.
        """
        self.folder, self._data, self._real_groups = Path(folder), data, depth_groups
        self._tested = {example.sha256: example.file for example in tested}
        if not self.folder.is_dir():
            raise FieldError("config.trial.synthetic_dir", folder, "is no folder: give one of synthetic images.")
        rows = read_manifest(self.folder)
        self._has_manifest = rows is not None
        self.runs = sorted({row["run"] for row in rows or [] if Path(row.get("run", "")).is_absolute()})
        self._files = _list_by_class(self.folder, rows)
        if not any(self._files.values()):
            raise FieldError(
                "config.trial.synthetic_dir",
                folder,
                f"has no images: it must hold class/images (NORMAL/a.png), or images with a {MANIFEST} that has the "
                "columns file and class.",
            )
        self.description: Origin = FolderOfImages(folder=folder, files_sha256=_fingerprint(self.folder, self._files))

    def classes(self) -> list[str]:
        """See `SyntheticSource`."""
        return sorted(self._files)

    def count_generators(self, label: str, fraction: float) -> int:
        """See `SyntheticSource`."""
        return 0

    def draw(self, label: str, fraction: float, generator_seed: int, count: int, is_selected: bool = False) -> Images:
        """See `SyntheticSource`; images of other sizes than the trial's are resized as real ones are.

        Files deeper than 8 bits are brought to 8 by `data.intensity`, as real ones are; with "dataset", by the range of
        the real images of their kind, and where there are none by one of their own kind.
        """
        assert not is_selected  # the settings refuse it of a folder
        files = self._files.get(label, [])
        if len(files) < count:
            raise FieldError(
                "config.trial.synthetic_dir",
                self.folder,
                f"has {len(files)} images of {label}, and {count} are needed: give more, or lower config.trial.ratios.",
            )
        order = np.random.default_rng([generator_seed, _STREAM]).permutation(len(files))
        return np.stack([self._read(files[position]) for position in order[:count]])

    def _read(self, name: str) -> UInt8[np.ndarray, "height width 1"]:
        stored = self._read_stored(name)
        groups = self._depth_groups if stored.is_deep else ()
        gray = show(stored, str(self.folder / name), self._data.intensity, groups)
        size = self._data.image_size
        if copied := self._tested.get(stored.sha256()):
            raise FileError(
                self.folder / name,
                f"is the validation or test image {copied}: nothing that classifiers are trained on may be; remove it "
                "from config.trial.synthetic_dir.",
            )
        if min(gray.shape) < size:
            raise FileError(
                self.folder / name,
                f"has {gray.shape[1]} x {gray.shape[0]} pixels, and the trial compares images of {size}: give "
                f"config.data.image_size={min(gray.shape)} or larger synthetic images.",
            )
        return resize(gray, size, self._data.resize, self._data.aspect)[..., None]

    def _read_stored(self, name: str) -> StoredImage:
        try:
            content = (self.folder / name).read_bytes()
        except OSError as error:
            remedy = f"mend {self.folder / MANIFEST}" if self._has_manifest else "permit it, or remove the file"
            raise FileError(self.folder / name, f"can't be read ({error.strerror}): {remedy}.") from error
        return read_stored(content, str(self.folder / name), admit=self._data.admit)

    @cached_property
    def _depth_groups(self) -> Sequence[DepthGroup]:
        """The ranges of real images, then those that the files here share, whatever their classes."""
        if self._data.intensity != "dataset":
            return ()
        paths = [self.folder / name for _, files in sorted(self._files.items()) for name in files]
        return [*self._real_groups, *find_depth_groups(paths, admit=self._data.admit)]


def _list_by_class(folder: Path, rows: Sequence[Mapping[str, str]] | None) -> dict[str, list[str]]:
    files: dict[str, list[str]] = {}
    if rows is not None:
        if rows and not {"file", "class"} <= rows[0].keys():
            raise FileError(
                folder / MANIFEST, "has no columns file and class: name the image files and their classes there."
            )
        for row in rows:
            if row.get(SYNTHETIC, SYNTHETIC) == SYNTHETIC:  # the manifest of a balanced set lists real ones too
                if "\0" in row["file"] or {"/", ".."} & set(Path(row["file"]).parts):
                    raise FileError(
                        folder / MANIFEST, f"names {row['file']!r}, which is not in that folder: remove that row."
                    )
                files.setdefault(row["class"], []).append(row["file"])
        return files
    for name in find_images(folder).images:
        label, _, rest = name.partition("/")
        if rest:
            files.setdefault(label, []).append(name)
    return files


def _fingerprint(folder: Path, files: Mapping[str, Sequence[str]]) -> str:
    digest = hashlib.sha256()
    for label, names in sorted(files.items()):
        for name in names:
            digest.update(f"{label}\t{name}\n".encode(errors="surrogateescape"))
            if (folder / name).is_file():
                digest.update((folder / name).read_bytes())
    return digest.hexdigest()
