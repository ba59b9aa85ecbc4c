"""`--mode=generate`: a checkpoint -> PNG files, their manifest and a grid."""

import csv
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from dcgan_jax.data.images import SUFFIXES
from dcgan_jax.data.synthetic_marks import MANIFEST, is_marked, list_synthetic
from dcgan_jax.errors import UserError
from dcgan_jax.runs.copy_check import Nearest, create_copy_check
from dcgan_jax.runs.figures import Images, count_per_class, save_image, tile_classes
from dcgan_jax.runs.labeling import NOTICE, text_chunks
from dcgan_jax.runs.provenance import read_provenance
from dcgan_jax.runs.restore import create_sampler, restore_chosen
from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.runtime import processes
from dcgan_jax.runtime.devices import create_mesh
from dcgan_jax.runtime.progress import create_progress
from dcgan_jax.settings import Settings

logger = logging.getLogger(__name__)

Image = UInt8[np.ndarray, "height width channels"]

STREAM = "generate"
MANIFEST_COLUMNS = (
    "file",
    "latent_seed",
    "checkpoint_step",
    "class",
    "synthetic",
    "nearest_training_file",  # this and the similarity only with generate.max_similarity
    "similarity",
)


def generate(settings: Settings, workdir: Workdir) -> None:
    """Writes `generate.count` images of each class as PNG files, and beside them manifest.csv, grid.png and NOTICE.txt.

    Where the run has several classes, and `generate.label` asks for none of them, each has a folder of its own. Images
    more similar to a training image than `generate.max_similarity` are left out, and counted.

    Raises:
      UserError: there is no checkpoint, the folder cannot be written, the run has no such class, or the data are not
        those of the run.
    """
    mesh = create_mesh()
    state = restore_chosen(settings, workdir, mesh)
    sampler, asked = create_sampler(settings, mesh), settings.generate
    classes = processes.from_first(read_provenance(workdir.train_files).labels if processes.is_first() else None)
    if asked.label and asked.label not in classes:
        raise UserError(
            f"config.generate.label={asked.label} is no class of the run in {workdir.root}: choose one of "
            f"{', '.join(classes)}, or leave it empty for all."
        )
    batches = {
        label: sampler.batches(state.sampled_generator, asked.seed, STREAM, asked.count, label=classes.index(label))
        for label in ([asked.label] if asked.label else classes)
    }
    if processes.is_first():
        _write(batches, settings, workdir, int(state.step))
    else:
        for of_class in batches.values():
            for _ in of_class:  # drawn on the devices of all processes, written by the first
                pass


def _write(batches: Mapping[str, Iterable[Images]], settings: Settings, workdir: Workdir, step: int) -> None:
    folders = {label: label if len(batches) > 1 else "" for label in batches}
    out = _create_folder(settings, workdir, list(folders.values()))
    shown_per_class = count_per_class(len(batches))
    shown: list[Images] = []
    written = 0
    with (out / MANIFEST).open("w", buffering=1, newline="") as manifest:
        rows = csv.writer(manifest)
        rows.writerow(MANIFEST_COLUMNS)
        compare_fn = create_copy_check(settings, workdir) if settings.generate.max_similarity else None
        for label, of_class in batches.items():
            first: list[Image] = []
            for row, image in _write_class(of_class, compare_fn, label, out, folders[label], settings, step):
                rows.writerow(row)
                written += 1
                first += [image] if len(first) < shown_per_class else []
            shown += [np.stack(first)] if first else []
    if shown:
        save_image(tile_classes(shown), out / "grid.png")
    (out / "NOTICE.txt").write_text(NOTICE)
    left_out = len(batches) * settings.generate.count - written
    logger.info("%d images of checkpoint %d in %s; %d left out as copies", written, step, out, left_out)


def _write_class(
    batches: Iterable[Images],
    compare_fn: Callable[[Images], list[Nearest]] | None,
    label: str,
    out: Path,
    folder: str,
    settings: Settings,
    step: int,
) -> Iterator[tuple[list[Any], Image]]:
    """Writes the images of a class but near copies; yields a row of the manifest for each, and its pixels."""
    count, seed = settings.generate.count, settings.generate.seed
    digits = max(5, len(str(count - 1)))
    for index, (image, nearest) in enumerate(_compare(batches, count, compare_fn)):
        if nearest is not None and nearest.similarity > settings.generate.max_similarity:
            continue
        name, latent_seed = (Path(folder) / f"{index:0{digits}d}.png").as_posix(), f"{seed}/{index}"
        save_image(image, out / name, pnginfo=text_chunks(label, step, latent_seed))
        row = [name, latent_seed, step, label, "synthetic"]
        yield row + ([nearest.file, f"{nearest.similarity:.4f}"] if nearest else ["", ""]), image


def _create_folder(settings: Settings, workdir: Workdir, folders: Sequence[str]) -> Path:
    """Creates the folder, and those in it; an earlier export is removed, so that no image of it stays among the new."""
    out = Path(settings.generate.out) if settings.generate.out else workdir.root / "generated"
    try:
        for folder in folders:
            (out / folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"config.generate.out={out} cannot be written ({error.strerror}): choose another folder."
        ) from None
    for path in _find_earlier_export(out, folders):
        path.unlink(missing_ok=True)
    return out


def _find_earlier_export(out: Path, folders: Sequence[str]) -> list[Path]:
    """Returns the files of an earlier export, whether or not that came to its end.

    Raises:
      UserError: there are images or a manifest of something else, where the new ones would come to lie.
    """
    manifest, grid = out / MANIFEST, out / "grid.png"
    images = {path for folder in folders for path in (out / folder).iterdir() if path.suffix.lower() in SUFFIXES}
    if manifest.exists():
        with manifest.open(newline="", errors="replace") as rows:
            if next(csv.reader(rows), None) != list(MANIFEST_COLUMNS):
                raise _something_else(manifest)
        beside_it = (name for name in list_synthetic(out) if not {"..", "/"} & set(Path(name).parts))
        images = {path for path in images.union(out / name for name in beside_it) if path.exists()} - {grid}
    for path in sorted(images):
        if not is_marked(path.read_bytes()):
            raise _something_else(path)
    return [*images, grid, manifest] if manifest.exists() else [*images]


def _something_else(path: Path) -> UserError:
    return UserError(f"config.generate.out: {path} is not from an export of this program: choose an empty folder.")


def _compare(
    batches: Iterable[Images], count: int, compare_fn: Callable[[Images], list[Nearest]] | None
) -> Iterator[tuple[Image, Nearest | None]]:
    """Yields each image with its nearest training image, where that is asked for, and shows the progress."""
    with create_progress(count, "Generating", "images") as progress:
        for images in batches:
            yield from zip(images, compare_fn(images) if compare_fn else [None] * len(images), strict=True)
            progress.update(len(images))
