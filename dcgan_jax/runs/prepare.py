"""`--mode=prepare`: the prepared records alone, for machines that train without network or TensorFlow."""

import logging
from pathlib import Path

from dcgan_jax.data import prepare as data_prepare
from dcgan_jax.data.prepared import REPORT_TEXT, PreparedSet
from dcgan_jax.data.report_text import describe_classes
from dcgan_jax.data.synthetic_marks import list_synthetic
from dcgan_jax.errors import FieldError
from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.settings import DataSettings, Settings

logger = logging.getLogger(__name__)

_LISTED = 20  # classes


def prepare(settings: Settings, workdir: Workdir) -> PreparedSet:
    """Prepares the data, or finds it prepared, and says where it is and what to know of it; the workdir is not used.

    Raises UserError as `prepare_silently`.
    """
    prepared = prepare_silently(settings)
    classes = describe_classes(prepared.report)
    for line in classes[:_LISTED]:
        logger.info("%s", line)
    if len(classes) > _LISTED:
        logger.info("and %d more classes", len(classes) - _LISTED)
    for warning in prepared.report.warnings:
        logger.warning("warning: %s", warning)
    logger.info("prepared images and what was found in them: %s", prepared.directory / REPORT_TEXT)
    return prepared


def prepare_silently(settings: Settings) -> PreparedSet:
    """As `prepare`, where what is to be known of the data was said already.

    Raises UserError if the data cannot be prepared, or hold synthetic images, which no mode may take for real ones.
    """
    if settings.data.dir:  # before anything is decoded
        _refuse(settings.data, _list_marked(Path(settings.data.dir)))
    prepared = data_prepare.prepare(settings.data, settings.seed)
    _refuse(settings.data, set(prepared.report.synthetic))
    return prepared


def _list_marked(folder: Path) -> set[str]:
    """Returns the files of a folder that its manifest, or one of the two folders around it, calls synthetic."""
    paths = (around / name for around in (folder, *folder.parents[:2]) for name in list_synthetic(around))
    return {str(path.relative_to(folder)) for path in paths if path.is_relative_to(folder) and path.is_file()}


def _refuse(data: DataSettings, marked: set[str]) -> None:
    if marked:
        count = f"{len(marked)} synthetic image{'s' if len(marked) > 1 else ''}"
        fault = f"holds {count} ({min(marked)} for one), which would count as real ones"
        remedy = "give the folder of real images that they were added to, and try them with"
        raise FieldError("config.data.dir", data.dir, f"{fault}: {remedy} config.trial.synthetic_dir={data.dir}.")
