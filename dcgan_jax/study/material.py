"""The images of a study before it is known who will see which: real and generated ones, and what each is."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from dcgan_jax.data.image_files import find_images
from dcgan_jax.data.images import read_gray
from dcgan_jax.data.resize import resize
from dcgan_jax.data.sources.dicom_files import DicomFiles
from dcgan_jax.errors import FieldError, FileError
from dcgan_jax.evaluation.folder import find_depth_groups
from dcgan_jax.settings import DataSettings, StudySettings
from dcgan_jax.study.plan import KeyRow, Origin

LARGEST_SIDE = 1024
"""Pixels a side to which images of folders are reduced at least."""

Images = UInt8[np.ndarray, "_ size size"]


@dataclass(frozen=True)
class Material:
    """Images of both kinds."""

    real: Images
    generated: Images
    rows: tuple[KeyRow, ...] = field(repr=False)  # what they are, the real ones first
    origin: Origin  # where they come from
    left_out: int = 0  # generated ones that were left out as copies


def count_needed(study: StudySettings) -> tuple[int, int]:
    """Returns how many real and generated images a study shows, naive phase included."""
    if study.design == "pairs":
        return study.images + (study.naive + 1) // 2, study.images + study.naive // 2
    total = 2 * study.images
    generated = min(max(round(study.generated_share * total), 1), total - 1)
    return total - generated + (study.naive + 1) // 2, generated + study.naive // 2


def read_folders(study: StudySettings, data: DataSettings) -> Material:
    """Returns images of two folders, chosen by the seed.

    All become squares of one size, that of the smallest side there is, so that none is enlarged. Files deeper than 8
    bits are brought to 8 as for training: by `data.intensity`, "dataset" by ranges of each folder; of DICOM files,
    `data.views` are shown.

    Raises:
      UserError: a folder is missing, has too few images, or one that can't be read.
    """
    real, generated = (
        list(_read(Path(folder), name, count, study.seed, data))
        for folder, name, count in zip(
            (study.real_dir, study.generated_dir), ("real_dir", "generated_dir"), count_needed(study), strict=True
        )
    )
    size = min(LARGEST_SIDE, *(min(pixels.shape) for _, pixels in [*real, *generated]))
    rows = [KeyRow(kind="real", label="", origin=name) for name, _ in real]
    rows += [KeyRow(kind="generated", label="", origin=name) for name, _ in generated]
    squares = [
        np.stack([resize(pixels, size, data.resize, data.aspect) for _, pixels in kind]) for kind in (real, generated)
    ]
    origin = Origin(
        real=f"{len(real)} images drawn by chance from a folder of {_count(study.real_dir)}",
        generated=f"{len(generated)} images drawn by chance from a folder of {_count(study.generated_dir)}",
        real_from="folder",
    )
    return Material(squares[0], squares[1], tuple(rows), origin)


def _count(folder: str) -> int:
    return len(find_images(Path(folder)).images)


def _read(
    folder: Path, field_name: str, count: int, seed: int, data: DataSettings
) -> Iterator[tuple[str, UInt8[np.ndarray, "height width"]]]:
    if not folder.is_dir():
        raise FieldError(f"config.study.{field_name}", folder, "is no folder: give one of images.")
    listed = find_images(folder).images
    dicom = DicomFiles(folder, listed)
    files, _ = dicom.choose(listed, data.views)
    if len(files) < count:
        raise FieldError(
            f"config.study.{field_name}",
            folder,
            f"has {len(files)} images, and {count} are needed: add some, or lower config.study.images.",
        )
    chosen = [files[index] for index in np.random.default_rng([seed, len(files)]).permutation(len(files))[:count]]
    deep = [folder / file for file in files] if data.intensity == "dataset" else []
    groups = find_depth_groups(deep, admit=data.admit)
    for file in chosen:
        path = folder / file
        try:
            pixels = read_gray(path.read_bytes(), str(path), data.intensity, data.admit, groups)
            yield dicom.name(file), pixels
        except OSError as error:
            raise FileError(path, f"cannot be read ({error.strerror}): mend it or remove it.") from error
