"""Where below the folder that a user names a data set begins: copies of data sets come wrapped, twice, or in a wrapper.

The published archive unpacks to chest_xray/chest_xray/train with a second copy in chest_xray/train; others are in a
folder of their own beside the .zip they came in.
"""

import re
from collections import defaultdict
from collections.abc import Sequence

from dcgan_jax.data.sources.folder_names import is_transparent, split_of_folder
from dcgan_jax.errors import FieldError

MANY = 20
"""Folders beside each other; more whose names differ by numbers alone are patients', not classes."""

_IMAGES_OF_A_CLASS = 10

Folders = tuple[str, ...]


def find_root(files: Sequence[str], label: str, folder: str) -> Folders:
    """Returns the folders to go down before splits or classes begin; none where they lie in the named folder itself.

    Where folders of splits hold folders, the uppermost of those are the data set, and what lies deeper is a copy. A
    folder around them is a class if it is asked for, or if it is one of several whose splits share no folder name: what
    lies in those are patients.

    Args:
      files: paths with forward slashes.
      label: the class that is asked for: a folder of that name is one.
      folder: `data.dir`, for messages.

    Raises:
      UserError: data sets with splits of their own lie beside each other, or beside more images than they hold.
    """
    paths = [tuple(file.split("/")[:-1]) for file in files]
    around = _find_around_splits(paths)
    if not around:
        telling = [tuple(name for name in path if not is_transparent(name)) for path in paths]
        return _take(_common_folders(paths), _count_wrappers(telling, label))
    root = _choose_among(around, label, folder)
    if 2 * sum(path[: len(root)] == root for path in paths) < len(paths):
        name = "/".join(root)
        raise FieldError(
            "config.data.dir",
            folder,
            f"holds a data set with splits in {name}, and more images beside it: give that folder, or sort all of them "
            "into its splits.",
        )
    return root


def look_like_patients(names: Sequence[str], num_images: int) -> bool:
    """Returns whether folders beside each other, with so many images in all, are patients rather than classes."""
    without_numbers = {re.sub(r"\d+", "", name.lower()) for name in names}
    if 2 * len(without_numbers) > len(names):
        return len(names) > MANY and num_images < 2 * len(names)
    return len(names) > MANY or num_images < _IMAGES_OF_A_CLASS * len(names)


def _find_around_splits(paths: Sequence[Folders]) -> dict[Folders, dict[str, set[str]]]:
    """Returns the folders in which splits with folders lie, each with the lower-case names in each split."""
    around: dict[Folders, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for path in set(paths):
        for place, name in enumerate(path):
            split = split_of_folder(name)
            below = [part for part in path[place + 1 :] if not is_transparent(part) and split_of_folder(part) != split]
            if split and below:
                around[path[:place]][split].add(below[0].lower())
                break
    return {
        folders: splits
        for folders, splits in around.items()
        if not any(folders[:depth] in around for depth in range(len(folders)))
    }


def _choose_among(around: dict[Folders, dict[str, set[str]]], label: str, folder: str) -> Folders:
    """Returns the one folder around splits, or the one in which all of them are classes."""
    outer = {folders[:-1] for folders in around}
    is_named = label.lower() in {folders[-1].lower() for folders in around if folders}
    are_classes = len(around) > 1 and all(map(_has_patients, around.values()))
    if len(outer) == 1 and () not in around and (is_named or are_classes):
        return outer.pop()
    if len(around) == 1:
        (only,) = around
        return only if any(not is_transparent(name) for name in only) else ()
    first, second = sorted("/".join(folders) for folders in around)[:2]
    raise FieldError(
        "config.data.dir",
        folder,
        f"holds several data sets with splits of their own, in {first} and {second}: give one of them.",
    )


def _has_patients(splits: dict[str, set[str]]) -> bool:
    """Returns whether folders in splits are patients, who are in one split each, rather than classes."""
    names = list(splits.values())
    shared = {name for place, own in enumerate(names) for other in names[place + 1 :] for name in own & other}
    return len(names) > 1 and 2 * len(shared) < min(map(len, names))


def _count_wrappers(paths: Sequence[Folders], label: str) -> int:
    """Returns how many folders lie one in the other, each alone, before the classes begin; see `find_root`."""
    depth = 0
    while paths and all(len(path) > depth + 1 for path in paths):
        here, below = ({path[place] for path in paths} for place in (depth, depth + 1))
        if len(here) > 1 or label.lower() in map(str.lower, here) or any(map(split_of_folder, here | below)):
            return depth
        if label.lower() in map(str.lower, below):
            return depth + 1
        if len(below) > 1:
            return depth if look_like_patients([*below], len(paths)) else depth + 1
        depth += 1
    return 0  # one folder in the other to the last: nothing says which of them is the class


def _common_folders(paths: Sequence[Folders]) -> Folders:
    common = []
    for names in zip(*paths, strict=False):
        if len(set(names)) > 1:
            break
        common.append(names[0])
    return tuple(common)


def _take(folders: Folders, depth: int) -> Folders:
    """Returns the first folders that include so many that say something."""
    taken: list[str] = []
    for name in folders:
        if not depth:
            break
        taken.append(name)
        depth -= not is_transparent(name)
    return tuple(taken)
