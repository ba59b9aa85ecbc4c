"""A folder of X-rays as a source: split/class/* with the splits it has, or class/* with a split of ours, by patient."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from dcgan_jax.data import images
from dcgan_jax.data.chest_xray.splits import split_by_patient, split_of_folder
from dcgan_jax.data.images import BadImageError
from dcgan_jax.data.source import TRAIN, SourceImage
from dcgan_jax.errors import UserError

_LAYOUT = "it must hold split/class/images (train/NORMAL/a.jpeg) or class/images (NORMAL/a.jpeg)"


class FolderSource:
    """The images below `data.dir`."""

    def __init__(self, folder: str):
        """Finds the files.

        Args:
          folder: `data.dir`; a copy's wrapper folder above the splits is fine.

        Raises:
          UserError: when it is no folder, or holds no images.
        """
        self.name = f"folder {folder}"
        self._folder = _find_root(folder)
        try:
            self._files = images.list_image_files(self._folder)
            entries = [f"{file}\t{_describe(self._folder / file)}" for file in self._files]
        except OSError as error:
            raise UserError(f"data.dir={folder} can't be read ({error}): make it readable.") from error
        if not self._files:
            suffixes = ", ".join(sorted(images.SUFFIXES))
            raise UserError(f"data.dir={folder} has no images ({suffixes}): {_LAYOUT}.")
        content = "\n".join(entries).encode(errors="surrogateescape")
        self.fingerprint = hashlib.sha256(content).hexdigest()

    def list_images(self) -> list[SourceImage]:
        """Returns all images, sorted; see `Source`."""
        return assign_classes(self._files, f"data.dir={self._folder}")

    def read_file(self, image: SourceImage) -> bytes:
        """See `Source`."""
        try:
            return (self._folder / image.file).read_bytes()
        except OSError as error:
            raise BadImageError(image.file, f"it can't be read ({error.strerror})") from error

    def locate(self, image: SourceImage) -> Path:
        """See `Source`."""
        return (self._folder / image.file).absolute()


def assign_classes(files: Sequence[str], where: str) -> list[SourceImage]:
    """Returns the images of relative paths in either layout.

    A folder named like a split makes it split/class/*; other folders beside it are then left alone.

    Args:
      files: paths with forward slashes.
      where: field and value, for messages.

    Raises:
      UserError: when the paths follow neither layout, or there is nothing to train on.
    """
    parts = [file.split("/") for file in files]
    has_splits = any(split_of_folder(path[0]) for path in parts if len(path) > 1)
    found, strays = [], []
    for path, file in zip(parts, files, strict=True):
        split = split_of_folder(path[0]) if has_splits else TRAIN
        folders = path[1:-1] if has_splits else path[:-1]
        if split and folders:
            found.append(SourceImage(split, folders[0], file))
        elif split:
            strays.append(file)
    if strays:
        raise UserError(f"{where} has images outside a class folder, {strays[0]} for one: {_LAYOUT}.")
    if not has_splits:
        found = split_by_patient(found)
    if not any(image.split == TRAIN for image in found):
        raise UserError(f"{where} has no training images: {_LAYOUT}.")
    return sorted(found)


def _find_root(folder: str) -> Path:
    root = Path(folder).expanduser()
    if not root.exists():
        raise UserError(
            f"data.dir={folder} does not exist: name a folder of X-rays, or leave it empty to download the published "
            "ones."
        )
    if not root.is_dir():
        raise UserError(
            f"data.dir={folder} is a file: name a folder, or leave it empty to download the published X-rays."
        )
    try:
        inside = [entry for entry in root.iterdir() if not images.is_ignored(entry.name)]
        is_wrapper = len(inside) == 1 and inside[0].is_dir() and not split_of_folder(inside[0].name)
        if is_wrapper and any(split_of_folder(entry.name) and entry.is_dir() for entry in inside[0].iterdir()):
            return inside[0]
    except OSError as error:
        raise UserError(f"data.dir={folder} can't be read ({error.strerror}): make it readable.") from error
    return root


def _describe(path: Path) -> str:
    """Returns what changes when a file is replaced."""
    try:
        status = path.stat()
    except FileNotFoundError:  # a dangling link; reading it names it
        return "missing"
    return f"{status.st_size}\t{status.st_mtime_ns}"
