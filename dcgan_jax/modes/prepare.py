"""`--mode=prepare`: the prepared records alone, for machines that train without network or TensorFlow."""

import logging

from dcgan_jax.data import prepare as data_prepare
from dcgan_jax.settings import Settings
from dcgan_jax.workdir import Workdir

logger = logging.getLogger(__name__)


def prepare(settings: Settings, workdir: Workdir) -> None:
    """Prepares the data, or finds it prepared, and says where it is; the workdir stays untouched."""
    prepared = data_prepare.prepare(settings.data, settings.seed)
    logger.info("prepared records: %s", prepared.directory)
