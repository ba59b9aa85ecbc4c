import jax.numpy as jnp
import numpy as np
import pytest
import tensorflow as tf

from dcgan_jax.inception.blocks import average_pool, max_pool


def test_average_pool_does_not_count_the_padding():
    x = np.random.default_rng(0).normal(size=(2, 5, 7, 3)).astype(np.float32)
    np.testing.assert_allclose(
        average_pool(jnp.asarray(x)), tf.nn.avg_pool2d(x, 3, 1, "SAME").numpy(), rtol=1e-5, atol=1e-6
    )
    np.testing.assert_allclose(average_pool(jnp.ones((1, 4, 4, 1))), 1.0, rtol=1e-6)


@pytest.mark.parametrize("size", [(7, 9), (8, 8)])
def test_max_pool_at_stride_2_drops_what_does_not_fill_a_window(size):
    x = np.random.default_rng(0).normal(size=(2, *size, 3)).astype(np.float32)
    np.testing.assert_array_equal(max_pool(jnp.asarray(x), stride=2), tf.nn.max_pool2d(x, 3, 2, "VALID").numpy())


def test_padded_max_pool_ignores_the_padding():
    x = -1 - np.random.default_rng(0).random(size=(2, 8, 8, 3)).astype(np.float32)
    np.testing.assert_array_equal(
        max_pool(jnp.asarray(x), stride=1, padding=1), tf.nn.max_pool2d(x, 3, 1, "SAME").numpy()
    )
