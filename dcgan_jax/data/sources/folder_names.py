"""What the usual names of folders and files mean: a split, a mask, or nothing."""

import re
from pathlib import PurePosixPath

from dcgan_jax.data.sources.source import TEST, TRAIN, VALIDATION

_SPLITS = {
    "train": TRAIN,
    "training": TRAIN,
    "val": VALIDATION,
    "valid": VALIDATION,
    "validation": VALIDATION,
    "test": TEST,
    "testing": TEST,
}
_TRANSPARENT = frozenset(["image", "images", "img", "imgs"])
_MASKS = frozenset(
    {"mask", "masks", "label", "labels", "segmentation", "segmentations", "seg", "segs"}
    | {"annotation", "annotations", "groundtruth"}
)
_MASK_FILE = re.compile(r"(?:^|.*[ _-])(?:mask|masks|segmentation)(?:[ _-]?\d*)", re.IGNORECASE)


def split_of_folder(name: str) -> str | None:
    """Returns the split that a folder of this name holds, None when the name is not a split's."""
    return _SPLITS.get(name.lower())


def is_transparent(name: str) -> bool:
    """Returns whether a folder of this name says nothing of what is in it: no class, no patient."""
    return name.lower() in _TRANSPARENT


def is_mask_place(file: str) -> bool:
    """Returns whether a file is called a mask: itself (`a_mask.png`), or a folder that it lies in (`masks/a.png`)."""
    path = PurePosixPath(file)
    return any(name.lower() in _MASKS for name in path.parts[:-1]) or bool(_MASK_FILE.fullmatch(path.stem))
