"""The paper's generator (Kora Venu 2020; layers and constants from korasagar/DCGAN-ChestXray, DCGAN.py).

It can be told which class to draw: the class, one-hot, is joined to the latent, as in the conditional GAN of Mirza and
Osindero 2014 (https://arxiv.org/abs/1411.1784), section 3.2, so that the dense layer has a bias of its own for each.
"""

from functools import partial
from typing import Any, Literal

import jax
import jax.numpy as jnp
from flax import linen as nn
from jaxtyping import Array, Float, Int

from dcgan_jax.models.convolutions import Form
from dcgan_jax.models.layers import LEAK, Conv, ConvTranspose, Dense, UpsampledConv

STAGES = 4
"""Each stage doubles height and width, whatever the image size: the first feature map is a sixteenth of it."""


class Generator(nn.Module):
    """Latents to images: a dense layer, four stages that double the size, a 5x5 convolution and tanh.

    Attributes:
      image_size: height and width of the images, in pixels.
      channels: channels of the images.
      base_channels: channels of the last stage; each earlier one has twice as many.
      upsample: "transposed" (4x4 transposed convolutions, the paper's code), "resize" (nearest-neighbor upsampling,
        then a 5x5 convolution: the paper's text and its Figure 2) or "resize_3x3" (the same with a 3x3 convolution, for
        as many operations as the transposed one). Where pixels are repeated first, one kernel weighs them all alike;
        a transposed one weighs odd and even ones each in its own way, which can show as a checkerboard (Odena et al.
        2016, https://doi.org/10.23915/distill.00003).
      dtype: computation type; parameters and the final tanh are float32.
      num_classes: classes that it is told; 0: none.
      form: what computes the convolutions.
    """

    image_size: int
    channels: int
    base_channels: int
    upsample: Literal["transposed", "resize", "resize_3x3"] = "transposed"
    dtype: Any = jnp.float32
    num_classes: int = 0
    form: Form = "xla"

    @nn.compact
    def __call__(
        self, latents: Float[Array, "batch latent"], labels: Int[Array, " batch"] | None = None
    ) -> Float[Array, "batch size size channels"]:
        """Returns float32 images in [-1, 1].

        Args:
          latents: standard normal.
          labels: the number of each image's class, with `num_classes`.
        """
        activate = partial(nn.leaky_relu, negative_slope=LEAK)
        size, width = self.image_size // 2**STAGES, self.base_channels * 2**STAGES

        if self.num_classes:  # [batch, latent] -> [batch, latent + num_classes]
            latents = jnp.concatenate([latents, jax.nn.one_hot(labels, self.num_classes)], axis=-1)

        # [batch, latent] -> [batch, size, size, width]
        x = Dense(size * size * width, dtype=self.dtype, name="project")(latents)
        x = activate(x).reshape(-1, size, size, width)

        for stage in range(STAGES):  # twice the size, half the channels
            width //= 2
            x = activate(self._upsample(x, width, name=f"stage_{stage}"))

        x = Conv(self.channels, kernel_size=5, dtype=self.dtype, form=self.form, name="to_image")(x)
        return jnp.tanh(x.astype(jnp.float32))

    def _upsample(self, x: Float[Array, "batch h w c"], features: int, name: str) -> Float[Array, "batch h2 w2 f"]:
        computed = {"dtype": self.dtype, "form": self.form}
        if self.upsample == "transposed":
            return ConvTranspose(features, kernel_size=4, stride=2, **computed, name=name)(x)
        kernel_size = {"resize": 5, "resize_3x3": 3}[self.upsample]
        return UpsampledConv(features, kernel_size=kernel_size, **computed, name=name)(x)
