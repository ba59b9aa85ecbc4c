"""`--mode=balance`: a new data set, real images and synthetic ones of the smaller classes, that says which is which."""

import csv
import io
import json
import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from dcgan_jax.balance.card import describe_dataset
from dcgan_jax.balance.export import export_image, exported_name
from dcgan_jax.balance.plan import Filling, begin, describe_plan, plan_fillings, refuse_the_source
from dcgan_jax.data.prepare import create_source
from dcgan_jax.data.prepared import PreparedSet
from dcgan_jax.data.sources.source import TRAIN, Source, SourceImage
from dcgan_jax.data.synthetic_marks import MANIFEST
from dcgan_jax.evaluation.class_scorer import record_of_class
from dcgan_jax.runs.figures import save_image
from dcgan_jax.runs.labeling import NOTICE, text_chunks
from dcgan_jax.runs.prepare import prepare
from dcgan_jax.runs.run import Drawn
from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.runtime.progress import create_progress, track
from dcgan_jax.settings import Settings
from dcgan_jax.storage import atomic_file

logger = logging.getLogger(__name__)

STREAM = "balance"
CARD = "README.md"
COLUMNS = (
    "file",
    "class",
    "synthetic",  # real | synthetic
    "run",
    "checkpoint_step",
    "latent_seed",
    "nearest_training_file",  # this and the distance only with balance.max_similarity
    "distance",  # 1 less the largest correlation with a training image
)


def balance(settings: Settings, workdir: Workdir) -> None:
    """Writes the data set; the same command goes on with one that was stopped.

    Raises:
      UserError: the source, the runs or the folder do not allow it; the source is never written.
    """
    prepared = prepare(settings, workdir)
    source = create_source(settings.data, settings.seed)
    images = _usable(source.list_images(), prepared)
    out = Path(settings.balance.out) if settings.balance.out else workdir.root / "balanced"
    refuse_the_source(out, settings)
    fillings = plan_fillings(settings, workdir, images, prepared)
    begin(out, describe_plan(settings, source, fillings))
    for image in track(images, len(images), "real images", "images"):
        export_image(source, image, out, settings.balance.real)
    rows = [[exported_name(image), image.label, "real", "", "", "", "", ""] for image in images]
    with create_progress(sum(filling.count for filling in fillings), "synthetic images", "images") as progress:
        for filling in fillings:
            for row in write_synthetic(filling, out, settings.balance.seed):
                rows.append(row)
                progress.update()
    _finish(out, rows, settings, source, fillings)
    added = ", ".join(f"{filling.count} of {filling.label}" for filling in fillings)
    logger.info("%d real images and %s synthetic ones in %s", len(images), added, out)


def write_synthetic(filling: Filling, out: Path, seed: int) -> Iterator[list[Any]]:
    """Writes the synthetic images of a class that are not there yet; yields a row of the manifest for each."""
    label, count, run = filling.label, filling.count, filling.run
    folder = out / TRAIN / label
    folder.mkdir(parents=True, exist_ok=True)
    digits = max(5, len(str(count - 1)))
    for index, drawn in enumerate(run.draw(label, seed, STREAM, count)):
        path = folder / f"synthetic_{index:0{digits}d}.png"
        latent_seed = f"{seed}/{drawn.number}"
        if not path.exists():
            content = io.BytesIO()
            save_image(drawn.image, content, format="PNG", pnginfo=text_chunks(label, run.step, latent_seed))
            atomic_file.write_bytes(path, content.getvalue())
        place = path.relative_to(out).as_posix()
        yield [place, label, "synthetic", run.workdir.root, run.step, latent_seed, *_describe_nearest(drawn)]


def _describe_nearest(drawn: Drawn) -> list[str]:
    return [drawn.nearest.file, f"{1 - drawn.nearest.similarity:.4f}"] if drawn.nearest else ["", ""]


def _usable(images: Sequence[SourceImage], prepared: PreparedSet) -> list[SourceImage]:
    """Returns the images without those that preparing left out as bad."""
    good = {example.file for example in prepared.examples}
    return [image for image in images if image.file in good]


def _finish(
    out: Path, rows: Sequence[Sequence[Any]], settings: Settings, source: Source, fillings: Sequence[Filling]
) -> None:
    """Writes what describes the images, when all are there."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    table.writerows(rows)
    counts = Counter((str(row[0]).partition("/")[0], row[1], row[2]) for row in rows)
    runs = [
        {
            "class": filling.label,
            "count": filling.count,
            "workdir": str(filling.run.workdir.root),
            "step": filling.run.step,
            "image_size": filling.run.settings.data.image_size,
            "score": _find_score(filling),
        }
        for filling in fillings
    ]
    card = describe_dataset(source.name, counts, runs, settings.balance, is_published=_is_published(settings))
    atomic_file.write_text(out / "NOTICE.txt", NOTICE)
    atomic_file.write_text(out / CARD, card)
    atomic_file.write_text(out / MANIFEST, text.getvalue())


def _is_published(settings: Settings) -> bool:
    """Returns whether the images are the published ones, whose licence is known."""
    return settings.data.source == "chest_xray" and not settings.data.dir


def _find_score(filling: Filling) -> dict[str, Any] | None:
    """Returns the newest record of scores of the class at the checkpoint, if it was scored."""
    run = filling.run
    records = run.workdir.evaluation.glob(f"step_{run.step:07d}_*.json")
    newest = max(records, key=lambda path: path.stat().st_mtime, default=None)
    return dict(record_of_class(json.loads(newest.read_text()), filling.label)) if newest else None
