"""The three products of a convolution, by XLA or by oneDNN, and the layers' convolutions made of them.

Of what goes into a convolution (`x`), its kernel and what comes out (`g`), any two make the third: forward, by data
(which is the transposed convolution) and by weights. Each product is linear in both arrays, and its derivatives are the
other two. So one function with itself as its custom derivative covers gradients of any order in reverse mode. Left to
itself, XLA's CPU backend computes the weight gradient of a transposed convolution at a tenth of the speed: the paper's
iteration took 27 s instead of 4.
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

_Part = Literal["x", "kernel", "g"]
_MADE_OF: dict[_Part, tuple[_Part, _Part]] = {"g": ("x", "kernel"), "x": ("g", "kernel"), "kernel": ("x", "g")}

TARGET = "dcgan_jax_convolution"
"""Name of the custom call of onednn/products.cc; it numbers the products in the order of `_MADE_OF`."""


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
        size, window, strides = (height, width), (kernel.shape[0], kernel.shape[1]), (stride, stride)
        before, after = zip(*lax.padtype_to_pads(size, window, strides, "SAME"), strict=True)
        return cls(size, window, strides, before, after)

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
    return _make("x", x, kernel, Window.same(x.shape[1] * stride, x.shape[2] * stride, kernel, stride), form)


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
    kernel = jnp.pad(kernel[::-1, ::-1].swapaxes(2, 3), ((1, 1), (1, 1), (0, 0), (0, 0)))
    kernel = kernel[1:] + kernel[:-1]
    kernel = kernel[:, 1:] + kernel[:, :-1]
    return conv_transpose(x.astype(dtype), kernel.astype(dtype), stride=2, form=form)


def convolve(
    x: Float[Array, "batch height width in"], kernel: Float[Array, "kh kw in out"], window: Window, form: Form
) -> Float[Array, "batch h w out"]:
    """Returns the convolution of `x` with `kernel` over `window`, computed in `form`."""
    return _make("g", x, kernel, window, form)


def convolve_relu(
    x: Float[Array, "batch height width in"],
    kernel: Float[Array, "kh kw in out"],
    bias: Float[Array, " out"],
    window: Window,
    form: Form,
) -> Float[Array, "batch h w out"]:
    """Returns `convolve` plus a bias, where that is above 0; by oneDNN in one pass, which has no gradient."""
    if form == "onednn":
        return _call("g", (len(x), *window.size_after, kernel.shape[3]), window, x, kernel, bias)
    return jax.nn.relu(convolve(x, kernel, window, form) + bias)


@partial(jax.custom_vjp, nondiff_argnums=(0, 3, 4))
def _make(
    part: _Part, a: Float[Array, "_ _ _ _"], b: Float[Array, "_ _ _ _"], window: Window, form: Form
) -> Float[Array, "_ _ _ _"]:
    """Returns a part of the convolution from the two it is made of, in the order of `_MADE_OF`."""
    shapes: dict[_Part, tuple[int, ...]] = {
        "g": (len(a), *window.size_after, b.shape[3]),
        "x": (len(a), *window.size, b.shape[2]),
        "kernel": (*window.kernel, a.shape[3], b.shape[3]),
    }
    if form == "onednn":
        return _call(part, shapes[part], window, a, b)

    def forward(x: Float[Array, "..."], kernel: Float[Array, "..."]) -> Float[Array, "..."]:
        padding = list(zip(window.before, window.after, strict=True))
        return lax.conv_general_dilated(x, kernel, window.strides, padding, dimension_numbers=("NHWC", "HWIO", "NHWC"))

    if part == "g":
        return forward(a, b)
    g, linear = (a, lambda x: forward(x, b)) if part == "x" else (b, lambda kernel: forward(a, kernel))
    return jax.linear_transpose(linear, jax.ShapeDtypeStruct(shapes[part], g.dtype))(g)[0]


def _differentiate(part: _Part, window: Window, form: Form, kept: tuple[Any, Any], cotangent: Any) -> tuple[Any, ...]:
    parts = dict(zip(_MADE_OF[part], kept, strict=True)) | {part: cotangent}
    return tuple(_make(one, *(parts[name] for name in _MADE_OF[one]), window, form) for one in _MADE_OF[part])


_make.defvjp(lambda *given: (_make(*given), given[1:3]), _differentiate)


def _call(part: _Part, shape: tuple[int, ...], window: Window, *arrays: Float[Array, "..."]) -> Float[Array, "..."]:
    """Lets oneDNN make a part from the two it is made of; a bias may come third, with ReLU."""
    call = jax.ffi.ffi_call(TARGET, jax.ShapeDtypeStruct(shape, arrays[0].dtype), vmap_method="sequential")
    return call(*arrays, product=np.int64(list(_MADE_OF).index(part)), window=np.asarray(window[2:]).ravel())
