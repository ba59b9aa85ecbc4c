"""`--mode=generate`: a checkpoint -> PNG files, their manifest and a grid."""

import csv
import logging
from pathlib import Path

import numpy as np
from PIL.PngImagePlugin import PngInfo

from dcgan_jax.devices import create_mesh
from dcgan_jax.errors import UserError
from dcgan_jax.modes.restore import create_sampler, restore_chosen
from dcgan_jax.progress import create_progress
from dcgan_jax.reporting.figures import save_image, tile
from dcgan_jax.settings import Settings
from dcgan_jax.workdir import Workdir

logger = logging.getLogger(__name__)

GRID_IMAGES = 64
STREAM = "generate"
MANIFEST_COLUMNS = ("file", "latent_seed", "checkpoint_step", "class", "synthetic")
NOTICE = """\
These images are synthetic: a generative model made them, no patient was imaged.
For research and augmentation, not for diagnosis.
The model was trained on the images listed in train_files.tsv of its run. If those are the chest X-rays of Kermany,
Zhang and Goldbaum (Mendeley Data, doi:10.17632/rscbjbr9sj.2, CC BY 4.0), keep this attribution with the images.
"""


def generate(settings: Settings, workdir: Workdir) -> None:
    """Writes `generate.count` images as PNG files, with manifest.csv, grid.png and NOTICE.txt beside them.

    Raises:
      UserError: there is no checkpoint, or the folder cannot be written.
    """
    mesh = create_mesh()
    state = restore_chosen(settings, workdir, mesh)
    step, count, seed = int(state.step), settings.generate.count, settings.generate.seed
    out = Path(settings.generate.out).expanduser() if settings.generate.out else workdir.root / "generated"
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"config.generate.out={settings.generate.out} cannot be written ({error.strerror}): choose another folder."
        ) from None

    digits = max(5, len(str(count - 1)))
    grid: list = []
    index = 0
    with (
        (out / "manifest.csv").open("w", newline="") as manifest,
        create_progress(count, "Generating", "images") as progress,
    ):
        rows = csv.writer(manifest)
        rows.writerow(MANIFEST_COLUMNS)
        for images in create_sampler(settings, mesh).batches(state.generator, seed, STREAM, count):
            for image in images:
                name, latent_seed = f"{index:0{digits}d}.png", f"{seed}/{index}"
                save_image(image, out / name, pnginfo=_text_chunks(settings, step, latent_seed))
                rows.writerow([name, latent_seed, step, settings.data.label, "synthetic"])
                index += 1
            grid.extend(images[: GRID_IMAGES - len(grid)])
            progress.update(len(images))
    save_image(tile(np.stack(grid)), out / "grid.png")
    (out / "NOTICE.txt").write_text(NOTICE)
    logger.info("%d images of checkpoint %d in %s", count, step, out)


def _text_chunks(settings: Settings, step: int, latent_seed: str) -> PngInfo:
    chunks = PngInfo()
    chunks.add_text("Description", f"synthetic chest X-ray, class {settings.data.label}; not from a patient")
    chunks.add_text("Software", "dcgan_jax")
    chunks.add_text("Source", f"checkpoint step {step}, latent seed {latent_seed}")
    return chunks
