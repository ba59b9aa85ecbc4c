"""Flax layers over this package's convolutions, with Keras' defaults: glorot-uniform kernels and zero biases."""

from typing import Any

import jax.numpy as jnp
from flax import linen as nn
from jaxtyping import Array, Float

from dcgan_jax.models import convolutions

LEAK = 0.2
"""Slope of every leaky ReLU for negative inputs."""

glorot_uniform = nn.initializers.glorot_uniform()


class Conv(nn.Module):
    """Convolution with 'same' padding; parameters float32, computation in `dtype`."""

    features: int
    kernel_size: int
    stride: int = 1
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, x: Float[Array, "batch height width channel"]) -> Float[Array, "batch h w features"]:
        """Returns feature maps of ceil(height / stride) by ceil(width / stride)."""
        shape = (self.kernel_size, self.kernel_size, x.shape[-1], self.features)
        kernel = self.param("kernel", glorot_uniform, shape)
        bias = self.param("bias", nn.initializers.zeros, (self.features,))
        x, kernel, bias = nn.dtypes.promote_dtype(x, kernel, bias, dtype=self.dtype)
        return convolutions.conv(x, kernel, self.stride) + bias


class ConvTranspose(nn.Module):
    """Transposed convolution as Keras' Conv2DTranspose with 'same' padding; its kernel is [h, w, out, in]."""

    features: int
    kernel_size: int
    stride: int
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, x: Float[Array, "batch height width channel"]) -> Float[Array, "batch h w features"]:
        """Returns feature maps of height * stride by width * stride."""
        shape = (self.kernel_size, self.kernel_size, self.features, x.shape[-1])
        kernel = self.param("kernel", glorot_uniform, shape)
        bias = self.param("bias", nn.initializers.zeros, (self.features,))
        x, kernel, bias = nn.dtypes.promote_dtype(x, kernel, bias, dtype=self.dtype)
        return convolutions.conv_transpose(x, kernel, self.stride) + bias
