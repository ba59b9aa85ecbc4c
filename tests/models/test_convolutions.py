from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.signal

from dcgan_jax.models.convolutions import conv, conv_transpose

# kernel size, stride, larger side, its channels, the smaller side's channels: every kind of layer of both networks,
# sides and channels that nothing divides among them.
LAYERS = [
    (4, 2, 8, 3, 5),
    (4, 2, 16, 64, 66),
    (4, 2, 32, 8, 16),
    (5, 1, 16, 1, 8),
    (5, 1, 32, 8, 3),
    (5, 1, 8, 64, 70),
    (5, 2, 8, 64, 70),
    (5, 2, 32, 3, 2),
    (6, 2, 8, 64, 70),
    (2, 2, 32, 3, 2),
    (5, 3, 36, 2, 2),
    (4, 4, 32, 2, 2),
]
ODD = [(5, 2, 7, 2, 3), (5, 4, 9, 17, 3), (3, 2, 13, 33, 65)]


def _draw(seed, *shapes, dtype=jnp.float32):
    generator = np.random.default_rng(seed)
    return [jnp.asarray(generator.standard_normal(shape), dtype) for shape in shapes]


def _draw_layer(size, stride, side, large, small, dtype=jnp.float32):
    smaller = -(-side // stride)
    return _draw(0, (2, side, side, large), (size, size, large, small), (2, smaller, smaller, small), dtype=dtype)


def _value_and_gradients(function, cotangent, *inputs):
    value, vjp = jax.vjp(function, *inputs)
    return value, *vjp(cotangent)


def _assert_close(found, expected, tolerance):
    assert found.dtype == expected.dtype
    found, expected = np.asarray(found, np.float64), np.asarray(expected, np.float64)
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance * np.abs(expected).max())


def _native_conv(x, kernel, stride):
    return jax.lax.conv_general_dilated(x, kernel, (stride, stride), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))


@pytest.mark.parametrize(("size", "stride", "side", "large", "small"), [*LAYERS, *ODD])
def test_conv_equals_the_plain_operation_in_values_and_gradients(size, stride, side, large, small, form):
    x, kernel, g = _draw_layer(size, stride, side, large, small)
    found = _value_and_gradients(partial(conv, stride=stride, form=form), g, x, kernel)
    expected = _value_and_gradients(partial(_native_conv, stride=stride), g, x, kernel)
    for one, other in zip(found, expected, strict=True):
        _assert_close(one, other, 2e-6)


@pytest.mark.parametrize(("size", "stride", "side", "large", "small"), LAYERS)
def test_conv_transpose_is_the_linear_transpose_of_conv(size, stride, side, large, small, form):
    x, kernel, g = _draw_layer(size, stride, side, large, small)

    def transposed(g, kernel):
        return jax.linear_transpose(lambda x: _native_conv(x, kernel, stride), x)(g)[0]

    found = _value_and_gradients(partial(conv_transpose, stride=stride, form=form), x, g, kernel)
    expected = _value_and_gradients(transposed, x, g, kernel)
    for one, other in zip(found, expected, strict=True):
        _assert_close(one, other, 2e-6)


def test_a_convolution_is_summed_in_float32(form):
    """Against SciPy's in float64, for as many summands as the widest layer has."""
    x, kernel = _draw(1, (1, 9, 9, 512), (5, 5, 512, 1))
    image, weights = np.asarray(x[0], np.float64), np.asarray(kernel[..., 0], np.float64)
    expected = sum(scipy.signal.correlate2d(image[..., i], weights[..., i], "same") for i in range(512))
    np.testing.assert_allclose(conv(x, kernel, 1, form)[0, :, :, 0], expected, rtol=0, atol=1e-5 * abs(expected).max())


def test_conv_pads_after_rather_than_before(form):
    # 4 pixels, kernel 3, stride 2: `same` adds one pixel in all, at the end.
    x = jnp.zeros((1, 4, 4, 1)).at[0, :, 0, 0].set(jnp.array([1.0, 2.0, 3.0, 4.0]))
    kernel = jnp.zeros((3, 3, 1, 1)).at[:, 0, 0, 0].set(jnp.array([1.0, 10.0, 100.0]))
    np.testing.assert_array_equal(conv(x, kernel, 2, form)[0, :, 0, 0], [321.0, 43.0])


@pytest.mark.parametrize("side", [1, 16])
def test_one_pixel_through_conv_transpose_leaves_the_kernel(side, form):
    # Kernel 4, stride 2: one pixel is cut at each edge, so that the corner pixel leaves the kernel without its edge.
    x = jnp.zeros((1, side, side, 1)).at[0, 0, 0, 0].set(1.0)
    kernel = jnp.arange(16.0).reshape(4, 4, 1, 1)
    y = conv_transpose(x, kernel, 2, form)[0, :, :, 0]
    assert y.shape == (2 * side, 2 * side)
    np.testing.assert_array_equal(y[:2, :2], [[5.0, 6.0], [9.0, 10.0]])
    if side > 1:
        np.testing.assert_array_equal(y[:4, :4], [[5, 6, 7, 0], [9, 10, 11, 0], [13, 14, 15, 0], [0, 0, 0, 0]])


def test_bfloat16_stays_bfloat16_and_is_summed_in_float32(form):
    x, kernel, g = _draw_layer(4, 2, 32, 64, 64, dtype=jnp.bfloat16)
    found = _value_and_gradients(partial(conv, stride=2, form=form), g, x, kernel)
    wide = [array.astype(jnp.float32) for array in (x, kernel, g)]
    expected = _value_and_gradients(partial(_native_conv, stride=2), wide[2], *wide[:2])
    for one, other in zip(found, expected, strict=True):
        _assert_close(one, other.astype(jnp.bfloat16), 2**-8)  # one rounding at the end


def test_gradients_of_gradients_agree_with_the_plain_operation(form):
    x, kernel = _draw(3, (2, 32, 32, 3), (5, 5, 3, 4))

    def squared_slope(kernel, function):
        slope = jax.grad(lambda x: jnp.sum(jnp.tanh(function(x, kernel, 2))))(x)
        return jnp.sum(slope**2)

    found = jax.grad(squared_slope)(kernel, partial(conv, form=form))
    _assert_close(found, jax.grad(squared_slope)(kernel, _native_conv), 1e-5)


def test_it_works_inside_shard_map_and_scan(form):
    """Four devices at once, whose calls meet: each has a pixel row of images of its own."""
    x, kernel = _draw(6, (8, 16, 16, 4), (4, 4, 8, 4))
    mesh = jax.make_mesh((4,), ("data",), axis_types=(jax.sharding.AxisType.Auto,))
    spec = jax.sharding.PartitionSpec

    def descend(kernel, x, form):
        return kernel - jax.grad(lambda k: jnp.mean(conv_transpose(x, k, 2, form) ** 2))(kernel)

    def body(kernel, x):
        def average(kernel, _):
            return jax.lax.pmean(descend(kernel, x, form), "data"), None

        return jax.lax.scan(average, kernel, None, length=2)[0]

    mapped = jax.shard_map(body, mesh=mesh, in_specs=(spec(), spec("data")), out_specs=spec(), check_vma=False)
    _assert_close(jax.jit(mapped)(kernel, x), descend(descend(kernel, x, "xla"), x, "xla"), 1e-5)


@pytest.mark.usefixtures("onednn")
def test_a_mapped_axis_is_as_many_convolutions():
    x, kernels = _draw(7, (2, 8, 8, 3), (4, 5, 5, 3, 2))
    found = jax.vmap(partial(conv, stride=2, form="onednn"), in_axes=(None, 0))(x, kernels)
    _assert_close(found, jnp.stack([conv(x, kernel, 2) for kernel in kernels]), 2e-6)
