"""`--mode=generate`: a checkpoint -> PNG files, their manifest and a grid."""

import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from dcgan_jax.data.prepare import needs_download
from dcgan_jax.errors import UserError
from dcgan_jax.runs.export_folder import ExportFolder, Image
from dcgan_jax.runs.figures import Images, count_per_class, tile_classes
from dcgan_jax.runs.labeling import text_chunks
from dcgan_jax.runs.manifest import GeneratedRow
from dcgan_jax.runs.run import STREAM, Drawn, Run
from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.runtime import processes
from dcgan_jax.runtime.progress import create_progress
from dcgan_jax.settings import Settings

logger = logging.getLogger(__name__)


def generate(settings: Settings, workdir: Workdir) -> None:
    """Writes `generate.count` images of each class as PNG files in a folder of its own, and beside those folders
    manifest.csv, grid.png and NOTICE.txt.

    Images more similar to a training image than `generate.max_similarity` are left out, and counted. Where the
    training images cannot be read, copies are not looked for, and that is said. The same command gives the same
    files again, wherever it was stopped.

    Raises:
      UserError: there is no checkpoint, the folder cannot be written or holds something else, or the run has no such
        class.
    """
    asked = settings.generate
    run = Run(workdir, settings, max_similarity=asked.max_similarity)
    run.state  # noqa: B018  (read first: without a checkpoint nothing else need be looked for)
    if asked.label and asked.label not in run.labels:
        raise UserError(
            f"config.generate.label={asked.label} is no class of the run in {workdir.root}: choose one of "
            f"{', '.join(run.labels)}, or leave it empty for all."
        )
    labels = [asked.label] if asked.label else run.labels
    if processes.is_first():
        _write(run, labels)
        return
    for label in labels:
        for _ in run.draw_all(label, asked.seed, STREAM, asked.count, compared=False):
            pass  # drawn on the devices of all processes, written by the first


def _write(run: Run, labels: list[str]) -> None:
    asked = run.settings.generate
    root = Path(asked.out) if asked.out else run.workdir.root / "generated"
    folder = ExportFolder(root, labels, run.settings.data)
    compared = asked.max_similarity > 0 and _can_compare(run)
    shown_per_class = count_per_class(len(labels))
    rows: list[GeneratedRow] = []
    shown: list[Images] = []
    for label in labels:
        first: list[Image] = []
        for drawn in _progressing(run.draw_all(label, asked.seed, STREAM, asked.count, compared), asked.count):
            if run.is_copy(drawn):
                continue
            digits = max(5, len(str(asked.count - 1)))
            row = GeneratedRow.of(drawn, f"{label}/{drawn.number:0{digits}d}.png", label, asked.seed, run.step)
            folder.write(drawn.image, row.file, text_chunks(label, run.step, row.latent_seed))
            rows.append(row)
            first += [drawn.image] if len(first) < shown_per_class else []
        shown += [np.stack(first)] if first else []
    folder.finish(rows, tile_classes(shown) if shown else None)
    left_out = len(labels) * asked.count - len(rows)
    copies = f"{left_out} left out as copies" if compared else "copies were not looked for"
    logger.info("%d image%s of checkpoint %d in %s; %s", len(rows), "s"[: len(rows) != 1], run.step, root, copies)


def _can_compare(run: Run) -> bool:
    """Returns whether the training images can be read here, and says so where they cannot; nothing is downloaded."""
    reason = "they are not on this machine: prepare them with --mode=prepare"
    try:
        if not needs_download(run.settings.data, run.settings.seed):
            return bool(run.find_nearest)
    except UserError as error:
        reason = str(error)
    logger.warning(
        "warning: copies of training images are not looked for, since the images of the run cannot be read: %s", reason
    )
    return False


def _progressing(images: Iterator[Drawn], count: int) -> Iterator[Drawn]:
    with create_progress(count, "Generating", "images") as progress:
        for image in images:
            yield image
            progress.update()
