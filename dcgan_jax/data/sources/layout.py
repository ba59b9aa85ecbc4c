"""Which class and split the files of a folder are, by the folders that they lie in."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from dcgan_jax.data.sources.folder_names import is_transparent, split_of_folder
from dcgan_jax.data.sources.linking import NO_OWNERS, Owners, link_patients
from dcgan_jax.data.sources.patients import search_patients
from dcgan_jax.data.sources.roots import MANY, look_like_patients
from dcgan_jax.data.sources.source import TRAIN, SourceImage
from dcgan_jax.data.sources.splits import split_by_patient
from dcgan_jax.errors import FileError

LAYOUT = (
    "it must hold split/class/images (train/NORMAL/a.jpeg), class/split/images (NORMAL/train/a.jpeg) or class/images "
    "(NORMAL/a.jpeg)"
)
TABLE = "where a table says the class of each image, name it with config.data.labels=FILE.csv"


def assign_classes(
    files: Sequence[str],
    root: Path,
    owners: Owners = NO_OWNERS,
    test_share: float = 0.0,
    patient_pattern: str = "",
) -> list[SourceImage]:
    """Returns the images of relative paths in any of the layouts.

    A folder named like a split makes it split/class/*; other folders beside it are then left alone. Such folders within
    the classes make it class/split/*. Folders called images are passed through, and so is a split's within one of the
    same name. Classes that differ in upper and lower case are one, spelled as most of its training images have it.

    Args:
      files: paths with forward slashes.
      root: the folder or archive that they lie in, for messages.
      owners: patients of files that say it themselves.
      test_share: patients that are set apart for a test split where the folders have none.
      patient_pattern: `data.patient_pattern`; it comes before the owners.

    Raises:
      UserError: when the paths follow no layout, there is nothing to train on, or patients are where classes should be.
    """
    folders, has_splits = [_list_telling_folders(file) for file in files], True
    if any(path and split_of_folder(path[0]) for path in folders):
        found = _assign(files, folders, root, split_at=0, label_at=1)
    elif any(len(path) > 1 and split_of_folder(path[1]) for path in folders):
        found = _assign(files, folders, root, split_at=1, label_at=0)
        _require_splits(files, folders, root)
    else:
        found, has_splits = _assign(files, folders, root, split_at=None, label_at=0), False
    found = link_patients(search_patients(patient_pattern, found), owners)
    if not has_splits:
        found = split_by_patient(found, test_share)
    if not any(image.split == TRAIN for image in found):
        raise FileError(root, f"has no training images: {LAYOUT}.")
    _refuse_patients(found, root)
    return sorted(_unite_spellings(found))


def _list_telling_folders(file: str) -> list[str]:
    names = [name for name in file.split("/")[:-1] if not is_transparent(name)]
    splits = list(map(split_of_folder, names))
    return [
        name
        for name, split, before in zip(names, splits, [None, *splits], strict=False)
        if not split or split != before
    ]


def _unite_spellings(images: Sequence[SourceImage]) -> list[SourceImage]:
    counts = Counter((image.label, image.split == TRAIN) for image in images)
    spellings: dict[str, str] = {}
    for label in sorted({image.label for image in images}, key=lambda name: (-counts[name, True], name)):
        spellings.setdefault(label.lower(), label)
    return [replace(image, label=spellings[image.label.lower()]) for image in images]


def _refuse_patients(images: Sequence[SourceImage], root: Path) -> None:
    labels = sorted({image.label for image in images})
    if len(labels) > MANY and look_like_patients(labels, len(images)):
        raise FileError(
            root,
            f"has {len(labels):,} folders where classes should be, {labels[0]} for one, which look like patients: "
            f"{TABLE}.",
        )


def _assign(
    files: Sequence[str], folders: Sequence[Sequence[str]], root: Path, split_at: int | None, label_at: int
) -> list[SourceImage]:
    found, strays = [], []
    for file, path in zip(files, folders, strict=True):
        split: str | None = TRAIN
        if split_at is not None:
            split = split_of_folder(path[split_at]) if len(path) > split_at else None
        if len(path) > label_at and split:
            found.append(SourceImage(split, path[label_at], file))
        elif split or split_at is None:
            strays.append(file)
    if strays:
        raise FileError(root, f"has images outside a class folder, {strays[0]} for one: {LAYOUT}; {TABLE}.")
    return found


def _require_splits(files: Sequence[str], folders: Sequence[Sequence[str]], root: Path) -> None:
    """Raises UserError if a class keeps images beside its folders of splits, which might be of any of them."""
    for file, path in zip(files, folders, strict=True):
        if len(path) < 2 or not split_of_folder(path[1]):
            raise FileError(
                root,
                f"has folders of splits within classes, and {file} beside them, in none: move it into one, or out of "
                "the folder.",
            )
