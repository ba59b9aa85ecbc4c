import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dcgan_jax.models.convolutions import conv, conv_transpose

# kernel size, stride, larger side, its channels, the smaller side's channels: every form and every kind of layer.
LAYERS = [
    (4, 2, 8, 3, 5),
    (4, 2, 16, 64, 66),
    (4, 2, 32, 8, 16),
    (4, 2, 32, 64, 64),
    (5, 1, 16, 1, 8),
    (5, 1, 32, 8, 3),
    (5, 1, 8, 64, 70),
    (5, 1, 32, 66, 64),
    (5, 2, 8, 64, 70),
    (5, 2, 32, 3, 2),
    (5, 2, 32, 65, 64),
    (6, 2, 8, 64, 70),
    (6, 2, 32, 3, 2),
    (6, 2, 32, 65, 64),
    (3, 2, 32, 2, 3),
    (2, 2, 32, 3, 2),
    (5, 3, 36, 2, 2),
    (4, 4, 32, 2, 2),
]


def _draw(seed, *shapes, dtype=jnp.float32):
    generator = np.random.default_rng(seed)
    return [jnp.asarray(generator.standard_normal(shape), dtype) for shape in shapes]


def _value_and_gradients(function, cotangent, *inputs):
    value, vjp = jax.vjp(function, *inputs)
    return value, *vjp(cotangent)


def _assert_close(found, expected, tolerance):
    assert found.dtype == expected.dtype
    found, expected = np.asarray(found, np.float64), np.asarray(expected, np.float64)
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance * np.abs(expected).max())


@pytest.mark.parametrize(("size", "stride", "side", "large", "small"), LAYERS)
def test_conv_equals_the_native_form_in_values_and_gradients(size, stride, side, large, small):
    x, kernel, g = _draw(
        0, (2, side, side, large), (size, size, large, small), (2, side // stride, side // stride, small)
    )
    found, expected = (
        _value_and_gradients(lambda x, k, n=native: conv(x, k, stride, native=n), g, x, kernel)
        for native in (False, True)
    )
    for one, other in zip(found, expected, strict=True):
        _assert_close(one, other, 2e-6)


@pytest.mark.parametrize(("size", "stride", "side", "large", "small"), LAYERS)
def test_conv_transpose_is_the_linear_transpose_of_conv(size, stride, side, large, small):
    x, kernel, g = _draw(
        1, (2, side, side, large), (size, size, large, small), (2, side // stride, side // stride, small)
    )

    def transposed(g, kernel):
        return jax.linear_transpose(lambda x: conv(x, kernel, stride, native=True), x)(g)[0]

    expected = _value_and_gradients(transposed, x, g, kernel)
    for native in (False, True):
        found = _value_and_gradients(lambda g, k, n=native: conv_transpose(g, k, stride, native=n), x, g, kernel)
        for one, other in zip(found, expected, strict=True):
            _assert_close(one, other, 2e-6)


def test_conv_pads_after_rather_than_before():
    # 4 pixels, kernel 3, stride 2: `same` adds one pixel in all, at the end.
    x = jnp.zeros((1, 4, 4, 1)).at[0, :, 0, 0].set(jnp.array([1.0, 2.0, 3.0, 4.0]))
    kernel = jnp.zeros((3, 3, 1, 1)).at[:, 0, 0, 0].set(jnp.array([1.0, 10.0, 100.0]))
    for native in (False, True):
        np.testing.assert_array_equal(conv(x, kernel, 2, native=native)[0, :, 0, 0], [321.0, 43.0])


@pytest.mark.parametrize("side", [1, 16])
def test_one_pixel_through_conv_transpose_leaves_the_kernel(side):
    # Kernel 4, stride 2: one pixel is cut at each edge, so that the corner pixel leaves the kernel without its edge.
    x = jnp.zeros((1, side, side, 1)).at[0, 0, 0, 0].set(1.0)
    kernel = jnp.arange(16.0).reshape(4, 4, 1, 1)
    for native in (False, True):
        y = conv_transpose(x, kernel, 2, native=native)[0, :, :, 0]
        assert y.shape == (2 * side, 2 * side)
        np.testing.assert_array_equal(y[:2, :2], [[5.0, 6.0], [9.0, 10.0]])
        if side > 1:
            np.testing.assert_array_equal(y[:4, :4], [[5, 6, 7, 0], [9, 10, 11, 0], [13, 14, 15, 0], [0, 0, 0, 0]])


@pytest.mark.parametrize("side", [16, 32])
def test_bfloat16_stays_bfloat16_and_is_summed_in_float32(side):
    x, kernel, g = _draw(2, (2, side, side, 64), (4, 4, 64, 64), (2, side // 2, side // 2, 64), dtype=jnp.bfloat16)
    found = _value_and_gradients(lambda x, k: conv(x, k, 2, native=False), g, x, kernel)
    wide = [array.astype(jnp.float32) for array in (x, kernel, g)]
    expected = _value_and_gradients(lambda x, k: conv(x, k, 2, native=True), wide[2], *wide[:2])
    for one, other in zip(found, expected, strict=True):
        _assert_close(one, other.astype(jnp.bfloat16), 2**-8)  # one rounding at the end


def test_gradients_of_gradients_agree_with_the_native_form():
    x, kernel = _draw(3, (2, 32, 32, 3), (5, 5, 3, 4))

    def squared_slope(kernel, native):
        slope = jax.grad(lambda x: jnp.sum(jnp.tanh(conv(x, kernel, 2, native=native))))(x)
        return jnp.sum(slope**2)

    found, expected = (jax.grad(squared_slope)(kernel, native) for native in (False, True))
    _assert_close(found, expected, 1e-5)


def test_the_form_follows_the_backend(monkeypatch):
    x, kernel = _draw(4, (1, 32, 32, 1), (4, 4, 1, 1))

    def derivatives():
        return str(jax.make_jaxpr(lambda x, kernel: conv(x, kernel, 2))(x, kernel))

    assert "custom_vjp" in derivatives()
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    assert "custom_vjp" not in derivatives()


@pytest.mark.parametrize(("side", "stride"), [(7, 2), (9, 4)])
def test_sides_that_the_stride_does_not_divide_are_rounded_up(side, stride):
    x, kernel = _draw(5, (1, side, side, 2), (5, 5, 2, 3))
    y = conv(x, kernel, stride)
    assert y.shape == (1, -(-side // stride), -(-side // stride), 3)
    np.testing.assert_allclose(y, conv(x, kernel, stride, native=True), rtol=1e-5, atol=1e-5)


def test_it_works_inside_shard_map_and_scan():
    x, kernel = _draw(6, (2, 32, 32, 4), (4, 4, 8, 4))
    mesh = jax.make_mesh((1,), ("data",), axis_types=(jax.sharding.AxisType.Auto,))
    spec = jax.sharding.PartitionSpec

    def body(kernel, x):
        def descend(kernel, _):
            gradient = jax.grad(lambda k: jnp.mean(conv_transpose(x, k, 2, native=False) ** 2))(kernel)
            return kernel - jax.lax.pmean(gradient, "data"), None

        return jax.lax.scan(descend, kernel, None, length=2)[0]

    def native(kernel):
        return kernel - jax.grad(lambda k: jnp.mean(conv_transpose(x, k, 2, native=True) ** 2))(kernel)

    mapped = jax.shard_map(body, mesh=mesh, in_specs=(spec(), spec("data")), out_specs=spec(), check_vma=False)
    _assert_close(jax.jit(mapped)(kernel, x), native(native(kernel)), 1e-5)
