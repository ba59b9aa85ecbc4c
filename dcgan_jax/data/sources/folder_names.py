"""What the usual names of folders and files mean: a split, a mask, or nothing."""

import re
from functools import lru_cache
from pathlib import PurePosixPath

from dcgan_jax.data.sources.source import TEST, TRAIN, VALIDATION

_SPLITS = {
    "train": TRAIN,
    "training": TRAIN,
    "val": VALIDATION,
    "valid": VALIDATION,
    "validation": VALIDATION,
    "dev": VALIDATION,
    "test": TEST,
    "testing": TEST,
}
_SPLIT = re.compile(rf"({'|'.join(_SPLITS)})(?:[ _-]?(?:set|data|split|images?|imgs?))?", re.IGNORECASE)
_TRANSPARENT = re.compile(r"(?:images?|imgs?)(?:[ _-]?\d+)?|png|jpe?g", re.IGNORECASE)  # images_001 of NIH ChestX-ray14
_MASKS = re.compile(
    r"labels?|segs?|annotations?|ground[ _-]?truth|(?:.*[ _-])?(?:masks?|segmentations?)|(?-i:.*[a-z]Masks?)",
    re.IGNORECASE,
)
_MASK_FILE = re.compile(r"(?:^|.*[ _-])(?:mask|masks|segmentation)(?:[ _-]?\d*)", re.IGNORECASE)
_KEPT = 2**16  # names whose meaning is remembered: folders have as many files as there are images


@lru_cache(_KEPT)
def split_of_folder(name: str) -> str | None:
    """Returns the split that a folder of this name holds, None when the name is not a split's."""
    match = _SPLIT.fullmatch(name)
    return _SPLITS[match[1].lower()] if match else None


@lru_cache(_KEPT)
def is_transparent(name: str) -> bool:
    """Returns whether a folder of this name says nothing of what is in it: no class, no patient."""
    return bool(_TRANSPARENT.fullmatch(name))


def is_mask_place(file: str) -> bool:
    """Returns whether a file is called a mask: itself (`a_mask.png`), or a folder that it lies in (`masks/a.png`)."""
    *folders, name = file.split("/")
    return any(map(_is_of_masks, folders)) or bool(_MASK_FILE.fullmatch(PurePosixPath(name).stem))


@lru_cache(_KEPT)
def _is_of_masks(folder: str) -> bool:
    return bool(_MASKS.fullmatch(folder))
