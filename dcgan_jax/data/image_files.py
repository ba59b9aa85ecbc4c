"""Which files below a folder are images, whatever they are called, and which were passed over."""

import os
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dcgan_jax.data.reading.formats import HEAD_BYTES, find_format
from dcgan_jax.errors import FileError

SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".tif", ".tiff", ".bmp", ".dib", ".pgm", ".ppm", ".pbm", ".pnm"}
    | {".webp", ".gif", ".jp2", ".j2k", ".jpx", ".dcm", ".dicom", ".dic"}
)
"""Files of these names are meant as images: if one can't be read, that is said."""

_SIDECARS = frozenset(
    {".csv", ".tsv", ".txt", ".md", ".json", ".xml", ".yaml", ".yml", ".html", ".log", ".py", ".ipynb"}
    | {".xls", ".xlsx", ".docx"}
)
_VISITS = 16  # of one real folder by different links


@dataclass
class FoundFiles:
    """What lies below a folder."""

    images: list[str] = field(default_factory=list)  # paths with forward slashes, relative to the folder, sorted
    # Number of other files by suffix; text and tables are not counted.
    passed_over: Counter[str] = field(default_factory=Counter)
    has_links: bool = False  # a folder or file was reached through a link


def find_images(folder: Path) -> FoundFiles:
    """Returns the image files below a folder: those with a suffix of images, and others whose content is an image.

    Hidden files and folders (.DS_Store, ._*) and __MACOSX are left out; links are followed.

    Raises:
      UserError: a folder can't be read.
    """
    found = FoundFiles()
    for path, place in _walk(folder, found):
        suffix = path.suffix.lower()
        if suffix in SUFFIXES or _holds_an_image(path):
            found.images.append(place)
        elif suffix not in _SIDECARS:
            found.passed_over[suffix or "no suffix"] += 1
        found.has_links |= path.is_symlink()
    found.images.sort()
    return found


def is_ignored(name: str) -> bool:
    """Tells whether a file or folder of this name is an operating system's, not the data set's."""
    return name.startswith(".") or name == "__MACOSX"


def _walk(folder: Path, found: FoundFiles) -> Iterator[tuple[Path, str]]:
    """Yields every file with its path relative to the folder; a link to a folder above is not walked for ever."""
    visits: Counter[str] = Counter()
    above: dict[str, list[str]] = {str(folder): []}  # the real folders around each folder to come
    for parent, folders, names in os.walk(folder, followlinks=True, onerror=_refuse):
        real = os.path.realpath(parent)
        around = [*above.pop(parent), real]
        kept = []
        for name in sorted(folders):  # strings throughout: a Path for each of many files takes long
            path = os.path.join(parent, name)  # noqa: PTH118 - the key that os.walk makes
            is_link = os.path.islink(path)  # noqa: PTH114
            target = os.path.realpath(path) if is_link else os.path.join(real, name)  # noqa: PTH118
            if is_ignored(name) or target in around or visits[target] >= _VISITS:
                continue
            found.has_links |= is_link
            visits[target] += 1
            above[path] = around
            kept.append(name)
        folders[:] = kept
        for name in names:
            if not is_ignored(name):
                file = Path(parent, name)
                yield file, file.relative_to(folder).as_posix()


def _refuse(error: OSError) -> None:
    raise FileError(error.filename, f"can't be read ({error.strerror}): make it readable.") from error


def _holds_an_image(path: Path) -> bool:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return False
        with path.open("rb") as file:
            found = find_format(file.read(HEAD_BYTES))
    except OSError:
        return False
    return found is not None and found.is_read
