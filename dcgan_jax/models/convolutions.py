"""The three products of a convolution, by XLA or by oneDNN, and the layers' convolutions made of them.

A convolution, its product with a gradient by data (which is the transposed convolution) and by weights are each linear
in two arguments, and the derivatives of each are the other two. So three functions, each with the others as its custom
derivatives, cover every gradient of any order in reverse mode. Left to itself, XLA's CPU backend computes the weight
gradient of a transposed convolution at a tenth of the speed: the paper's iteration took 27 s instead of 4.
"""

from functools import partial
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float

Form = Literal["xla", "onednn"]
"""What computes: XLA's own operations, which run everywhere, or oneDNN's, on CPUs where `onednn.library` loads it."""


class Window(NamedTuple):
    """What a convolution is besides its arrays, for height and width each.

    Attributes:
      size: of the feature maps that go in.
      kernel: size of the kernel.
      strides: of the kernel over them.
      before: pixels of zeros before them.
      after: pixels of zeros after them.
    """

    size: tuple[int, int]
    kernel: tuple[int, int]
    strides: tuple[int, int]
    before: tuple[int, int]
    after: tuple[int, int]

    @classmethod
    def same(cls, height: int, width: int, kernel: Float[Array, "kh kw in out"], stride: int) -> "Window":
        """Returns the window padded as TensorFlow's and Keras' `same`: ceil(size / stride) pixels come out."""
        high, wide, *_ = kernel.shape
        rows = max(high - (height % stride or stride), 0)
        columns = max(wide - (width % stride or stride), 0)
        before = rows // 2, columns // 2
        after = rows - before[0], columns - before[1]
        return cls((height, width), (high, wide), (stride, stride), before, after)

    @property
    def size_after(self) -> tuple[int, ...]:
        """Height and width of the feature maps that come out."""
        sides = zip(*self, strict=True)
        return tuple((size + before + after - kernel) // stride + 1 for size, kernel, stride, before, after in sides)


def conv(
    x: Float[Array, "batch height width in"], kernel: Float[Array, "kh kw in out"], stride: int, form: Form = "xla"
) -> Float[Array, "batch out_height out_width out"]:
    """Returns the convolution of `x` with `kernel`, padded as TensorFlow's and Keras' `same`.

    Args:
      x: feature maps.
      kernel: of the same type as `x`.
      stride: of both axes.
      form: what computes it.

    Returns:
      Feature maps of ceil(height / stride) by ceil(width / stride), of the type of `x`.
    """
    return convolve(x, kernel, Window.same(x.shape[1], x.shape[2], kernel, stride), form)


def conv_transpose(
    x: Float[Array, "batch height width in"], kernel: Float[Array, "kh kw out in"], stride: int, form: Form = "xla"
) -> Float[Array, "batch out_height out_width out"]:
    """Returns Keras' `Conv2DTranspose(padding="same")`: the linear transpose of `conv` with the same kernel.

    Args:
      x: feature maps.
      kernel: in Keras' layout, output channels before input channels; of the same type as `x`.
      stride: of both axes.
      form: what computes it.

    Returns:
      Feature maps of height * stride by width * stride, of the type of `x`.
    """
    return _by_data(x, kernel, Window.same(x.shape[1] * stride, x.shape[2] * stride, kernel, stride), form)


def upsampled_conv(
    x: Float[Array, "batch height width in"],
    kernel: Float[Array, "k k in out"],
    dtype: Any = jnp.float32,
    form: Form = "xla",
) -> Float[Array, "batch height2 width2 out"]:
    """Returns the `same` convolution of `x` at twice its size (nearest neighbor), without making that.

    To repeat each pixel is a transposed convolution by two pixels with a kernel of ones, 2x2. So both steps together
    are one transposed convolution, whose kernel is the mirrored one convolved with those ones: for 5x5 it is 6x6, which
    are 36 instead of 100 products for each pixel of `x`, input and output channel; for 3x3 it is 4x4, 16 instead of 36.

    Args:
      x: feature maps.
      kernel: float32, of odd size.
      dtype: of the computation; weights are summed before they are rounded to it.
      form: what computes it.

    Returns:
      Feature maps of twice the height and width, of type `dtype`.
    """
    kernel = kernel[::-1, ::-1].swapaxes(2, 3)
    kernel = jnp.pad(kernel, ((1, 1), (1, 1), (0, 0), (0, 0)))
    kernel = kernel[1:] + kernel[:-1]
    kernel = kernel[:, 1:] + kernel[:, :-1]
    return conv_transpose(x.astype(dtype), kernel.astype(dtype), stride=2, form=form)


# In all three, x are the feature maps that go into the convolution, g those that come out of it.


@partial(jax.custom_vjp, nondiff_argnums=(2, 3))
def convolve(
    x: Float[Array, "batch height width in"], kernel: Float[Array, "kh kw in out"], window: Window, form: Form
) -> Float[Array, "batch h w out"]:
    """Returns the convolution of `x` with `kernel` over `window`, computed in `form`."""
    if form == "onednn":
        return _call("forward", (x.shape[0], *window.size_after, kernel.shape[3]), window, x, kernel)
    padding = list(zip(window.before, window.after, strict=True))
    return lax.conv_general_dilated(x, kernel, window.strides, padding, dimension_numbers=("NHWC", "HWIO", "NHWC"))


def convolve_relu(
    x: Float[Array, "batch height width in"],
    kernel: Float[Array, "kh kw in out"],
    bias: Float[Array, " out"],
    window: Window,
    form: Form,
) -> Float[Array, "batch h w out"]:
    """Returns `convolve` plus a bias, where that is above 0; by oneDNN in one pass, which has no gradient."""
    if form == "onednn":
        return _call("forward_relu", (x.shape[0], *window.size_after, kernel.shape[3]), window, x, kernel, bias)
    return jax.nn.relu(convolve(x, kernel, window, form) + bias)


@partial(jax.custom_vjp, nondiff_argnums=(2, 3))
def _by_data(
    g: Float[Array, "batch h w out"], kernel: Float[Array, "kh kw in out"], window: Window, form: Form
) -> Float[Array, "batch height width in"]:
    x = jax.ShapeDtypeStruct((g.shape[0], *window.size, kernel.shape[2]), g.dtype)
    if form == "onednn":
        return _call("by_data", x.shape, window, g, kernel)
    return jax.linear_transpose(lambda x: convolve.fun(x, kernel, window, form), x)(g)[0]


@partial(jax.custom_vjp, nondiff_argnums=(2, 3))
def _by_weights(
    x: Float[Array, "batch height width in"], g: Float[Array, "batch h w out"], window: Window, form: Form
) -> Float[Array, "kh kw in out"]:
    kernel = jax.ShapeDtypeStruct((*window.kernel, x.shape[3], g.shape[3]), g.dtype)
    if form == "onednn":
        return _call("by_weights", kernel.shape, window, x, g)
    return jax.linear_transpose(lambda kernel: convolve.fun(x, kernel, window, form), kernel)(g)[0]


def _call(product: str, shape: tuple[int, ...], window: Window, *arrays: Float[Array, "..."]) -> Float[Array, "..."]:
    """Calls oneDNN by the handler of that name in onednn/products.cc."""
    call = jax.ffi.ffi_call(
        f"dcgan_jax_{product}", jax.ShapeDtypeStruct(shape, arrays[0].dtype), vmap_method="sequential"
    )
    return call(*arrays, window=np.asarray(window[2:]).ravel())


def _define_derivatives() -> None:
    def keep(function: Any) -> Any:
        return lambda a, b, window, form: (function(a, b, window, form), (a, b))

    convolve.defvjp(
        keep(convolve),
        lambda window, form, kept, g: (_by_data(g, kept[1], window, form), _by_weights(kept[0], g, window, form)),
    )
    _by_data.defvjp(
        keep(_by_data),
        lambda window, form, kept, x: (convolve(x, kept[1], window, form), _by_weights(x, kept[0], window, form)),
    )
    _by_weights.defvjp(
        keep(_by_weights),
        lambda window, form, kept, kernel: (
            _by_data(kept[1], kernel, window, form),
            convolve(kept[0], kernel, window, form),
        ),
    )


_define_derivatives()
