"""Convolutions and pools of Inception-V3 in the forms that each backend runs fast.

All sums are float32; the forms differ only in the order of the additions.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float

Padding = tuple[tuple[int, int], tuple[int, int]]

_NO_PADDING = ((0, 0), (0, 0))
_DIMENSIONS = ("NHWC", "HWIO", "NHWC")
_FEW_CHANNELS = 3


def convolve(
    x: Float[Array, "batch height width in"], kernel: Float[Array, "kh kw in out"], stride: int, padding: Padding
) -> Float[Array, "batch h w out"]:
    """Returns the convolution of feature maps with a kernel, computed as the default backend does it best."""
    if jax.default_backend() != "cpu":
        return convolve_natively(x, kernel, stride, padding)
    if kernel.shape[2] <= _FEW_CHANNELS:
        return convolve_patches(x, kernel, stride, padding)
    if padding == _NO_PADDING:
        return convolve_padded(x, kernel, stride)
    return convolve_natively(x, kernel, stride, padding)


def convolve_natively(
    x: Float[Array, "batch height width in"], kernel: Float[Array, "kh kw in out"], stride: int, padding: Padding
) -> Float[Array, "batch h w out"]:
    """Returns the convolution by XLA's own operation."""
    return lax.conv_general_dilated(x, kernel, (stride, stride), padding, dimension_numbers=_DIMENSIONS)


def convolve_padded(
    x: Float[Array, "batch height width in"], kernel: Float[Array, "kh kw in out"], stride: int
) -> Float[Array, "batch h w out"]:
    """Returns the unpadded convolution, by way of a padded one.

    XLA's CPU backend runs convolutions without any padding two to five times slower than others. So one column is
    padded on, and the output column that sees it, if there is one, is cut off.
    """
    width = (x.shape[2] - kernel.shape[1]) // stride + 1
    return convolve_natively(x, kernel, stride, ((0, 0), (0, 1)))[:, :, :width]


def convolve_patches(
    x: Float[Array, "batch height width in"], kernel: Float[Array, "kh kw in out"], stride: int, padding: Padding
) -> Float[Array, "batch h w out"]:
    """Returns the convolution as one matrix product with the patches laid side by side, for few input channels."""
    kernel_height, kernel_width, _, features = kernel.shape
    x = jnp.pad(x, ((0, 0), *padding, (0, 0)))
    height = (x.shape[1] - kernel_height) // stride + 1
    width = (x.shape[2] - kernel_width) // stride + 1
    patches = jnp.concatenate(
        [
            x[:, row : row + (height - 1) * stride + 1 : stride, column : column + (width - 1) * stride + 1 : stride]
            for row in range(kernel_height)
            for column in range(kernel_width)
        ],
        axis=-1,
    )
    return convolve_pointwise(patches, kernel.reshape(-1, features))


def convolve_pointwise(
    x: Float[Array, "batch height width in"], kernel: Float[Array, "in out"]
) -> Float[Array, "batch height width out"]:
    """Returns the 1x1 convolution: a matrix product over the channels."""
    return (x.reshape(-1, x.shape[-1]) @ kernel).reshape(*x.shape[:-1], -1)


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
