"""The layers and blocks of Inception-V3, with batch normalisation folded into kernel and bias.

Two rearrangements change the order of additions and nothing else: 1x1 convolutions of the same input are one matrix
product, and a 1x1 convolution that follows an average pool is taken before it, where it leaves fewer channels to pool.
"""

from typing import Literal

import jax.numpy as jnp
import numpy as np
from flax import linen as nn
from jaxtyping import Array, Float

from dcgan_jax.inception.convolutions import average_pool, convolve, convolve_pointwise, max_pool

Maps = Float[Array, "batch height width channel"]


class Convolution(nn.Module):
    """Convolution with folded batch normalisation, then ReLU."""

    features: int
    kernel_size: int | tuple[int, int]
    stride: int = 1
    padding: Literal["same", "valid"] = "same"

    @nn.compact
    def __call__(self, x: Maps) -> Maps:
        """Returns the next feature maps."""
        kernel, bias = self._parameters(x.shape[-1])
        return nn.relu(self._convolve(x, kernel) + bias)

    def _parameters(self, channels: int) -> tuple[Float[Array, "kh kw in out"], Float[Array, " out"]]:
        shape = (*self._kernel_shape(), channels, self.features)
        kernel = self.param("kernel", nn.initializers.he_normal(), shape)
        return kernel, self.param("bias", nn.initializers.zeros, (self.features,))

    def _convolve(self, x: Maps, kernel: Float[Array, "kh kw in out"]) -> Maps:
        height, width = self._kernel_shape()
        if height == width == 1:
            return convolve_pointwise(x, kernel[0, 0])
        same = ((height // 2, height // 2), (width // 2, width // 2))
        return convolve(x, kernel, self.stride, same if self.padding == "same" else ((0, 0), (0, 0)))

    def _kernel_shape(self) -> tuple[int, int]:
        size = self.kernel_size
        return size if isinstance(size, tuple) else (size, size)


class FirstConvolution(Convolution):
    """The convolution of the image itself, which takes gray as three equal channels."""

    @nn.compact
    def __call__(self, x: Maps) -> Maps:
        """Returns the next feature maps."""
        kernel, bias = self._parameters(channels=3)
        if x.shape[-1] == 1:
            # Three equal channels under a kernel are one channel under the sum of its slices.
            kernel = kernel.sum(axis=2, keepdims=True)
        return nn.relu(self._convolve(x, kernel) + bias)


class _Pointwise(nn.Module):
    """The parameters of a 1x1 convolution that runs together with others."""

    features: int

    @nn.compact
    def __call__(self, channels: int) -> tuple[Float[Array, "in out"], Float[Array, " out"]]:
        kernel = self.param("kernel", nn.initializers.he_normal(), (1, 1, channels, self.features))
        return kernel[0, 0], self.param("bias", nn.initializers.zeros, (self.features,))


def _branch(x: Maps, **features: int) -> list[Maps]:
    """Returns the named 1x1 convolutions of `x`, `branch_pool` averaged over its neighbourhood."""
    parameters = [_Pointwise(count, name=name)(x.shape[-1]) for name, count in features.items()]
    maps = convolve_pointwise(x, jnp.concatenate([kernel for kernel, _ in parameters], axis=-1))
    branches = jnp.split(maps, np.cumsum(list(features.values()))[:-1], axis=-1)
    return [
        nn.relu((average_pool(branch) if name == "branch_pool" else branch) + bias)
        for name, branch, (_, bias) in zip(features, branches, parameters, strict=True)
    ]


def _join(*branches: Maps) -> Maps:
    return jnp.concatenate(branches, axis=-1)


class BlockA(nn.Module):
    """Mixed_5b to 5d: 1x1, 5x5, two 3x3, pool."""

    pool_features: int

    @nn.compact
    def __call__(self, x: Maps) -> Maps:
        """Returns the next feature maps."""
        plain, five, three, pooled = _branch(
            x, branch1x1=64, branch5x5_1=48, branch3x3dbl_1=64, branch_pool=self.pool_features
        )
        five = Convolution(64, 5, name="branch5x5_2")(five)
        three = Convolution(96, 3, name="branch3x3dbl_2")(three)
        three = Convolution(96, 3, name="branch3x3dbl_3")(three)
        return _join(plain, five, three, pooled)


class BlockB(nn.Module):
    """Mixed_6a: half the size by 3x3, by two 3x3, by a max pool."""

    @nn.compact
    def __call__(self, x: Maps) -> Maps:
        """Returns the next feature maps."""
        single = Convolution(384, 3, stride=2, padding="valid", name="branch3x3")(x)
        double = Convolution(64, 1, name="branch3x3dbl_1")(x)
        double = Convolution(96, 3, name="branch3x3dbl_2")(double)
        double = Convolution(96, 3, stride=2, padding="valid", name="branch3x3dbl_3")(double)
        return _join(single, double, max_pool(x, stride=2))


class BlockC(nn.Module):
    """Mixed_6b to 6e: 1x1, 7x7 and two 7x7 as lines, pool."""

    width: int

    @nn.compact
    def __call__(self, x: Maps) -> Maps:
        """Returns the next feature maps."""
        plain, single, double, pooled = _branch(
            x, branch1x1=192, branch7x7_1=self.width, branch7x7dbl_1=self.width, branch_pool=192
        )
        single = Convolution(self.width, (1, 7), name="branch7x7_2")(single)
        single = Convolution(192, (7, 1), name="branch7x7_3")(single)
        double = Convolution(self.width, (7, 1), name="branch7x7dbl_2")(double)
        double = Convolution(self.width, (1, 7), name="branch7x7dbl_3")(double)
        double = Convolution(self.width, (7, 1), name="branch7x7dbl_4")(double)
        double = Convolution(192, (1, 7), name="branch7x7dbl_5")(double)
        return _join(plain, single, double, pooled)


class BlockD(nn.Module):
    """Mixed_7a: half the size by 3x3, by 7x7 as lines and 3x3, by a max pool."""

    @nn.compact
    def __call__(self, x: Maps) -> Maps:
        """Returns the next feature maps."""
        three, seven = _branch(x, branch3x3_1=192, branch7x7x3_1=192)
        three = Convolution(320, 3, stride=2, padding="valid", name="branch3x3_2")(three)
        seven = Convolution(192, (1, 7), name="branch7x7x3_2")(seven)
        seven = Convolution(192, (7, 1), name="branch7x7x3_3")(seven)
        seven = Convolution(192, 3, stride=2, padding="valid", name="branch7x7x3_4")(seven)
        return _join(three, seven, max_pool(x, stride=2))


class BlockE(nn.Module):
    """Mixed_7b and 7c: 1x1, 3x3 as parallel lines, 3x3 and parallel lines, pool."""

    pool: Literal["average", "max"]

    @nn.compact
    def __call__(self, x: Maps) -> Maps:
        """Returns the next feature maps."""
        entries = {"branch1x1": 320, "branch3x3_1": 384, "branch3x3dbl_1": 448}
        if self.pool == "average":
            plain, single, double, pooled = _branch(x, **entries, branch_pool=192)
        else:
            plain, single, double = _branch(x, **entries)
            pooled = Convolution(192, 1, name="branch_pool")(max_pool(x, stride=1, padding=1))
        double = Convolution(384, 3, name="branch3x3dbl_2")(double)
        return _join(
            plain,
            Convolution(384, (1, 3), name="branch3x3_2a")(single),
            Convolution(384, (3, 1), name="branch3x3_2b")(single),
            Convolution(384, (1, 3), name="branch3x3dbl_3a")(double),
            Convolution(384, (3, 1), name="branch3x3dbl_3b")(double),
            pooled,
        )
