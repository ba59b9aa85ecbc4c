"""`--mode=prepare`: the prepared records alone, for machines that train without network or TensorFlow."""

import logging

from dcgan_jax.data import prepare as data_prepare
from dcgan_jax.data.prepared import REPORT_TEXT, PreparedSet
from dcgan_jax.settings import Settings
from dcgan_jax.workdir import Workdir

logger = logging.getLogger(__name__)


def prepare(settings: Settings, workdir: Workdir) -> PreparedSet:
    """Prepares the data, or finds it prepared, and says where it is and what to know of it; the workdir is not used."""
    prepared = data_prepare.prepare(settings.data, settings.seed)
    for warning in prepared.report["warnings"]:
        logger.warning("warning: %s", warning)
    logger.info("prepared images and what was found in them: %s", prepared.directory / REPORT_TEXT)
    return prepared
