"""A run that has been trained, opened: what it was trained on, what it scored, and images of its generator."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jax.sharding import Mesh
from jaxtyping import Float, UInt8

from dcgan_jax.data.prepared import Example
from dcgan_jax.data.sources.spelling import find_spelling
from dcgan_jax.errors import FieldError, FileError
from dcgan_jax.evaluation.record import ClassesRecord, EvaluationRecord, read_evaluation
from dcgan_jax.memorization.correlation import Signatures, compute_signatures, compute_similarities
from dcgan_jax.runs.figures import Images
from dcgan_jax.runs.prepare import prepare_silently
from dcgan_jax.runs.provenance import Provenance, read_provenance
from dcgan_jax.runs.restore import restore_chosen
from dcgan_jax.runs.training_data import select_training_data
from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.runtime import processes
from dcgan_jax.runtime.devices import create_mesh
from dcgan_jax.sampling import Sampler
from dcgan_jax.settings import Settings
from dcgan_jax.training.state import Recipe, TrainState, create_recipe

STREAM = "generate"
"""Random stream of the latents of `generate`, and of `Run.sample`: image 7 of a seed is the same in both."""

MOST_DRAWS = 10
"""Images drawn at most for each one that is kept."""


class Nearest(NamedTuple):
    """The training image that a generated one resembles most, and their correlation, -1 to 1."""

    file: str
    similarity: float


class Drawn(NamedTuple):
    """One generated image.

    Attributes:
      number: its place among those of its latent seed, or among the latents that were given.
      nearest: the training image it resembles most; None where copies are not looked for.
    """

    image: UInt8[np.ndarray, "height width channels"]
    number: int
    nearest: Nearest | None


@dataclass(frozen=True)
class Run:
    """A run at one of its checkpoints; what it takes is read when it is first asked for.

    Attributes:
      workdir: of the run.
      settings: of the run; `eval.checkpoint` says which checkpoint.
      mesh: devices to draw on.
      max_similarity: images that correlate more with a training image count as copies; 0: copies are not looked for,
        and the training images are not needed.
      truncation: of the latents.
    """

    workdir: Workdir
    settings: Settings
    mesh: Mesh = field(default_factory=create_mesh)
    max_similarity: float = 0.0
    truncation: float = 1.0

    @cached_property
    def provenance(self) -> Provenance:
        """What it was trained on."""
        return read_provenance(self.workdir.train_files)

    @cached_property
    def labels(self) -> list[str]:
        """The classes that can be drawn, sorted; of several processes all must ask."""
        return processes.from_first(self.provenance.labels if processes.is_first() else None)

    @property
    def records(self) -> list[EvaluationRecord | ClassesRecord]:
        """The records in its folder `evaluation/`, of all checkpoints and protocols, the newest first; read anew.

        Raises:
          UserError: one is damaged, or of a newer version.

        >>> import dcgan_jax
        >>> [(record.step, record.fid) for record in dcgan_jax.open_run("runs/cxr").records]
        []
        """
        paths = sorted(self.workdir.evaluation.glob("*.json"), reverse=True)
        newest_first = sorted(paths, key=lambda path: path.stat().st_mtime_ns, reverse=True)  # equally new: by step
        return [read_evaluation(path) for path in newest_first]

    @property
    def step(self) -> int:
        """Completed updates of the checkpoint that is drawn from."""
        return int(self.state.step)

    @cached_property
    def recipe(self) -> Recipe:
        """Its modules, built once."""
        return create_recipe(self.settings)

    @cached_property
    def state(self) -> TrainState:
        """The state of its checkpoint."""
        return restore_chosen(self.recipe, self.workdir, self.mesh)

    @cached_property
    def sampler(self) -> Sampler:
        """What draws from its generator."""
        latent_size = self.settings.model.latent_size
        return Sampler(self.recipe.generator, latent_size, self.mesh, truncation=self.truncation)

    @cached_property
    def _known(self) -> tuple[Sequence[Example], Signatures]:
        """The training images, of whatever class, and what they are recognized by: a run has seen them all."""
        # The run was told of its data when it was trained, and a mode that draws from it prepares its own.
        data = select_training_data(prepare_silently(self.settings), self.settings)
        self.workdir.check_train_files(data.train_files)
        return data.training, compute_signatures(data.prepared.images(data.training))

    def read_checkpoint(self) -> None:
        """Reads the checkpoint now, not when an image is asked for; raises UserError if it cannot be read."""
        _ = self.state

    def read_training_images(self) -> None:
        """Reads now what copies are looked for in.

        Raises UserError if the training images are not there, or not those of the run.
        """
        _ = self._known

    def find_nearest(self, images: Images) -> list[Nearest]:
        """Returns the training image that each image resembles most; raises what `read_training_images` does."""
        examples, signatures = self._known
        pairs = zip(*compute_similarities(images, signatures), strict=True)
        return [Nearest(examples[position].file, float(similarity)) for similarity, position in pairs]

    def sample(
        self, count: int, seed: int = 0, label: str = ""
    ) -> UInt8[np.ndarray, "count height width"] | UInt8[np.ndarray, "count height width 3"]:
        """Returns the first images of a latent seed, those that `--mode=generate` writes of it; none is left out.

        Images of one number have the same latent in every class; `label` may be left out where the run has one.

        Returns:
          uint8, gray [count, height, width] or, of a run in color, [count, height, width, 3].

        Raises:
          UserError: the run has no such class, or its checkpoint cannot be read.

        >>> import dcgan_jax
        >>> run = dcgan_jax.open_run("runs/cxr")
        >>> run.labels
        ['NORMAL']
        >>> images = run.sample(16, seed=0, label="NORMAL")
        >>> images.shape, images.dtype
        ((16, 64, 64), dtype('uint8'))
        """
        every = self.draw_seed(self.require_label(label), seed, STREAM, count, compared=False)
        stacked = np.stack([drawn.image for drawn in every])
        return stacked[..., 0] if stacked.shape[-1] == 1 else stacked

    def require_label(self, label: str) -> str:
        """Returns the class that is meant: the only one where none is given. Raises UserError if there is no such."""
        if (spelled := find_spelling(label, self.labels)) in self.labels:
            return spelled
        if not label and len(self.labels) == 1:
            return self.labels[0]
        message = f"is no class of the run in {self.workdir.root}: choose one of {', '.join(self.labels)}."
        raise FieldError("label", label, message)

    def require_size(self, image_size: int) -> None:
        """Raises UserError if its images have another size."""
        own = self.settings.data.image_size
        if own != image_size:
            message = f"is not the size of the run in {self.workdir.root}: give {own} or a run of the other size."
            raise FieldError("config.data.image_size", image_size, message)

    def is_copy(self, drawn: Drawn) -> bool:
        """Returns whether an image resembles a training image more than is allowed."""
        return drawn.nearest is not None and drawn.nearest.similarity > self.max_similarity

    def draw_seed(self, label: str, seed: int, stream: str, count: int, compared: bool) -> Iterator[Drawn]:
        """Yields the first `count` images of a class and a latent seed, drawn from a random stream.

        Copies stay among them; their nearest training images are looked for where `compared` is true.
        """
        params, number = self.state.sampled_generator, self.labels.index(label)
        yield from self._with_nearest(self.sampler.batches(params, seed, stream, count, label=number), compared)

    def draw_latents(self, label: str, latents: Float[np.ndarray, "image latent"], compared: bool) -> Iterator[Drawn]:
        """Yields the images of a class at given latents, as `draw_seed` does those of a seed."""
        batches = self.sampler.images_of(self.state.sampled_generator, latents, self.labels.index(label))
        yield from self._with_nearest(batches, compared)

    def _with_nearest(self, batches: Iterator[Images], compared: bool) -> Iterator[Drawn]:
        """Yields images one by one, with their numbers and, where asked, their nearest training images."""
        number = 0
        for images in batches:
            nearest = self.find_nearest(images) if compared else [None] * len(images)
            for image, of_image in zip(images, nearest, strict=True):
                yield Drawn(image, number, of_image)
                number += 1

    def draw_without_copies(self, label: str, seed: int, stream: str, count: int) -> Iterator[Drawn]:
        """Yields `count` images of a class and a latent seed; copies are left out where there is a `max_similarity`.

        Raises UserError if nearly all images are copies.
        """
        kept = 0
        for drawn in self.draw_seed(label, seed, stream, MOST_DRAWS * count, self.max_similarity > 0):
            if self.is_copy(drawn):
                continue
            yield drawn
            kept += 1
            if kept == count:
                return
        raise FileError(
            self.workdir.root,
            f"draws too many copies: of {MOST_DRAWS * count} images only {kept} differ enough from its training "
            f"images, and {count} are needed: raise the limit of {self.max_similarity:g} or train it anew.",
        )


def open_run(
    folder: str | Path, checkpoint: str | None = "best", mesh: Mesh | None = None, max_similarity: float = 0.0
) -> Run:
    """Opens the run in a workdir, to draw images and to read its scores.

    It needs neither TensorFlow nor, unless copies are looked for, the training images.

    Args:
      folder: the workdir.
      checkpoint: "best" (the latest where none is scored), "latest" or a step; None: the run's own `eval.checkpoint`.
      mesh: devices to draw on; None: all.
      max_similarity: see `Run`.

    Raises:
      UserError: there is no run, or it is damaged.
    """
    workdir = Workdir(Path(folder).expanduser().absolute())
    settings = workdir.settings({} if checkpoint is None else {"eval.checkpoint": checkpoint})
    return Run(workdir, settings, mesh or create_mesh(), max_similarity)
