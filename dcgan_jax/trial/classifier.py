"""The classifier of the trial: a small residual network with group norm, from one gray channel to one logit.

He et al. 2016 (https://arxiv.org/abs/1512.03385), basic blocks; Wu and He 2018 (https://arxiv.org/abs/1803.08494) for
the norm, which needs no running means: nothing but parameters makes up a classifier, and what it says of an image does
not depend on the others beside it.
"""

import jax
import jax.numpy as jnp
from flax import linen as nn
from jaxtyping import Array, Float, Key, PyTree

from dcgan_jax.models.layers import Conv
from dcgan_jax.random_streams import stream_key

STAGES = 4
"""Each halves the size of the feature maps; each but the first doubles the channels."""

_CHANNELS_PER_GROUP = 8


class Block(nn.Module):
    """Two 3x3 convolutions beside a shortcut."""

    features: int  # channels of the result
    stride: int  # of the first convolution

    @nn.compact
    def __call__(self, x: Float[Array, "batch height width channel"]) -> Float[Array, "batch h w features"]:
        """Returns feature maps that are `stride` times smaller."""
        inner = nn.relu(_norm(self.features, "norm_0")(Conv(self.features, 3, self.stride, name="conv_0")(x)))
        inner = _norm(self.features, "norm_1")(Conv(self.features, 3, name="conv_1")(inner))
        if x.shape != inner.shape:
            x = _norm(self.features, "shortcut_norm")(Conv(self.features, 1, self.stride, name="shortcut")(x))
        return nn.relu(x + inner)


class Classifier(nn.Module):
    """Images to logits: a 5x5 convolution of stride 2, four blocks, the mean over space and a dense layer."""

    base_channels: int  # channels of the first stage, a multiple of 8

    @nn.compact
    def __call__(self, images: Float[Array, "batch height width 1"]) -> Float[Array, " batch"]:
        """Returns logits of images in [-1, 1]: above 0 means the positive class is the likelier one."""
        # [batch, height, width, 1] -> [batch, height / 2, width / 2, base_channels]
        x = nn.relu(_norm(self.base_channels, "norm")(Conv(self.base_channels, 5, 2, name="stem")(images)))
        for stage in range(STAGES):
            x = Block(self.base_channels * 2**stage, stride=2, name=f"block_{stage}")(x)
        return nn.Dense(1, name="to_logit")(x.mean(axis=(1, 2)))[:, 0]


def create_params(classifier: Classifier, image_size: int, key: Key[Array, ""]) -> PyTree:
    """Returns the classifier's weights, drawn from a key of their own stream."""
    images = jnp.zeros((1, image_size, image_size, 1))
    return jax.jit(classifier.init)(stream_key(key, "classifier_init"), images)["params"]


def _norm(features: int, name: str) -> nn.GroupNorm:
    return nn.GroupNorm(num_groups=features // _CHANNELS_PER_GROUP, name=name)
