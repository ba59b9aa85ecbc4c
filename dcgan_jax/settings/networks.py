"""`config.model`, `.loss` and `.average`: the networks, what they minimize, and which weights are sampled."""

from typing import Annotated, Literal

from annotated_types import Unit
from pydantic import Field

from dcgan_jax.settings.section import (
    NonNegativeFloat,
    NonNegativeInt,
    PositiveInt,
    Section,
    Share,
    ShareBelowOne,
    ZeroOrSeveral,
)


class ModelSettings(Section):
    """The shapes of the generator and the discriminator, and how many classes they are told."""

    channels: Literal[1, 3] = 1
    """Of the images: gray, or three as in the paper."""
    base_channels: Annotated[PositiveInt, Unit("channels")] = 64
    """Width of the widest feature maps; the narrowest have 16 times as many."""
    latent_size: PositiveInt = 100
    """Length of the latent vector."""
    upsample: Literal["transposed", "resize", "resize_3x3"] = "transposed"
    """Transposed convolutions (the paper's code), or upsampling, then a 5x5 (its text) or a 3x3 convolution."""
    pixel_norm: bool = False
    """Bring the generator's features of each pixel to a mean square of 1."""
    image_skips: bool = False
    """Let each stage of the generator add an image of its own."""
    excitation: bool = False
    """Weigh the generator's features by what its smallest maps hold: skip-layer excitation."""
    blocks: Annotated[NonNegativeInt, Unit("convolutions")] = 0
    """Residual 3x3 convolutions at each size of both networks. 0: off."""
    dropout: ShareBelowOne = 0.4
    """Share of the discriminator's last features that are dropped while training."""
    minibatch_std: Annotated[ZeroOrSeveral, Unit("images")] = 0
    """Group of the minibatch standard deviation in the discriminator. 0: off."""
    num_classes: Annotated[ZeroOrSeveral, Unit("classes")] = 0
    """Classes that the networks are told, with `config.data.label=ALL`. 0: from the data."""
    spectral_norm: bool = False
    """Divide the discriminator's kernels by their largest singular values."""
    dtype: Literal["float32", "bfloat16"] = "float32"
    """Type in which the networks compute; parameters, moments and losses stay float32."""


class LossSettings(Section):
    """What the networks minimize."""

    kind: Literal["logistic", "hinge", "relativistic"] = "logistic"
    """Binary cross-entropy, as in the paper (`logistic`), the hinge loss, or the loss of pairs, real and generated."""
    r1: NonNegativeFloat = 0.0
    """Weight (gamma) of the R1 penalty on real images. 0: off."""
    r1_every: Annotated[PositiveInt, Unit("steps")] = 1
    """Steps between penalties, each of which counts as many times; 16 is usual."""
    r2: NonNegativeFloat = 0.0
    """Weight of the same penalty on generated images, in the same steps. 0: off."""
    penalty_decay_to: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Share of both penalties' weights that is left at the end of `config.optimizer`'s decay, along its curve."""
    mode_seeking: NonNegativeFloat = 0.0
    """Weight of the generator's mode-seeking term: latents apart, images apart. 0: off."""
    reconstruction: NonNegativeFloat = 0.0
    """Weight of the discriminator's error in reconstructing real images from its last features. 0: off."""
    imle: NonNegativeFloat = 0.0
    """Weight of the generator's distance from each real image to the nearest generated one (IMLE). 0: off."""


class AverageSettings(Section):
    """The average of the generator's weights that is sampled in their place."""

    half_life: Annotated[NonNegativeInt, Unit("images")] = 0
    """Half-life of the averaged generator, which is sampled and scored instead. 0: off."""
    ramp_up: Share = 0.05
    """The half-life is at most this share of the images seen. 0: no bound."""
