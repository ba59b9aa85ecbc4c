"""The layers and blocks of Inception-V3, with batch normalization folded into kernel and bias.

A 1x1 convolution that follows an average pool is taken before it, where it leaves fewer channels to pool: the order of
additions changes, and nothing else.
"""

from functools import partial
from typing import Literal

import jax.numpy as jnp
import numpy as np
from flax import linen as nn
from jax import lax
from jaxtyping import Array, Float

from dcgan_jax.models.convolutions import Form, Window, convolve, convolve_relu


def max_pool(
    x: Float[Array, "batch height width channel"], stride: int, padding: int = 0
) -> Float[Array, "batch h w channel"]:
    """Returns the greatest of each 3x3 window."""
    x = jnp.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0)), constant_values=-jnp.inf)
    for axis in (1, 2):
        size = (x.shape[axis] - 3) // stride * stride + 1
        first, second, third = (lax.slice_in_dim(x, i, i + size, stride, axis) for i in range(3))
        x = jnp.maximum(jnp.maximum(first, second), third)
    return x


def average_pool(x: Float[Array, "batch height width channel"]) -> Float[Array, "batch height width channel"]:
    """Returns the mean of each 3x3 window at stride 1, over those of its pixels that are inside the image."""
    counts = np.ones((1, 1, 1, 1), np.float32)
    for axis in (1, 2):
        size = x.shape[axis]
        padded = jnp.pad(x, [(1, 1) if axis == other else (0, 0) for other in range(4)])
        first, second, third = (lax.slice_in_dim(padded, i, i + size, axis=axis) for i in range(3))
        x = first + second + third
        inside = np.convolve(np.ones(size, np.float32), np.ones(3, np.float32), "same")
        counts = counts * np.expand_dims(inside, [other for other in range(4) if other != axis])
    return x / counts


Maps = Float[Array, "batch height width channel"]
Next = Float[Array, "batch next_height next_width features"]


class Convolution(nn.Module):
    """Convolution with folded batch normalization, perhaps an average pool, then ReLU.

    Feature maps of one channel are a gray image, which is taken as three equal channels.
    """

    features: int  # channels that it returns
    kernel_size: int | tuple[int, int]  # height and width where they differ
    stride: int = 1  # of both axes
    padding: Literal["same", "valid"] = "same"  # "same" keeps the size at stride 1
    pooled: bool = False  # whether an average pool lies between the convolution and the bias
    form: Form = "xla"  # what computes it

    @nn.compact
    def __call__(self, x: Maps) -> Next:
        """Returns the next feature maps."""
        size, channels, is_gray = self.kernel_size, x.shape[-1], x.shape[-1] == 1
        height, width = size if isinstance(size, tuple) else (size, size)
        shape = height, width, 3 if is_gray else channels, self.features
        kernel = self.param("kernel", nn.initializers.he_normal(), shape)
        bias = self.param("bias", nn.initializers.zeros, (self.features,))
        if is_gray:
            # Three equal channels under a kernel are one channel under the sum of its slices.
            kernel = kernel.sum(axis=2, keepdims=True)
        padding = (height // 2, width // 2) if self.padding == "same" else (0, 0)
        window = Window((x.shape[1], x.shape[2]), (height, width), (self.stride, self.stride), padding, padding)
        if self.pooled:
            return nn.relu(average_pool(convolve(x, kernel, window, self.form)) + bias)
        return convolve_relu(x, kernel, bias, window, self.form)


def _branch(x: Maps, form: Form, **features: int) -> list[Float[Array, "batch height width _"]]:
    """Returns the named 1x1 convolutions of `x`, `branch_pool` averaged over its neighborhood."""
    return [
        Convolution(count, 1, pooled=name == "branch_pool", form=form, name=name)(x) for name, count in features.items()
    ]


def _join(*branches: Float[Array, "batch height width _"]) -> Maps:
    return jnp.concatenate(branches, axis=-1)


class BlockA(nn.Module):
    """Mixed_5b to 5d: 1x1, 5x5, two 3x3, pool."""

    pool_features: int
    form: Form = "xla"

    @nn.compact
    def __call__(self, x: Maps) -> Next:
        """Returns the next feature maps."""
        convolution = partial(Convolution, form=self.form)
        plain, five, three, pooled = _branch(
            x, self.form, branch1x1=64, branch5x5_1=48, branch3x3dbl_1=64, branch_pool=self.pool_features
        )
        five = convolution(64, 5, name="branch5x5_2")(five)
        three = convolution(96, 3, name="branch3x3dbl_2")(three)
        three = convolution(96, 3, name="branch3x3dbl_3")(three)
        return _join(plain, five, three, pooled)


class BlockB(nn.Module):
    """Mixed_6a: half the size by 3x3, by two 3x3, by a max pool."""

    form: Form = "xla"

    @nn.compact
    def __call__(self, x: Maps) -> Next:
        """Returns the next feature maps."""
        convolution = partial(Convolution, form=self.form)
        single = convolution(384, 3, stride=2, padding="valid", name="branch3x3")(x)
        double = convolution(64, 1, name="branch3x3dbl_1")(x)
        double = convolution(96, 3, name="branch3x3dbl_2")(double)
        double = convolution(96, 3, stride=2, padding="valid", name="branch3x3dbl_3")(double)
        return _join(single, double, max_pool(x, stride=2))


class BlockC(nn.Module):
    """Mixed_6b to 6e: 1x1, 7x7 and two 7x7 as lines, pool."""

    width: int
    form: Form = "xla"

    @nn.compact
    def __call__(self, x: Maps) -> Next:
        """Returns the next feature maps."""
        convolution = partial(Convolution, form=self.form)
        plain, single, double, pooled = _branch(
            x, self.form, branch1x1=192, branch7x7_1=self.width, branch7x7dbl_1=self.width, branch_pool=192
        )
        single = convolution(self.width, (1, 7), name="branch7x7_2")(single)
        single = convolution(192, (7, 1), name="branch7x7_3")(single)
        double = convolution(self.width, (7, 1), name="branch7x7dbl_2")(double)
        double = convolution(self.width, (1, 7), name="branch7x7dbl_3")(double)
        double = convolution(self.width, (7, 1), name="branch7x7dbl_4")(double)
        double = convolution(192, (1, 7), name="branch7x7dbl_5")(double)
        return _join(plain, single, double, pooled)


class BlockD(nn.Module):
    """Mixed_7a: half the size by 3x3, by 7x7 as lines and 3x3, by a max pool."""

    form: Form = "xla"

    @nn.compact
    def __call__(self, x: Maps) -> Next:
        """Returns the next feature maps."""
        convolution = partial(Convolution, form=self.form)
        three, seven = _branch(x, self.form, branch3x3_1=192, branch7x7x3_1=192)
        three = convolution(320, 3, stride=2, padding="valid", name="branch3x3_2")(three)
        seven = convolution(192, (1, 7), name="branch7x7x3_2")(seven)
        seven = convolution(192, (7, 1), name="branch7x7x3_3")(seven)
        seven = convolution(192, 3, stride=2, padding="valid", name="branch7x7x3_4")(seven)
        return _join(three, seven, max_pool(x, stride=2))


class BlockE(nn.Module):
    """Mixed_7b and 7c: 1x1, 3x3 as parallel lines, 3x3 and parallel lines, pool."""

    pool: Literal["average", "max"]
    form: Form = "xla"

    @nn.compact
    def __call__(self, x: Maps) -> Next:
        """Returns the next feature maps."""
        convolution = partial(Convolution, form=self.form)
        entries = {"branch1x1": 320, "branch3x3_1": 384, "branch3x3dbl_1": 448}
        if self.pool == "average":
            plain, single, double, pooled = _branch(x, self.form, **entries, branch_pool=192)
        else:
            plain, single, double = _branch(x, self.form, **entries)
            pooled = convolution(192, 1, name="branch_pool")(max_pool(x, stride=1, padding=1))
        double = convolution(384, 3, name="branch3x3dbl_2")(double)
        return _join(
            plain,
            convolution(384, (1, 3), name="branch3x3_2a")(single),
            convolution(384, (3, 1), name="branch3x3_2b")(single),
            convolution(384, (1, 3), name="branch3x3dbl_3a")(double),
            convolution(384, (3, 1), name="branch3x3dbl_3b")(double),
            pooled,
        )
