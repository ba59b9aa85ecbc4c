"""Layers keep their parameters, and the sums that are their biases' gradients, in float32."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dcgan_jax.models.layers import Conv, ConvTranspose, Dense

# 289 outputs an element of the bias: one more bit than bfloat16 holds.
LAYERS = {
    "conv": (Conv(2, kernel_size=5, dtype=jnp.bfloat16), (1, 17, 17, 3), 289),
    "conv_transpose": (ConvTranspose(2, kernel_size=4, stride=1, dtype=jnp.bfloat16), (1, 17, 17, 3), 289),
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
