"""images.npz: all images of an export as one array, for programs that read no image files."""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from dcgan_jax.data.synthetic_marks import SYNTHETIC
from dcgan_jax.storage.array_file import ArrayFileError, read_arrays

ARCHIVE = "images.npz"
_DESCRIPTION = f"{SYNTHETIC} images; not from patients"


def encode_archive(images: Sequence[UInt8[np.ndarray, "height width channels"]], labels: Sequence[str]) -> bytes:
    """Returns the file: `images`, uint8 [image, height, width] or, in color, [image, height, width, 3]; `labels`, the
    class of each; `description`, which says what they are.
    """
    stacked = np.stack(images) if images else np.zeros((0, 0, 0, 1), np.uint8)
    content = io.BytesIO()
    pixels = stacked[..., 0] if stacked.shape[-1] == 1 else stacked
    np.savez(content, images=pixels, labels=np.array(labels, dtype=np.str_), description=np.array(_DESCRIPTION))
    return content.getvalue()


def is_archive(path: Path) -> bool:
    """Returns whether a file is an archive of ours."""
    try:
        return str(read_arrays(path).get("description", "")).startswith(SYNTHETIC)
    except ArrayFileError:
        return False
