"""Which file a row of a table is about: by its path, as much of it as the row gives, with or without the suffix."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from dcgan_jax.data.image_files import SUFFIXES
from dcgan_jax.errors import FieldError

_LISTED = 3


class Matches(NamedTuple):
    """Rows and files that belong together, and those that are alone."""

    file_of: dict[str, str]  # name in the table -> file
    without_file: list[str]  # names that no file has
    without_row: list[str]  # files that no row names


def match_files(names: Sequence[str], files: Sequence[str], table: Path) -> Matches:
    """Finds the file of each name.

    A name and a file match if the longer one ends with the shorter one, folder by folder: `a/1.png` is `x/a/1.png` and
    `1`. A file with the very suffix of the name comes before one without or with another.

    Args:
      names: of images, as a table has them: paths or names.
      files: paths with forward slashes.
      table: what has the names, for messages.

    Raises:
      UserError: a name fits several files, or a file several names.
    """
    by_stem = defaultdict(list)
    for file in files:
        by_stem[_stem(file)].append(file)
    file_of, without_file = {}, []
    for name in names:
        parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
        fitting = [file for file in by_stem.get(_stem(name), ()) if _ends_alike(parts, file.split("/"))]
        exact = [file for file in fitting if PurePosixPath(file).name == parts[-1]]
        fitting = exact or fitting
        if len(fitting) > 1:
            reason = f"has {name}, which may be any of {_list(fitting)}: give more of the path in the table."
            raise FieldError("config.data.labels", table, reason)
        if fitting:
            file_of[name] = fitting[0]
        else:
            without_file.append(name)
    _refuse_two_names(file_of, table)
    matched = set(file_of.values())
    return Matches(file_of, without_file, [file for file in files if file not in matched])


def _ends_alike(name: Sequence[str], file: Sequence[str]) -> bool:
    """Returns whether the folders of the longer path end with those of the shorter one."""
    count = min(len(name), len(file)) - 1
    return list(name[:-1])[len(name) - 1 - count :] == list(file[:-1])[len(file) - 1 - count :]


def _stem(path: str) -> str:
    """Returns the file's name without a suffix of images: a dot in another name, as in a UID, ends nothing."""
    name = PurePosixPath(path.replace("\\", "/"))
    return name.stem if name.suffix.lower() in SUFFIXES | {".dcm", ".dicom"} else name.name


def _refuse_two_names(file_of: dict[str, str], table: Path) -> None:
    name_of: dict[str, str] = {}
    for name, file in file_of.items():
        other = name_of.setdefault(file, name)
        if other != name:
            reason = f"has {other} and {name}, which are one file, {file}: leave one of them out."
            raise FieldError("config.data.labels", table, reason)


def _list(files: Iterable[str]) -> str:
    listed = list(files)
    return ", ".join(listed[:_LISTED]) + (f" and {len(listed) - _LISTED} more" if len(listed) > _LISTED else "")
