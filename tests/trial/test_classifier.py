"""The trial's classifier."""

from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dcgan_jax.trial.classifier import Classifier, create_params


@pytest.fixture(scope="module")
def params():
    return create_params(Classifier(8), 32, jax.random.key(0))


def test_the_number_of_parameters(params):
    """By hand: convolutions without and norms with their pairs of numbers a channel, biases everywhere."""
    widths = [8, 8, 16, 32, 64]
    expected = 25 * 8 + 8 + 2 * 8 + (64 + 1)
    for before, after in pairwise(widths):
        expected += 9 * before * after + 9 * after * after + before * after + 3 * after + 3 * 2 * after
    assert sum(leaf.size for leaf in jax.tree.leaves(params)) == expected


def test_one_logit_an_image_that_does_not_depend_on_the_others(params):
    images = jnp.asarray(np.random.default_rng(0).uniform(-1, 1, (3, 32, 32, 1)).astype(np.float32))
    apply = jax.jit(Classifier(8).apply)
    logits = apply({"params": params}, images)
    assert logits.shape == (3,)
    other = images.at[0].set(0).at[2].set(1)
    np.testing.assert_allclose(logits[1], apply({"params": params}, other)[1], atol=1e-5)
