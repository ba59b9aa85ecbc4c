"""What a score is measured under: which counts, which features, which preparation of the images."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

from dcgan_jax.inception.preprocess import Preprocess
from dcgan_jax.settings import EvalSettings

PAPER_REAL, PAPER_GENERATED, PAPER_DIMS = 1341, 1000, 768
"""Of Kora Venu 2020: all NORMAL training images of the common copy against 1,000 generated ones, at 768 dims."""

PAPER_SIZE = 128
"""Pixels a side of the paper's images, real and generated."""


@dataclass(frozen=True)
class Protocol:
    """Everything that moves a score, but for the images, the weights and the seeds."""

    name: str  # "default" or "paper"
    dims: int  # length of the feature vectors
    preprocess: Preprocess  # how images become the network's input
    num_real: int | None  # at most so many real images are used; None: all
    num_generated: int  # generated images in a score
    stretch: bool  # whether generated images are stretched to the full range first
    seeds: int  # latent seeds in a full evaluation

    def select_real(self, count: int) -> np.ndarray:
        """Returns the positions of the real images that are used, out of `count`: always the same ones."""
        if self.num_real is None or count <= self.num_real:
            return np.arange(count)
        return np.sort(np.random.default_rng(0).permutation(count)[: self.num_real])

    def describe_shortfall(self, count: int) -> list[str]:
        """Returns a sentence if there are fewer real images than the protocol is about."""
        if self.num_real is None or count >= self.num_real:
            return []
        return [f"The {self.name} protocol asks for {self.num_real:,} real images, and there are {count:,}."]

    def describe_resolution(self, height: int, width: int) -> list[str]:
        """Returns a sentence if the images are not of the size that the protocol is about."""
        if self.name != "paper" or (height, width) == (PAPER_SIZE, PAPER_SIZE):
            return []
        return [
            f"The paper protocol is about images of {PAPER_SIZE}x{PAPER_SIZE} pixels, and these have {width}x{height}: "
            "the scores do not compare with the paper's."
        ]


def resolve_protocol(evaluation: EvalSettings) -> Protocol:
    """Returns the protocol that the settings ask for.

    `eval.protocol=paper` fixes counts, dims and preprocess; the filter and the stretch stay a choice, since the paper
    names neither.

    Raises:
      UserError: a filter was chosen that the preprocess does not have.
    """
    is_paper = evaluation.protocol == "paper"
    return Protocol(
        name=evaluation.protocol,
        dims=PAPER_DIMS if is_paper else evaluation.dims,
        preprocess=Preprocess("pillow" if is_paper else evaluation.preprocess, evaluation.resize_filter),
        num_real=PAPER_REAL if is_paper else None,
        num_generated=PAPER_GENERATED if is_paper else evaluation.num_samples,
        stretch=evaluation.stretch,
        seeds=evaluation.seeds,
    )


def stretch_contrast(
    images: UInt8[np.ndarray, "image height width channel"],
) -> UInt8[np.ndarray, "image height width channel"]:
    """Returns each image with its own smallest value mapped to 0 and its largest to 255; flat images stay."""
    low = images.min(axis=(1, 2, 3), keepdims=True).astype(np.float32)
    reach = images.max(axis=(1, 2, 3), keepdims=True) - low
    stretched = np.rint((images - low) * (255.0 / np.maximum(reach, 1.0)))
    return np.where(reach > 0, stretched, images).astype(np.uint8)
