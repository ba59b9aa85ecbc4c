"""The paper's generator (Kora Venu 2020; layers and constants from korasagar/DCGAN-ChestXray, DCGAN.py)."""

from functools import partial
from typing import Any, Literal

import jax.numpy as jnp
from flax import linen as nn
from jaxtyping import Array, Float

from dcgan_jax.models.layers import LEAK, Conv, ConvTranspose, Dense

STAGES = 4
"""Each stage doubles height and width, whatever the image size: the first feature map is a sixteenth of it."""


class Generator(nn.Module):
    """Latents to images: a dense layer, four stages that double the size, a 5x5 convolution and tanh.

    Attributes:
      image_size: height and width of the images, in pixels.
      channels: channels of the images.
      base_channels: channels of the last stage; each earlier one has twice as many.
      upsample: "transposed" (4x4 transposed convolutions, the paper's code) or "resize" (nearest-neighbour
        upsampling, then a 5x5 convolution: the paper's text and its Figure 2).
      dtype: computation type; parameters and the final tanh are float32.
    """

    image_size: int
    channels: int
    base_channels: int
    upsample: Literal["transposed", "resize"] = "transposed"
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, latents: Float[Array, "batch latent"]) -> Float[Array, "batch size size channels"]:
        """Returns float32 images in [-1, 1]."""
        activate = partial(nn.leaky_relu, negative_slope=LEAK)
        size, width = self.image_size // 2**STAGES, self.base_channels * 2**STAGES

        # [batch, latent] -> [batch, size, size, width]
        x = Dense(size * size * width, dtype=self.dtype, name="project")(latents)
        x = activate(x).reshape(-1, size, size, width)

        for stage in range(STAGES):  # twice the size, half the channels
            width //= 2
            x = activate(self._upsample(x, width, name=f"stage_{stage}"))

        x = Conv(self.channels, kernel_size=5, dtype=self.dtype, name="to_image")(x)
        return jnp.tanh(x.astype(jnp.float32))

    def _upsample(self, x: Float[Array, "batch h w c"], features: int, name: str) -> Float[Array, "batch h2 w2 f"]:
        if self.upsample == "transposed":
            return ConvTranspose(features, kernel_size=4, stride=2, dtype=self.dtype, name=name)(x)
        x = jnp.repeat(jnp.repeat(x, 2, axis=1), 2, axis=2)
        return Conv(features, kernel_size=5, dtype=self.dtype, name=name)(x)
