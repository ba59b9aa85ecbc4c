"""`--mode=balance`: a new data set, real images and synthetic ones of the smaller classes, that says which is which."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from dcgan_jax.balance.export import RealImages
from dcgan_jax.balance.plan import Filling, begin, describe_plan, plan_fillings, refuse_the_source
from dcgan_jax.balance.record import BalancedRow
from dcgan_jax.cards.balanced import BalancedCard, FilledClass
from dcgan_jax.cards.croissant import CROISSANT, DescribedFile
from dcgan_jax.cards.markdown import README
from dcgan_jax.data.prepare import create_source
from dcgan_jax.data.prepared import PreparedSet
from dcgan_jax.data.sources.source import TRAIN, Source, SourceImage
from dcgan_jax.data.synthetic_marks import MANIFEST
from dcgan_jax.runs.figures import encode_png
from dcgan_jax.runs.labeling import NOTICE_FILE, create_notice, text_chunks
from dcgan_jax.runs.manifest import format_manifest
from dcgan_jax.runs.origin import describe_origin
from dcgan_jax.runs.prepare import prepare
from dcgan_jax.runs.run import Run
from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.runtime.progress import create_progress, track
from dcgan_jax.settings import BalanceSettings, Settings
from dcgan_jax.storage import atomic_file

logger = logging.getLogger(__name__)

STREAM = "balance"


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
    if settings.balance.resolution == "source":
        _warn_of_sizes(fillings)
    begin(out, describe_plan(settings, source, fillings))
    channels = max(filling.run.settings.model.channels for filling in fillings)
    real = RealImages(source, images, prepared, settings.balance, channels)
    for _ in track(real.write(out), len(images), "real images", "images"):
        pass
    rows = list(real.rows)
    with create_progress(sum(filling.count for filling in fillings), "synthetic images", "images") as progress:
        for filling in fillings:
            for row in write_synthetic(filling, out, settings.balance, real.name_of):
                rows.append(row)
                progress.update()
    _finish(out, rows, settings, source, fillings)
    added = ", ".join(f"{filling.count} of {filling.label}" for filling in fillings)
    logger.info("%d real images and %s synthetic ones in %s", len(images), added, out)


def write_synthetic(
    filling: Filling, out: Path, balance: BalanceSettings, name_of: Callable[[str], str]
) -> Iterator[BalancedRow]:
    """Writes the synthetic images of a class that are not there yet into a folder; yields a manifest's row for each.

    What a file of the source may be called is `name_of`'s to say.
    """
    label, count, run = filling.label, filling.count, filling.run
    folder = out / TRAIN / label
    folder.mkdir(parents=True, exist_ok=True)
    digits = max(5, len(str(count - 1)))
    for index, drawn in enumerate(run.draw_without_copies(label, balance.seed, STREAM, count)):
        path = folder / f"synthetic_{index:0{digits}d}.png"
        latent_seed = f"{balance.seed}/{drawn.number}"
        if not path.exists():
            atomic_file.write_bytes(path, encode_png(drawn.image, text_chunks(label, run.step, latent_seed)))
        yield BalancedRow(
            file=path.relative_to(out).as_posix(),
            label=label,
            synthetic="synthetic",
            run=_name_run(run, balance),
            checkpoint_step=str(run.step),
            latent_seed=latent_seed,
            nearest_training_file=name_of(drawn.nearest.file) if drawn.nearest else "",
            distance=f"{1 - drawn.nearest.similarity:.4f}" if drawn.nearest else "",
        )


def _name_run(run: Run, balance: BalanceSettings) -> str:
    """Returns the run's workdir, of which only the folder's name is told where nothing is to name the source."""
    return run.workdir.root.name if balance.real == "copy" else str(run.workdir.root)


def _warn_of_sizes(fillings: Sequence[Filling]) -> None:
    labels = ", ".join(filling.label for filling in fillings)
    sizes = sorted({filling.run.settings.data.image_size for filling in fillings})
    logger.warning(
        "warning: config.balance.resolution=source leaves real images at their own sizes beside synthetic ones of %s "
        "pixels: size alone then tells a classifier the class of added images (%s). Unless yours brings all images to "
        "one size first, take config.balance.resolution=model.",
        " and ".join(map(str, sizes)),
        labels,
    )


def _usable(images: Sequence[SourceImage], prepared: PreparedSet) -> list[SourceImage]:
    """Returns the images without those that preparing left out as bad."""
    good = {example.file for example in prepared.examples}
    return [image for image in images if image.file in good]


def _finish(
    out: Path, rows: Sequence[BalancedRow], settings: Settings, source: Source, fillings: Sequence[Filling]
) -> None:
    """Writes what describes the images, when all are there; the manifest last."""
    counts = Counter((row.file.partition("/")[0], row.label, str(row.synthetic)) for row in rows)
    filled = [
        FilledClass(one.label, one.count, _name_run(one.run, settings.balance), describe_origin(one.run))
        for one in fillings
    ]
    name = source.name if settings.balance.real == "link" or not settings.data.dir else "a folder"
    card = BalancedCard(name, settings.data, counts, filled, settings.balance, settings.export)
    manifest = format_manifest(BalancedRow.columns(), rows)
    atomic_file.write_text(out / NOTICE_FILE, create_notice(settings.data))
    atomic_file.write_text(out / README, card.format_readme())
    atomic_file.write_text(
        out / CROISSANT, card.format_croissant(DescribedFile.of_text(MANIFEST, "text/csv", manifest))
    )
    atomic_file.write_text(out / MANIFEST, manifest)
