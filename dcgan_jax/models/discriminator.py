"""The paper's discriminator (Kora Venu 2020; layers and constants from korasagar/DCGAN-ChestXray, DCGAN.py).

It can be told the classes of what it judges: then the projection of the last features on a learned vector of the class
is added to each logit (Miyato and Koyama 2018, https://arxiv.org/abs/1802.05637, section 3).

Beside the logits it sows, into Flax's collection "intermediates", what some losses ask for: `features` and
`reconstruction`. Where nobody asks, nothing of them is computed.
"""

from functools import partial
from typing import Any

import jax.numpy as jnp
from flax import linen as nn
from jaxtyping import Array, Float, Int, Key

from dcgan_jax.models.convolutions import Form
from dcgan_jax.models.layers import LEAK, ClassEmbedding, Conv, Dense, ResidualConv, UpsampledConv
from dcgan_jax.random_streams import draw_keep_mask

STAGES = 4

DECODER = "reconstruct"
"""With this the names of the layers begin that no logit depends on."""


class Discriminator(nn.Module):
    """Images to logits: 5x5 convolutions, one at full size and four that halve it, dropout and a dense layer.

    Attributes:
      base_channels: channels of the first convolution; each stage doubles them.
      dropout: share of the last features that are dropped while training.
      minibatch_std: images in a group whose standard deviation is one more of the last feature maps; 0: none.
      dtype: computation type of the convolutions; parameters, what follows them and logits are float32.
      num_classes: classes that it is told; 0: none.
      form: what computes the convolutions.
      blocks: residual 3x3 convolutions of the maps of each of the four stages.
      reconstructs: whether it has a decoder that draws the image, at half its size, from the last features (Liu et al.
        2021, FastGAN, https://arxiv.org/abs/2101.04775, section 3.2).
    """

    base_channels: int
    dropout: float = 0.4
    minibatch_std: int = 0
    dtype: Any = jnp.float32
    num_classes: int = 0
    form: Form = "xla"
    blocks: int = 0
    reconstructs: bool = False

    @nn.compact
    def __call__(
        self,
        images: Float[Array, "batch height width channels"],
        dropout_keys: Key[Array, " batch"] | None = None,
        labels: Int[Array, " batch"] | None = None,
    ) -> Float[Array, " batch"]:
        """Returns float32 logits: above 0 means "real".

        It sows `features` (float32 [batch, features]) and, with a decoder, `reconstruction` (float32 [batch,
        height / 2, width / 2, channels], in [-1, 1]).

        Args:
          images: in [-1, 1]; with `minibatch_std`, a multiple of it.
          dropout_keys: one key an image; None: no dropout.
          labels: the number of each image's class, with `num_classes`.
        """
        activate = partial(nn.leaky_relu, negative_slope=LEAK)
        conv = partial(Conv, kernel_size=5, dtype=self.dtype, form=self.form)

        x = activate(conv(self.base_channels, name="from_image")(images))
        for stage in range(STAGES):  # half the size, twice the channels
            x = conv(self.base_channels * 2 ** (stage + 1), stride=2, name=f"stage_{stage}")(x)
            for block in range(self.blocks):
                x = ResidualConv(dtype=self.dtype, form=self.form, name=f"block_{stage}_{block}")(x)
            x = activate(x)

        if self.reconstructs:
            self.sow("intermediates", "reconstruction", self._reconstruct(x, images.shape[-1]))
        # From here on in float32: the rounded 1 - dropout would scale all features by the same small error.
        x = x.astype(jnp.float32)
        self.sow("intermediates", "features", x.reshape(x.shape[0], -1))
        if self.minibatch_std:
            x = append_minibatch_std(x, self.minibatch_std)
        x = x.reshape(x.shape[0], -1)
        if dropout_keys is not None and self.dropout > 0:
            # One key an image, so that the masks do not depend on how the batch is divided over devices.
            keep = draw_keep_mask(dropout_keys, self.dropout, x.shape[1])
            x = jnp.where(keep, x / (1.0 - self.dropout), 0)
        logits = Dense(1, name="to_logit")(x)[:, 0]
        if self.num_classes:
            embedding = ClassEmbedding(self.num_classes, x.shape[1], name="class_embedding")
            logits += jnp.sum(embedding(labels) * x, axis=1)
        return logits

    def _reconstruct(self, x: Float[Array, "batch h w c"], channels: int) -> Float[Array, "batch h2 w2 channels"]:
        computed = {"kernel_size": 3, "dtype": self.dtype, "form": self.form}
        for stage in reversed(range(1, STAGES)):  # twice the size, half the channels
            x = UpsampledConv(self.base_channels * 2**stage, **computed, name=f"{DECODER}_{stage}")(x)
            x = nn.leaky_relu(x, negative_slope=LEAK)
        x = Conv(channels, **computed, name=f"{DECODER}_image")(x)
        return jnp.tanh(x.astype(jnp.float32))


def append_minibatch_std(x: Float[Array, "batch h w channel"], group: int) -> Float[Array, "batch h w channel+1"]:
    """Adds a feature map that says how much the images of a group differ, so that a lack of variety shows.

    It is the standard deviation over the group, averaged over all features: one number for each group of neighbors
    in the batch (Karras et al. 2018, https://arxiv.org/abs/1710.10196, section 3; groups as in StyleGAN2).

    Args:
      x: feature maps; a batch of a multiple of `group` images.
      group: images in a group.
    """
    groups = x.reshape(-1, group, *x.shape[1:])
    deviation = jnp.sqrt(jnp.var(groups, axis=1) + 1e-8).mean(axis=(1, 2, 3))
    feature_map = jnp.broadcast_to(jnp.repeat(deviation, group)[:, None, None, None], (*x.shape[:3], 1))
    return jnp.concatenate([x, feature_map], axis=-1)
