"""The paper's discriminator (Kora Venu 2020; layers and constants from korasagar/DCGAN-ChestXray, DCGAN.py)."""

from functools import partial
from typing import Any

import jax.numpy as jnp
from flax import linen as nn
from jaxtyping import Array, Float, Key

from dcgan_jax.models.layers import LEAK, Conv, glorot_uniform
from dcgan_jax.random_streams import draw_keep_mask

STAGES = 4


class Discriminator(nn.Module):
    """Images to logits: 5x5 convolutions, one at full size and four that halve it, dropout and a dense layer.

    Attributes:
      base_channels: channels of the first convolution; each stage doubles them.
      dropout: share of the last features that are dropped while training.
      dtype: computation type; parameters and logits are float32.
    """

    base_channels: int
    dropout: float = 0.4
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(
        self,
        images: Float[Array, "batch height width channels"],
        dropout_keys: Key[Array, " batch"] | None = None,
    ) -> Float[Array, " batch"]:
        """Returns float32 logits: above 0 means "real".

        Args:
          images: in [-1, 1].
          dropout_keys: one key an image; None: no dropout.
        """
        activate = partial(nn.leaky_relu, negative_slope=LEAK)
        conv = partial(Conv, kernel_size=5, dtype=self.dtype)

        x = activate(conv(self.base_channels, name="from_image")(images))
        for stage in range(STAGES):  # half the size, twice the channels
            x = activate(conv(self.base_channels * 2 ** (stage + 1), stride=2, name=f"stage_{stage}")(x))

        x = x.reshape(x.shape[0], -1)
        if dropout_keys is not None and self.dropout > 0:
            # One key an image, so that the masks do not depend on how the batch is divided over devices.
            keep = draw_keep_mask(dropout_keys, self.dropout, x.shape[1])
            x = jnp.where(keep, x / (1.0 - self.dropout), 0).astype(x.dtype)
        logits = nn.Dense(1, kernel_init=glorot_uniform, dtype=jnp.float32, name="to_logit")(x)
        return logits[:, 0]
