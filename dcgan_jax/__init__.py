"""DCGAN for chest X-rays in JAX: training, scoring, and proof of what the images are worth."""

import importlib
from typing import TYPE_CHECKING, Any

from dcgan_jax.version import __version__

if TYPE_CHECKING:
    from dcgan_jax.evaluation.image_features import compute_fid, extract_features
    from dcgan_jax.runs.run import Run, open_run

__all__ = ["Run", "__version__", "compute_fid", "extract_features", "open_run"]

_EXPORTS = {
    "Run": "dcgan_jax.runs.run",
    "compute_fid": "dcgan_jax.evaluation.image_features",
    "extract_features": "dcgan_jax.evaluation.image_features",
    "open_run": "dcgan_jax.runs.run",
}
"""Where the public names are defined; imported when they are first used: JAX takes seconds."""


def __getattr__(name: str) -> Any:
    if name not in _EXPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_EXPORTS[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
