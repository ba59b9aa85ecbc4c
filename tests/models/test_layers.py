"""Layers keep their parameters, and the sums that are their biases' gradients, in float32."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dcgan_jax.models.layers import Conv, ConvTranspose, Dense, ResidualConv, UpsampledConv

# 289 outputs an element of the bias: one more bit than bfloat16 holds.
LAYERS = {
    "conv": (Conv(2, kernel_size=5, dtype=jnp.bfloat16), (1, 17, 17, 3), 289),
    "conv_transpose": (ConvTranspose(2, kernel_size=4, stride=1, dtype=jnp.bfloat16), (1, 17, 17, 3), 289),
    "upsampled_conv": (UpsampledConv(2, kernel_size=5, dtype=jnp.bfloat16), (1, 17, 17, 3), 4 * 289),
    "residual": (ResidualConv(dtype=jnp.bfloat16), (1, 17, 17, 2), 289),
    "dense": (Dense(2, dtype=jnp.bfloat16), (289, 3), 289),
}


@pytest.mark.parametrize("name", LAYERS)
def test_gradients_of_biases_are_float32_sums(name):
    layer, shape, count = LAYERS[name]
    x = jnp.ones(shape)
    params = layer.init(jax.random.key(0), x)

    def total(params):
        y = layer.apply(params, x)
        assert y.dtype == jnp.bfloat16
        return jnp.sum(y, dtype=jnp.float32)

    gradients = jax.grad(total)(params)["params"]
    assert {leaf.dtype for leaf in jax.tree.leaves((params, gradients))} == {jnp.dtype("float32")}
    np.testing.assert_array_equal(gradients["bias"], [count, count])


def test_dense_is_an_affine_map():
    params = {"params": {"kernel": jnp.array([[1.0, 2.0], [3.0, 4.0]]), "bias": jnp.array([10.0, 20.0])}}
    np.testing.assert_array_equal(Dense(2).apply(params, jnp.array([[1.0, -1.0]])), [[8.0, 18.0]])


@pytest.mark.parametrize(("kernel_size", "size"), [(1, (5, 4)), (3, (5, 4)), (5, (5, 4)), (7, (5, 4)), (3, (17, 18))])
def test_an_upsampled_convolution_is_that_of_the_larger_image(kernel_size, size, form):
    """With the same parameters, values and gradients, at the borders too, whatever computes them."""
    x = jax.random.normal(jax.random.key(0), (2, *size, 3))
    plain, fast = Conv(2, kernel_size), UpsampledConv(2, kernel_size, form=form)
    params = plain.init(jax.random.key(1), x)
    assert jax.tree.map(jnp.shape, fast.init(jax.random.key(1), x)) == jax.tree.map(jnp.shape, params)
    weights = jax.random.normal(jax.random.key(2), (2, 2 * size[0], 2 * size[1], 2))
    weights *= (80 / weights[0, :, :, 0].size) ** 0.5  # gradients of larger images add up to no more

    def of_plain(params, x):
        y = plain.apply(params, jnp.repeat(jnp.repeat(x, 2, axis=1), 2, axis=2))
        return jnp.sum(y * weights), y

    def of_fast(params, x):
        y = fast.apply(params, x)
        return jnp.sum(y * weights), y

    expected, actual = (jax.grad(fn, argnums=(0, 1), has_aux=True)(params, x) for fn in (of_plain, of_fast))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5), actual, expected)


def test_weights_of_an_upsampled_convolution_are_summed_before_they_are_rounded():
    """One pixel becomes two by two; the lower ones see the upper weight and the middle one, rounded only as a sum."""
    kernel = jnp.zeros((3, 3, 1, 1)).at[:2, 1, 0, 0].set(jnp.array([2**-8, 1 + 2**-8]))
    layer = UpsampledConv(1, kernel_size=3, dtype=jnp.bfloat16)
    y = layer.apply({"params": {"kernel": kernel, "bias": jnp.zeros(1)}}, jnp.ones((1, 1, 1, 1)))
    np.testing.assert_array_equal(y[0, :, :, 0].astype(jnp.float32), [[1.0, 1.0], [1 + 2**-7, 1 + 2**-7]])


def test_a_residual_convolution_adds_its_gain_times_a_convolution_of_the_leaky_relu():
    x = jnp.array([2.0, -5.0]).reshape(1, 1, 2, 1)
    kernel = jnp.zeros((3, 3, 1, 1)).at[1, 1, 0, 0].set(3.0)  # of the pixel alone
    params = {"params": {"kernel": kernel, "bias": jnp.array([0.25]), "gain": jnp.array(0.5)}}
    expected = [2 + 0.5 * 3 * 2 + 0.25, -5 + 0.5 * 3 * -1 + 0.25]
    np.testing.assert_allclose(ResidualConv().apply(params, x).ravel(), expected)
