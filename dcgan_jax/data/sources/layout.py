"""Which class and split the files of a folder are, by the folders that they lie in."""

from collections.abc import Sequence

from dcgan_jax.data.sources.folder_names import is_transparent, split_of_folder
from dcgan_jax.data.sources.source import TRAIN, SourceImage
from dcgan_jax.data.sources.splits import split_by_patient
from dcgan_jax.errors import UserError

LAYOUT = (
    "it must hold split/class/images (train/NORMAL/a.jpeg), class/split/images (NORMAL/train/a.jpeg) or class/images "
    "(NORMAL/a.jpeg)"
)


def assign_classes(files: Sequence[str], where: str) -> list[SourceImage]:
    """Returns the images of relative paths in any of the layouts.

    A folder named like a split makes it split/class/*; other folders beside it are then left alone. Such folders within
    the classes make it class/split/*. Folders called images are passed through.

    Args:
      files: paths with forward slashes.
      where: field and value, for messages.

    Raises:
      UserError: when the paths follow no layout, or there is nothing to train on.
    """
    folders = [[name for name in file.split("/")[:-1] if not is_transparent(name)] for file in files]
    if any(path and split_of_folder(path[0]) for path in folders):
        found = _assign(files, folders, where, split_at=0, label_at=1)
    elif any(len(path) > 1 and split_of_folder(path[1]) for path in folders):
        found = _assign(files, folders, where, split_at=1, label_at=0)
        _require_splits(files, folders, where)
    else:
        found = split_by_patient(_assign(files, folders, where, split_at=None, label_at=0))
    if not any(image.split == TRAIN for image in found):
        raise UserError(f"{where} has no training images: {LAYOUT}.")
    return sorted(found)


def _assign(
    files: Sequence[str], folders: Sequence[Sequence[str]], where: str, split_at: int | None, label_at: int
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
        raise UserError(f"{where} has images outside a class folder, {strays[0]} for one: {LAYOUT}.")
    return found


def _require_splits(files: Sequence[str], folders: Sequence[Sequence[str]], where: str) -> None:
    """Raises UserError if a class keeps images beside its folders of splits, which might be of any of them."""
    for file, path in zip(files, folders, strict=True):
        if len(path) < 2 or not split_of_folder(path[1]):
            raise UserError(
                f"{where} has folders of splits within classes, and {file} beside them, in none: move it into one, or "
                "out of the folder."
            )
