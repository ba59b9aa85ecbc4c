"""Flax layers over this package's convolutions, with Keras' defaults: glorot-uniform kernels and zero biases.

Mixed precision: parameters are float32 and products are computed in a layer's `dtype`. Biases are added in float32
before the result is rounded to `dtype`, so that their gradients, sums over all pixels of a batch, are float32 sums.
"""

from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn
from jaxtyping import Array, Float, Int

from dcgan_jax.models.convolutions import Form, conv, conv_transpose, upsampled_conv

LEAK = 0.2
"""Slope of every leaky ReLU for negative inputs."""

glorot_uniform = nn.initializers.glorot_uniform()


class Conv(nn.Module):
    """Convolution with 'same' padding; parameters float32, computation in `dtype`."""

    features: int
    kernel_size: int
    stride: int = 1
    dtype: Any = jnp.float32
    form: Form = "xla"

    @nn.compact
    def __call__(self, x: Float[Array, "batch height width channel"]) -> Float[Array, "batch h w features"]:
        """Returns feature maps of ceil(height / stride) by ceil(width / stride)."""
        shape = (self.kernel_size, self.kernel_size, x.shape[-1], self.features)
        kernel, bias = _declare_parameters(self, shape, self.features)
        return _add_bias(conv(*_cast(x, kernel, self.dtype), self.stride, self.form), bias)


class UpsampledConv(nn.Module):
    """`Conv` of features at twice their size (nearest neighbor): the same parameters, at fewer products."""

    features: int
    kernel_size: int
    dtype: Any = jnp.float32
    form: Form = "xla"

    @nn.compact
    def __call__(self, x: Float[Array, "batch height width channel"]) -> Float[Array, "batch h w features"]:
        """Returns feature maps of 2 * height by 2 * width."""
        shape = (self.kernel_size, self.kernel_size, x.shape[-1], self.features)
        kernel, bias = _declare_parameters(self, shape, self.features)
        return _add_bias(upsampled_conv(x, kernel, self.dtype, self.form), bias)


class ResidualConv(nn.Module):
    """Adds to feature maps a 3x3 convolution of their leaky ReLU.

    Its kernel is multiplied by a gain that begins at 0, and its bias begins at 0: a network begins as it would without
    (ReZero: Bachlechner et al. 2021, https://arxiv.org/abs/2003.04887, section 3).
    """

    dtype: Any = jnp.float32
    form: Form = "xla"

    @nn.compact
    def __call__(self, x: Float[Array, "batch height width channel"]) -> Float[Array, "batch height width channel"]:
        """Returns feature maps of the same shape, in `dtype`."""
        x = x.astype(self.dtype)
        kernel, bias = _declare_parameters(self, (3, 3, x.shape[-1], x.shape[-1]), x.shape[-1])
        gain = self.param("gain", nn.initializers.zeros, ())
        active = nn.leaky_relu(x, negative_slope=LEAK)
        return x + _add_bias(conv(*_cast(active, gain * kernel, self.dtype), 1, self.form), bias)


class ConvTranspose(nn.Module):
    """Transposed convolution as Keras' Conv2DTranspose with 'same' padding; its kernel is [h, w, out, in]."""

    features: int
    kernel_size: int
    stride: int
    dtype: Any = jnp.float32
    form: Form = "xla"

    @nn.compact
    def __call__(self, x: Float[Array, "batch height width channel"]) -> Float[Array, "batch h w features"]:
        """Returns feature maps of height * stride by width * stride."""
        shape = (self.kernel_size, self.kernel_size, self.features, x.shape[-1])
        kernel, bias = _declare_parameters(self, shape, self.features)
        return _add_bias(conv_transpose(*_cast(x, kernel, self.dtype), self.stride, self.form), bias)


class Dense(nn.Module):
    """Affine map of the last axis; parameters float32, computation in `dtype`."""

    features: int
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, x: Float[Array, "batch in"]) -> Float[Array, "batch features"]:
        """Returns the features, in `dtype`."""
        kernel, bias = _declare_parameters(self, (x.shape[-1], self.features), self.features)
        x, kernel = _cast(x, kernel, self.dtype)
        return _add_bias(x @ kernel, bias)


class ClassEmbedding(nn.Module):
    """A learned vector for each class, float32; they are the rows of a kernel, so that it is normalized as others are.

    Attributes:
      num_classes: how many there are.
      features: length of the vectors.
    """

    num_classes: int
    features: int

    @nn.compact
    def __call__(self, labels: Int[Array, " batch"]) -> Float[Array, "batch features"]:
        """Returns the vectors of classes, given by their numbers."""
        kernel = self.param("kernel", glorot_uniform, (self.num_classes, self.features))
        # A product and no look-up, whose gradient accelerators add up in any order; at full precision it is as exact.
        one_hot = jax.nn.one_hot(labels, self.num_classes, dtype=kernel.dtype)
        return jnp.matmul(one_hot, kernel, precision=jax.lax.Precision.HIGHEST)


def _declare_parameters(
    layer: nn.Module, shape: tuple[int, ...], features: int
) -> tuple[Float[Array, "..."], Float[Array, " features"]]:
    """Returns a layer's kernel and bias as Keras begins them."""
    kernel = layer.param("kernel", glorot_uniform, shape)
    return kernel, layer.param("bias", nn.initializers.zeros, (features,))


def _cast(
    x: Float[Array, "batch ..."], kernel: Float[Array, "..."], dtype: Any
) -> tuple[Float[Array, "batch ..."], Float[Array, "..."]]:
    return x.astype(dtype), kernel.astype(dtype)


def _add_bias(x: Float[Array, "... features"], bias: Float[Array, " features"]) -> Float[Array, "... features"]:
    return (x.astype(bias.dtype) + bias).astype(x.dtype)
