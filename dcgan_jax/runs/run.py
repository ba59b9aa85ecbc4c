"""A finished run, opened to draw from its generator."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jax.sharding import Mesh
from jaxtyping import UInt8

from dcgan_jax.errors import UserError
from dcgan_jax.runs.copy_check import Nearest, create_copy_check
from dcgan_jax.runs.figures import Images
from dcgan_jax.runs.provenance import Provenance, read_provenance
from dcgan_jax.runs.restore import create_sampler, restore_chosen
from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.settings import Settings

MOST_DRAWS = 10
"""Images drawn at most for each one that is kept."""


class Drawn(NamedTuple):
    """One image that is no near copy.

    Attributes:
      image: its pixels.
      number: its place among those of its latent seed.
      nearest: the training image it resembles most; None where copies are not looked for.
    """

    image: UInt8[np.ndarray, "height width channels"]
    number: int
    nearest: Nearest | None


@dataclass(frozen=True)
class Run:
    """The generator of one run.

    Attributes:
      workdir: of the run.
      settings: of the run.
      mesh: devices to draw on.
      max_similarity: images that correlate more with a training image are left out; 0: none.
    """

    workdir: Workdir
    settings: Settings
    mesh: Mesh
    max_similarity: float

    @classmethod
    def open(cls, folder: str, mesh: Mesh, max_similarity: float) -> "Run":
        """Opens a run; raises UserError where there is none."""
        workdir = Workdir(Path(folder))
        return cls(workdir, workdir.settings({}), mesh, max_similarity)

    @cached_property
    def provenance(self) -> Provenance:
        """What it was trained on; its classes are those that can be drawn."""
        return read_provenance(self.workdir.train_files)

    @cached_property
    def step(self) -> int:
        """Completed updates of the checkpoint that is drawn from."""
        return int(self._state.step)

    def require_size(self, image_size: int) -> None:
        """Raises UserError if its images have another size."""
        own = self.settings.data.image_size
        if own != image_size:
            raise UserError(
                f"The run in {self.workdir.root} makes images of {own} pixels, and {image_size} are needed: give "
                f"config.data.image_size={own} or a run of the other size."
            )

    def draw(self, label: str, seed: int, stream: str, count: int) -> Iterator[Drawn]:
        """Yields `count` images of a class and a latent seed, near copies left out.

        Raises:
          UserError: nearly all images are near copies.
        """
        kept = 0
        for number, (image, nearest) in enumerate(self._compare(label, seed, stream, MOST_DRAWS * count)):
            if nearest is not None and nearest.similarity > self.max_similarity:
                continue
            yield Drawn(image, number, nearest)
            kept += 1
            if kept == count:
                return
        raise UserError(
            f"Of {MOST_DRAWS * count} images of the run in {self.workdir.root} only {kept} differ enough from its "
            f"training images, and {count} are needed: raise the limit of {self.max_similarity:g} or train it anew."
        )

    def _compare(self, label: str, seed: int, stream: str, count: int) -> Iterator[tuple[Any, Nearest | None]]:
        params, number = self._state.sampled_generator, self.provenance.labels.index(label)
        compare_fn = self._compare_fn if self.max_similarity else None
        for images in self._sampler.batches(params, seed, stream, count, label=number):
            yield from zip(images, compare_fn(images) if compare_fn else [None] * len(images), strict=True)

    @cached_property
    def _compare_fn(self) -> Callable[[Images], list[Nearest]]:
        return create_copy_check(self.settings, self.workdir)  # reads all training images of the run

    @cached_property
    def _sampler(self) -> Any:
        return create_sampler(self.settings, self.mesh)

    @cached_property
    def _state(self) -> Any:
        return restore_chosen(self.settings, self.workdir, self.mesh)
