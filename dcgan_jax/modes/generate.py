"""`--mode=generate`: a checkpoint -> PNG files, their manifest and a grid."""

import csv
import logging
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from dcgan_jax import processes
from dcgan_jax.devices import create_mesh
from dcgan_jax.errors import UserError
from dcgan_jax.modes.copy_check import Nearest, create_copy_check
from dcgan_jax.modes.labelling import NOTICE, text_chunks
from dcgan_jax.modes.restore import create_sampler, restore_chosen
from dcgan_jax.progress import create_progress
from dcgan_jax.reporting.figures import Images, save_image, tile
from dcgan_jax.settings import Settings
from dcgan_jax.workdir import Workdir

logger = logging.getLogger(__name__)

GRID_IMAGES = 64
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
    """Writes `generate.count` images as PNG files, with manifest.csv, grid.png and NOTICE.txt beside them.

    Images more similar to a training image than `generate.max_similarity` are left out, and counted.

    Raises:
      UserError: there is no checkpoint, the folder cannot be written, or the data are not those of the run.
    """
    mesh = create_mesh()
    state = restore_chosen(settings, workdir, mesh)
    batches = create_sampler(settings, mesh).batches(
        state.sampled_generator, settings.generate.seed, STREAM, settings.generate.count
    )
    if processes.is_first():
        _write(batches, settings, workdir, int(state.step))
    else:
        for _ in batches:  # drawn on the devices of all processes, written by the first
            pass


def _write(batches: Iterable[Images], settings: Settings, workdir: Workdir, step: int) -> None:
    count, seed = settings.generate.count, settings.generate.seed
    out = _create_folder(settings, workdir)
    compare_fn = create_copy_check(settings, workdir) if settings.generate.max_similarity else None
    digits = max(5, len(str(count - 1)))
    grid: list[UInt8[np.ndarray, "height width channels"]] = []
    left_out = 0
    with (out / "manifest.csv").open("w", newline="") as manifest:
        rows = csv.writer(manifest)
        rows.writerow(MANIFEST_COLUMNS)
        for index, (image, nearest) in enumerate(_compare(batches, count, compare_fn)):
            if nearest is not None and nearest.similarity > settings.generate.max_similarity:
                left_out += 1
                continue
            name, latent_seed = f"{index:0{digits}d}.png", f"{seed}/{index}"
            save_image(image, out / name, pnginfo=text_chunks(settings.data.label, step, latent_seed))
            row = [name, latent_seed, step, settings.data.label, "synthetic"]
            rows.writerow(row + ([nearest.file, f"{nearest.similarity:.4f}"] if nearest else ["", ""]))
            grid += [image] if len(grid) < GRID_IMAGES else []
    if grid:
        save_image(tile(np.stack(grid)), out / "grid.png")
    (out / "NOTICE.txt").write_text(NOTICE)
    logger.info("%d images of checkpoint %d in %s; %d left out as copies", count - left_out, step, out, left_out)


def _create_folder(settings: Settings, workdir: Workdir) -> Path:
    """Creates the folder; an earlier export in it is removed, so that no image stays that the new one leaves out."""
    out = Path(settings.generate.out) if settings.generate.out else workdir.root / "generated"
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"config.generate.out={out} cannot be written ({error.strerror}): choose another folder."
        ) from None
    manifest = out / "manifest.csv"
    if manifest.exists():
        with manifest.open(newline="") as rows:
            names = [Path(row["file"]).name for row in csv.DictReader(rows)]
        for name in (*names, "grid.png", manifest.name):
            (out / name).unlink(missing_ok=True)
    if any(out.glob("*.png")):
        raise UserError(f"config.generate.out={out} holds images of something else: choose an empty folder.")
    return out


def _compare(
    batches: Iterable[Images], count: int, compare_fn: Callable[[Images], list[Nearest]] | None
) -> Iterator[tuple[UInt8[np.ndarray, "height width channels"], Nearest | None]]:
    """Yields each image with its nearest training image, where that is asked for, and shows the progress."""
    with create_progress(count, "Generating", "images") as progress:
        for images in batches:
            yield from zip(images, compare_fn(images) if compare_fn else [None] * len(images), strict=True)
            progress.update(len(images))
