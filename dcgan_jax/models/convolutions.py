"""Strided convolutions and their transposes, in the forms that each backend runs fast.

A convolution, its input gradient (which is the transposed convolution) and its weight gradient are each linear in two
arguments, and the derivatives of each are the other two. So three functions, each with the others as its custom
derivatives, cover every gradient of any order in reverse mode, and each needs one fast form per shape.

GPUs and TPUs run XLA's own operations and gradients well. XLA's CPU backend does not: the weight gradient of a
transposed convolution and convolutions dilated by a stride take several times as long there as the forms below.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

_DIMENSIONS = ("NHWC", "HWIO", "NHWC")

# Where the CPU forms change places, measured on the networks' shapes (benchmarks/train_step.py).
_SMALL = 16  # pixels a side of the larger feature maps: up to here matrix products beat XLA's convolutions
_WIDE = 64  # channels of the larger feature maps: from here on matrix products beat XLA's weight gradient


def conv(
    x: Float[Array, "batch height width in"],
    kernel: Float[Array, "kh kw in out"],
    stride: int,
    native: bool | None = None,
) -> Float[Array, "batch out_height out_width out"]:
    """Returns the convolution of `x` with `kernel`, padded as TensorFlow's and Keras' `same`.

    Args:
      x: feature maps.
      kernel: of the same type as `x`.
      stride: of both axes.
      native: whether to take XLA's own form and gradients; None: as the backend runs faster.

    Returns:
      Feature maps of ceil(height / stride) by ceil(width / stride), of the type of `x`.
    """
    divisible = x.shape[1] % stride == 0 and x.shape[2] % stride == 0
    if not divisible or _prefers_native(kernel, stride, native):
        return _native_conv(x, kernel, stride)
    return _conv(x, kernel, stride)


def conv_transpose(
    x: Float[Array, "batch height width in"],
    kernel: Float[Array, "kh kw out in"],
    stride: int,
    native: bool | None = None,
) -> Float[Array, "batch out_height out_width out"]:
    """Returns Keras' `Conv2DTranspose(padding="same")`: the linear transpose of `conv` with the same kernel.

    Args:
      x: feature maps.
      kernel: in Keras' layout, output channels before input channels; of the same type as `x`.
      stride: of both axes.
      native: whether to take XLA's own form and gradients; None: as the backend runs faster.

    Returns:
      Feature maps of height * stride by width * stride, of the type of `x`.
    """
    if _prefers_native(kernel, stride, native):
        return _native_conv_transpose(x, kernel, stride)
    return _input_gradient(x, kernel, stride)


def upsampled_conv(
    x: Float[Array, "batch height width in"], kernel: Float[Array, "k k in out"], dtype: Any = jnp.float32
) -> Float[Array, "batch height2 width2 out"]:
    """Returns the `same` convolution of `x` at twice its size (nearest neighbour), without making that.

    To repeat each pixel is a transposed convolution by two pixels with a kernel of ones, 2x2. So both steps together
    are one transposed convolution, whose kernel is the mirrored one convolved with those ones: for 5x5 it is 6x6, which
    are 36 instead of 100 products for each pixel of `x`, input and output channel; for 3x3 it is 4x4, 16 instead of 36.

    Args:
      x: feature maps.
      kernel: float32, of odd size.
      dtype: of the computation; weights are summed before they are rounded to it.

    Returns:
      Feature maps of twice the height and width, of type `dtype`.
    """
    kernel = kernel[::-1, ::-1].swapaxes(2, 3)
    kernel = jnp.pad(kernel, ((1, 1), (1, 1), (0, 0), (0, 0)))
    kernel = kernel[1:] + kernel[:-1]
    kernel = kernel[:, 1:] + kernel[:, :-1]
    return conv_transpose(x.astype(dtype), kernel.astype(dtype), stride=2)


def _prefers_native(kernel: Float[Array, "kh kw in out"], stride: int, native: bool | None) -> bool:
    if native is None:
        native = jax.default_backend() != "cpu"
    height, width = kernel.shape[:2]
    return native or height != width or height < stride  # shapes that the other forms do not cover


def _native_conv(
    x: Float[Array, "batch height width in"], kernel: Float[Array, "k k in out"], stride: int
) -> Float[Array, "batch h w out"]:
    return lax.conv_general_dilated(x, kernel, (stride, stride), "SAME", dimension_numbers=_DIMENSIONS)


def _native_conv_transpose(
    g: Float[Array, "batch h w out"], kernel: Float[Array, "k k in out"], stride: int
) -> Float[Array, "batch height width in"]:
    strides = (stride, stride)
    return lax.conv_transpose(g, kernel, strides, "SAME", dimension_numbers=_DIMENSIONS, transpose_kernel=True)


# The CPU's three functions. In all of them x are the larger feature maps, g the smaller ones (stride times smaller),
# and the kernel is the convolution's that leads from x to g. They compute in float32 at least: XLA's CPU backend gains
# no time by less, and sums over kernel positions would lose digits.


@partial(jax.custom_vjp, nondiff_argnums=(2,))
def _conv(
    x: Float[Array, "batch height width in"], kernel: Float[Array, "k k in out"], stride: int
) -> Float[Array, "batch h w out"]:
    x32, kernel32 = _at_least_float32(x), _at_least_float32(kernel)
    if x.shape[1] <= _SMALL and x.shape[3] >= _WIDE:
        g = _patches(x32, kernel.shape[0], stride) @ kernel32.reshape(-1, kernel.shape[3])
    else:
        g = _native_conv(x32, kernel32, stride)
    return g.astype(x.dtype)


@partial(jax.custom_vjp, nondiff_argnums=(2,))
def _input_gradient(
    g: Float[Array, "batch h w out"], kernel: Float[Array, "k k in out"], stride: int
) -> Float[Array, "batch height width in"]:
    g32, kernel32 = _at_least_float32(g), _at_least_float32(kernel)
    if stride * g.shape[1] <= _SMALL and kernel.shape[2] >= _WIDE:
        batch, height, width, _ = g.shape
        template = jax.ShapeDtypeStruct((batch, height * stride, width * stride, kernel.shape[2]), g32.dtype)
        patches = jnp.einsum("bhwo,po->bhwp", g32, kernel32.reshape(-1, kernel.shape[3]))
        x = jax.linear_transpose(lambda x: _patches(x, kernel.shape[0], stride), template)(patches)[0]
    elif stride == 1 or stride * g.shape[1] <= _SMALL:
        x = _native_conv_transpose(g32, kernel32, stride)
    else:
        x = _conv_transpose_by_blocks(g32, kernel32, stride)
    return x.astype(g.dtype)


@partial(jax.custom_vjp, nondiff_argnums=(2, 3))
def _weight_gradient(
    x: Float[Array, "batch height width in"], g: Float[Array, "batch h w out"], stride: int, size: int
) -> Float[Array, "size size in out"]:
    if stride == 1 and size % 2 == 1 and g.shape[3] < x.shape[3]:
        # Without a stride, x and g may change places under the mirrored kernel; the fast order has g the deeper.
        return _weight_gradient(g, x, stride, size)[::-1, ::-1].swapaxes(2, 3)
    x32, g32 = _at_least_float32(x), _at_least_float32(g)
    shape = (size, size, x.shape[3], g.shape[3])
    if x.shape[3] >= _WIDE and g.shape[3] >= _WIDE:
        # One product while the patches are small, else one for each kernel position.
        rows = [_patches(x32, size, stride)] if x.shape[1] <= _SMALL else _taps(x32, size, stride)
        kernel = jnp.stack([jnp.einsum("bhwp,bhwo->po", row, g32) for row in rows]).reshape(shape)
    else:
        # Batch and channels exchange roles: x is convolved with g. XLA derives the same in another layout of axes, and
        # where the step stands in a loop, be it of one round, its CPU backend does not bring it into this fast one.
        padding, dilation = [_padding(size, stride)] * 2, (stride, stride)
        x32, g32 = x32.transpose(3, 1, 2, 0), g32.transpose(1, 2, 0, 3)
        kernel = lax.conv_general_dilated(
            x32, g32, (1, 1), padding, rhs_dilation=dilation, dimension_numbers=_DIMENSIONS
        ).transpose(1, 2, 0, 3)
    return kernel.astype(x.dtype)


def _conv_fwd(x, kernel, stride):
    return _conv(x, kernel, stride), (x, kernel)


def _conv_bwd(stride, residuals, g):
    x, kernel = residuals
    return _input_gradient(g, kernel, stride), _weight_gradient(x, g, stride, kernel.shape[0])


def _input_gradient_fwd(g, kernel, stride):
    return _input_gradient(g, kernel, stride), (g, kernel)


def _input_gradient_bwd(stride, residuals, x):
    g, kernel = residuals
    return _conv(x, kernel, stride), _weight_gradient(x, g, stride, kernel.shape[0])


def _weight_gradient_fwd(x, g, stride, size):
    return _weight_gradient(x, g, stride, size), (x, g)


def _weight_gradient_bwd(stride, size, residuals, kernel):
    x, g = residuals
    return _input_gradient(g, kernel, stride), _conv(x, kernel, stride)


_conv.defvjp(_conv_fwd, _conv_bwd)
_input_gradient.defvjp(_input_gradient_fwd, _input_gradient_bwd)
_weight_gradient.defvjp(_weight_gradient_fwd, _weight_gradient_bwd)


def _taps(x: Float[Array, "batch height width in"], size: int, stride: int) -> list[Float[Array, "batch h w in"]]:
    """Returns, for each kernel position in row-major order, what it meets in `x`."""
    batch, height, width, channels = x.shape
    before, after = _padding(size, stride)
    x = jnp.pad(x, ((0, 0), (before, after), (before, after), (0, 0)))
    return [
        lax.slice(
            x, (0, i, j, 0), (batch, i + height - stride + 1, j + width - stride + 1, channels), (1, stride, stride, 1)
        )
        for i in range(size)
        for j in range(size)
    ]


def _patches(x: Float[Array, "batch height width in"], size: int, stride: int) -> Float[Array, "batch h w patch"]:
    """Returns what the kernel meets in `x` at each of its places, in the kernel's own order (im2col)."""
    return jnp.concatenate(_taps(x, size, stride), axis=-1)


def _conv_transpose_by_blocks(
    g: Float[Array, "batch h w out"], kernel: Float[Array, "k k in out"], stride: int
) -> Float[Array, "batch height width in"]:
    """Returns the transposed convolution as one without strides, from each pixel to a block of stride by stride.

    The sub-pixel form of Shi et al. 2016 (https://arxiv.org/abs/1609.07009). With x padded by `before` pixels, output
    pixel p belongs to block p // stride, and kernel position k of input pixel i lands in block i + k // stride.
    """
    batch, height, width, _ = g.shape
    before, _ = _padding(kernel.shape[0], stride)
    reach = -(-kernel.shape[0] // stride)  # blocks that one kernel covers
    # Where the blocks are larger than the kernel, the room goes first, so that x begins at the edge of a block.
    front = min(reach * stride - kernel.shape[0], -before % stride)
    back = reach * stride - kernel.shape[0] - front
    skipped, offset = divmod(before + front, stride)

    kernel = jnp.pad(kernel, ((front, back), (front, back), (0, 0), (0, 0)))
    kernel = kernel.reshape(reach, stride, reach, stride, *kernel.shape[2:])[::-1, :, ::-1]
    kernel = kernel.transpose(0, 2, 5, 1, 3, 4).reshape(reach, reach, g.shape[3], -1)
    padding = (reach - 1 - skipped, skipped + (offset > 0))
    blocks = lax.conv_general_dilated(g, kernel, (1, 1), (padding, padding), dimension_numbers=_DIMENSIONS)

    rows, columns = blocks.shape[1:3]
    x = blocks.reshape(batch, rows, columns, stride, stride, -1).transpose(0, 1, 3, 2, 4, 5)
    x = x.reshape(batch, rows * stride, columns * stride, -1)
    return x[:, offset : offset + height * stride, offset : offset + width * stride]


def _padding(size: int, stride: int) -> tuple[int, int]:
    """Returns the pixels that `same` adds before and after a side that the stride divides."""
    total = size - stride
    return total // 2, total - total // 2


def _at_least_float32(x: Float[Array, "..."]) -> Float[Array, "..."]:
    return x.astype(jnp.promote_types(x.dtype, jnp.float32))
