"""Images of a source as files in folders again, split/class/..., which every loader of image folders reads."""

import contextlib
from pathlib import Path, PurePosixPath
from typing import Literal

from dcgan_jax.data.sources.source import Source, SourceImage
from dcgan_jax.storage import atomic_file


def exported_name(image: SourceImage) -> str:
    """Returns where an image goes, relative to the new folder: split/class/ and what is below its class in the source.

    The split comes first even where the source has none: a split that is made anew could otherwise take added images
    for test images.
    """
    parts = PurePosixPath(image.file).parts
    return PurePosixPath(image.split, *parts[parts.index(image.label) :]).as_posix()


def export_image(source: Source, image: SourceImage, out: Path, how: Literal["link", "copy"]) -> None:
    """Puts an image of a source into a folder, unless it is there.

    Args:
      source: of the image; only read.
      image: which.
      out: the new folder.
      how: "link" makes a symbolic link where the source is files, and a copy elsewhere.

    Raises:
      BadImageError: the image can't be read.
      OSError: the folder can't be written.
    """
    path = out / exported_name(image)
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    original = source.locate(image)
    if how == "link" and original is not None:
        with contextlib.suppress(FileExistsError):  # a link whose original is gone: reading it names it
            path.symlink_to(original)
    else:
        atomic_file.write_bytes(path, source.read_file(image))
