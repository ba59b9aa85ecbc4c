"""The devices a run uses, as one mesh with the single axis `data`: state is replicated, batches are split."""

import logging
from pathlib import Path

import jax
import numpy as np
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

from dcgan_jax.errors import UserError
from dcgan_jax.runtime.accelerators import NVIDIA_TRACES

logger = logging.getLogger(__name__)

AXIS = "data"


def find_devices() -> list[jax.Device]:
    """Returns all devices of the platform that JAX runs on.

    Raises UserError if JAX finds none of the kind that was asked for.
    """
    try:
        return jax.devices()
    except (AssertionError, RuntimeError) as error:
        reason = str(error) or "the platform is not built in"
        raise UserError(
            f"JAX finds no device ({reason}): check JAX_PLATFORMS, and that JAX is installed for this machine."
        ) from error


def create_mesh(num_devices: int | None = None) -> Mesh:
    """Returns a 1-D mesh over the first `num_devices` devices, or over all of them; raises UserError without any."""
    return Mesh(np.asarray(find_devices()[:num_devices]), (AXIS,), axis_types=(AxisType.Auto,))


def replicated(mesh: Mesh) -> NamedSharding:
    """Returns the sharding under which every device holds the whole array."""
    return NamedSharding(mesh, PartitionSpec())


def split(mesh: Mesh, axis: int = 0) -> NamedSharding:
    """Returns the sharding that divides one axis over the devices."""
    return NamedSharding(mesh, PartitionSpec(*[None] * axis, AXIS))


def warn_of_unused_gpu() -> None:
    """Warns when the machine has an NVIDIA GPU and JAX runs on the CPU nevertheless."""
    if find_devices()[0].platform == "cpu" and any(Path(trace).exists() for trace in NVIDIA_TRACES):
        logger.warning(
            "This machine has an NVIDIA GPU, but JAX runs on the CPU: install its GPU build "
            "with `pip install --upgrade 'jax[cuda13]'` (or `jax[cuda12]` for older drivers)."
        )
