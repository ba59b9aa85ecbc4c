"""The paper's generator (Kora Venu 2020; layers and constants from korasagar/DCGAN-ChestXray, DCGAN.py).

It can be told which class to draw: the class, one-hot, is joined to the latent, as in the conditional GAN of Mirza and
Osindero 2014 (https://arxiv.org/abs/1411.1784), section 3.2, so that the dense layer has a bias of its own for each.
"""

from typing import Any, Literal

import jax
import jax.numpy as jnp
from flax import linen as nn
from jaxtyping import Array, Float, Int

from dcgan_jax.models.convolutions import Form
from dcgan_jax.models.layers import LEAK, Conv, ConvTranspose, Dense, ResidualConv, UpsampledConv

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
      pixel_norm: whether the features of each pixel are brought to a mean square of 1 (Karras et al. 2018,
        https://arxiv.org/abs/1710.10196, section 4.2): no image depends on others of its batch, as it does with
        batch normalization.
      image_skips: whether each stage adds an image of its own, enlarged, to the last one's (Karras et al. 2020,
        StyleGAN2, https://arxiv.org/abs/1912.04958, section 4.1).
      excitation: whether the features of the two largest maps are weighed by what maps an eighth of their size hold
        (Liu et al. 2021, FastGAN, https://arxiv.org/abs/2101.04775, section 3.1).
      blocks: residual 3x3 convolutions of each stage's maps.
    """

    image_size: int
    channels: int
    base_channels: int
    upsample: Literal["transposed", "resize", "resize_3x3"] = "transposed"
    dtype: Any = jnp.float32
    num_classes: int = 0
    form: Form = "xla"
    pixel_norm: bool = False
    image_skips: bool = False
    excitation: bool = False
    blocks: int = 0

    @nn.compact
    def __call__(
        self, latents: Float[Array, "batch latent"], labels: Int[Array, " batch"] | None = None
    ) -> Float[Array, "batch size size channels"]:
        """Returns float32 images in [-1, 1].

        Args:
          latents: standard normal.
          labels: the number of each image's class, with `num_classes`.
        """
        size, width = self.image_size // 2**STAGES, self.base_channels * 2**STAGES

        if self.num_classes:  # [batch, latent] -> [batch, latent + num_classes]
            latents = jnp.concatenate([latents, jax.nn.one_hot(labels, self.num_classes)], axis=-1)

        # [batch, latent] -> [batch, size, size, width]
        x = Dense(size * size * width, dtype=self.dtype, name="project")(latents)
        x = self._activate(x.reshape(-1, size, size, width))

        maps, images = [x], []
        for stage in range(STAGES):  # twice the size, half the channels
            width //= 2
            if self.image_skips:
                to_image = Conv(self.channels, kernel_size=3, dtype=self.dtype, form=self.form, name=f"image_{stage}")
                images.append(to_image(x).astype(jnp.float32))
            x = self._upsample(x, width, name=f"stage_{stage}")
            for block in range(self.blocks):
                x = ResidualConv(dtype=self.dtype, form=self.form, name=f"block_{stage}_{block}")(x)
            x = self._activate(x)
            if self.excitation and stage >= STAGES - 2:
                x *= self._excite(maps[stage - 2], width, name=f"excite_{stage}")
            maps.append(x)

        x = Conv(self.channels, kernel_size=5, dtype=self.dtype, form=self.form, name="to_image")(x)
        x = x.astype(jnp.float32)
        for image in images:
            x += jax.image.resize(image, x.shape, "bilinear")
        return jnp.tanh(x)

    def _activate(self, x: Float[Array, "batch h w c"]) -> Float[Array, "batch h w c"]:
        x = nn.leaky_relu(x, negative_slope=LEAK)
        if self.pixel_norm:
            squares = jnp.mean(jnp.square(x.astype(jnp.float32)), axis=-1, keepdims=True)
            x = (x * jax.lax.rsqrt(squares + 1e-8)).astype(x.dtype)
        return x

    def _excite(self, x: Float[Array, "batch h w c"], features: int, name: str) -> Float[Array, "batch 1 1 f"]:
        """Returns weights in (0, 2) of the features of a larger map, from a smaller one pooled to 4 by 4.

        Twice the paper's sigmoid, so that at first, near a half, it changes little.
        """
        pooled = jax.image.resize(x, (x.shape[0], 4, 4, x.shape[-1]), "linear").reshape(x.shape[0], -1)
        hidden = nn.leaky_relu(Dense(features, dtype=self.dtype, name=f"{name}_in")(pooled), negative_slope=LEAK)
        return 2.0 * nn.sigmoid(Dense(features, dtype=self.dtype, name=f"{name}_out")(hidden))[:, None, None, :]

    def _upsample(self, x: Float[Array, "batch h w c"], features: int, name: str) -> Float[Array, "batch h2 w2 f"]:
        computed = {"dtype": self.dtype, "form": self.form}
        if self.upsample == "transposed":
            return ConvTranspose(features, kernel_size=4, stride=2, **computed, name=name)(x)
        kernel_size = {"resize": 5, "resize_3x3": 3}[self.upsample]
        return UpsampledConv(features, kernel_size=kernel_size, **computed, name=name)(x)
