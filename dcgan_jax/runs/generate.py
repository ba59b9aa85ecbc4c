"""`--mode=generate`: a checkpoint -> images, their manifest, a grid, a card and, where asked for, a film."""

import logging
from pathlib import Path

import numpy as np

from dcgan_jax.cards.balanced import describe_filtering
from dcgan_jax.cards.generated import GeneratedCard
from dcgan_jax.data.prepare import needs_download
from dcgan_jax.data.sources.spelling import find_spelling
from dcgan_jax.errors import FieldError, UserError
from dcgan_jax.runs.asked_images import count_images, draw_asked, draw_walk
from dcgan_jax.runs.export_folder import ExportFolder, Image
from dcgan_jax.runs.figures import Images, count_per_class, tile_classes
from dcgan_jax.runs.labeling import text_chunks
from dcgan_jax.runs.manifest import GeneratedRow
from dcgan_jax.runs.origin import describe_origin
from dcgan_jax.runs.run import Run
from dcgan_jax.runs.truncation import Price, describe_price, measure_price
from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.runtime import processes
from dcgan_jax.runtime.progress import track
from dcgan_jax.settings import Settings

logger = logging.getLogger(__name__)


def generate(settings: Settings, workdir: Workdir) -> None:
    """Writes images of each class in a folder of its own, and beside those folders manifest.csv, grid.png, NOTICE.txt,
    README.md and croissant.json.

    Images more similar to a training image than `generate.max_similarity` are left out, and counted. Where the training
    images cannot be read, copies are not looked for, and that is said. The same command gives the same files again,
    wherever it was stopped. Raises UserError if there is no checkpoint, the folder cannot be written or holds something
    else, or the run has no such class.
    """
    asked = settings.generate
    run = Run(workdir, settings, max_similarity=asked.max_similarity, truncation=asked.truncation)
    run.read_checkpoint()  # without one nothing else need be looked for
    label = find_spelling(asked.label, run.labels)
    if label and label not in run.labels:
        known = f"choose one of {', '.join(run.labels)}, or leave it empty for all."
        raise FieldError("config.generate.label", asked.label, f"is no class of the run in {workdir.root}: {known}")
    labels = [label] if label else run.labels
    if processes.is_first():
        _write(run, labels)
        return
    for label in labels:  # drawn on the devices of all processes, written by the first
        for images in (draw_asked(run, label, compared=False), draw_walk(run, label, compared=False)):
            for _ in images:
                pass
    _measure_prices(run, labels)


def _write(run: Run, labels: list[str]) -> None:
    asked = run.settings.generate
    root = Path(asked.out) if asked.out else run.workdir.root / "generated"
    folder = ExportFolder(root, labels, run.settings.data, asked.format)
    compared = asked.max_similarity > 0 and _can_compare(run)
    shown_per_class = count_per_class(len(labels))
    rows: list[GeneratedRow] = []
    shown: list[Images] = []
    for label in labels:
        first: list[Image] = []
        for image in track(draw_asked(run, label, compared), count_images(asked), "Generating", "images"):
            if run.is_copy(image.drawn):
                continue
            file = f"{label}/{image.name}.png"
            row = GeneratedRow.of(image.drawn, file, label, image.latent_seed, run.step, run.truncation)
            folder.write(image.drawn.image, row, text_chunks(label, run.step, row.latent_seed, asked.truncation))
            rows.append(row)
            first += [image.drawn.image] if len(first) < shown_per_class else []
        shown += [np.stack(first)] if first else []
        frames = [frame.image for frame in draw_walk(run, label, compared) if not run.is_copy(frame)]
        if frames:
            folder.write_film(label, np.stack(frames))
        if len(frames) < asked.walk:
            logger.info("%d frames of the walk of %s left out as copies", asked.walk - len(frames), label)
    variety = describe_price(_measure_prices(run, labels), asked.truncation)
    card = GeneratedCard(
        origin=describe_origin(run),
        images={label: sum(row.label == label for row in rows) for label in labels},
        filtering=describe_filtering(asked.max_similarity if compared else 0.0),
        names_training_files=compared,
        export=run.settings.export,
        variety=variety,
    )
    folder.finish(rows, tile_classes(shown) if shown else None, card)
    left_out = len(labels) * count_images(asked) - len(rows)
    copies = f"{left_out} left out as copies" if compared else "copies were not looked for"
    logger.info("%d image%s of checkpoint %d in %s; %s", len(rows), "s"[: len(rows) != 1], run.step, root, copies)
    if variety:
        logger.info("%s", variety)


def _measure_prices(run: Run, labels: list[str]) -> dict[str, Price]:
    if run.truncation == 1:
        return {}
    measured = {label: measure_price(run, label) for label in labels}
    return {label: price for label, price in measured.items() if price is not None}


def _can_compare(run: Run) -> bool:
    """Returns whether the training images can be read here, and says so where they cannot; nothing is downloaded."""
    reason = "they are not on this machine: prepare them with --mode=prepare"
    try:
        if not needs_download(run.settings.data, run.settings.seed):
            run.read_training_images()
            return True
    except UserError as error:
        reason = str(error)
    logger.warning(
        "warning: copies of training images are not looked for, since the images of the run cannot be read: %s", reason
    )
    return False
