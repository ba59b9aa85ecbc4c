"""Figures as files, and the mark by which those that show real images are told from the others."""

import io
from pathlib import Path

from matplotlib.figure import Figure

from dcgan_jax.storage import atomic_file

HOLDS_REAL = "with_real_images"
"""In the name of every figure that shows real images: they may be private, and no export takes it along."""


def save_figure(figure: Figure, path: Path, dpi: int = 100) -> None:
    """Writes a figure as PNG, whole or not at all."""
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=dpi)
    atomic_file.write_bytes(path, content.getvalue())
