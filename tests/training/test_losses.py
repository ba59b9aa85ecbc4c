"""Losses against values worked out by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import jit

from dcgan_jax.training.losses import (
    LOSSES,
    compute_accuracy,
    generated_loss,
    gradient_penalty,
    hinge_generated_loss,
    hinge_real_loss,
    imle_loss,
    mode_seeking_loss,
    real_loss,
    reconstruction_loss,
    relativistic_loss,
)

# log(1 + e^-2) = 0.126928, log(1 + e^1) = 1.313262, log(1 + e^2) = 2.126928, log(1 + e^-1) = 0.313262
LOGITS = jnp.array([2.0, -1.0])


@pytest.mark.parametrize("wrap", [lambda f: f, jit])
def test_losses(wrap):
    assert float(wrap(real_loss)(LOGITS)) == pytest.approx((0.126928 + 1.313262) / 2, abs=1e-5)
    assert float(wrap(generated_loss)(LOGITS)) == pytest.approx((2.126928 + 0.313262) / 2, abs=1e-5)


@pytest.mark.parametrize("wrap", [lambda f: f, jit])
def test_hinge_losses(wrap):
    assert float(wrap(hinge_real_loss)(LOGITS)) == (0 + 2) / 2
    assert float(wrap(hinge_generated_loss)(LOGITS)) == (3 + 0) / 2


def test_each_kind_has_its_three_losses():
    logistic, hinge = LOSSES["logistic"], LOSSES["hinge"]
    assert float(logistic.generator(LOGITS)) == float(logistic.real(LOGITS)) == pytest.approx(0.720095, abs=1e-5)
    assert float(hinge.generator(LOGITS)) == -0.5
    assert float(hinge.real(LOGITS)) == 1.0
    assert float(hinge.generated(LOGITS)) == 1.5


@pytest.mark.parametrize("wrap", [lambda f: f, jit])
def test_the_loss_of_pairs_judges_each_image_beside_its_own_partner(wrap):
    """Of differences 2 and -1; what is added to all logits changes nothing."""
    worse = jnp.array([0.0, 5.0])
    better = worse + LOGITS
    assert float(wrap(relativistic_loss)(better, worse)) == pytest.approx((0.126928 + 1.313262) / 2, abs=1e-5)
    assert float(wrap(relativistic_loss)(worse, better)) == pytest.approx((2.126928 + 0.313262) / 2, abs=1e-5)
    shifted = float(relativistic_loss(better + 7, worse + 7))
    assert shifted == pytest.approx(float(relativistic_loss(better, worse)), abs=1e-6)


def test_mode_seeking_is_how_far_latents_are_apart_for_each_unit_between_images():
    """Latents 2 and 4 apart; images 0.5 and 1 apart: 4 in each pair. Images that are all alike cost the most."""
    latents = jnp.array([[0.0, 0.0], [2.0, -2.0], [1.0, 1.0], [5.0, 5.0]])
    images = jnp.array([0.0, 0.5, 1.0, 0.0])[:, None, None, None] * jnp.ones((1, 2, 2, 1))
    assert float(mode_seeking_loss(images, latents)) == pytest.approx(4.0, rel=1e-4)
    assert float(mode_seeking_loss(0 * images, latents)) == pytest.approx(3.0 / 1e-5)


def test_reconstruction_is_compared_with_the_mean_of_each_tile():
    """Tiles of 2x2 pixels with means 2, 0, 0 and 4, drawn as 1, 0, 0 and 1: squares 1, 0, 0 and 9."""
    tiles = [[1.0, 3.0, 0.0, 0.0], [2.0, 2.0, 1.0, -1.0], [0.0, 0.0, 4.0, 4.0], [0.0, 0.0, 4.0, 4.0]]
    images = jnp.array(tiles)[None, :, :, None]
    drawn = jnp.array([[1.0, 0.0], [0.0, 1.0]])[None, :, :, None]
    assert float(reconstruction_loss(drawn, images)) == (1 + 9) / 4


def test_imle_is_how_far_each_real_image_is_from_the_nearest_generated_one():
    """Squared differences to the nearest, over two features: 0.5 and 2; the real features' mean square is 2.5."""
    real = jnp.array([[1.0, 0.0], [0.0, 3.0]])
    generated = jnp.array([[1.0, 1.0], [5.0, 5.0], [2.0, 3.0]])
    assert float(imle_loss(real, generated)) == pytest.approx((0.5 + 2.0) / 2 / 2.5, rel=1e-6)


def test_imle_may_ask_for_images_of_the_same_class():
    """The second real image has one of its class at (5, 5), the third has none."""
    real = jnp.array([[1.0, 0.0], [0.0, 3.0], [0.0, 0.0]])
    generated = jnp.array([[1.0, 1.0], [5.0, 5.0], [2.0, 3.0]])
    same = jnp.array([[True, False, False], [False, True, False], [False, False, False]])
    expected = (0.5 + (25 + 4) / 2 + 0.0) / 3 / (10 / 6)
    value, gradient = jax.value_and_grad(lambda generated: imle_loss(real, generated, same))(generated)
    assert float(value) == pytest.approx(expected, rel=1e-6)
    assert np.array_equal(np.abs(np.asarray(gradient)).max(axis=1) > 0, [True, True, False])


def test_the_gradient_penalty_is_half_the_mean_squared_gradient():
    """Of logits sum(w x) the gradient is w everywhere; of sum(x^2) it is 2 x."""
    images = jnp.arange(8.0).reshape(2, 2, 2, 1)
    weights = jnp.array([[1.0, 2.0], [2.0, 0.0]])[..., None]
    assert float(gradient_penalty(lambda x: jnp.sum(weights * x, axis=(1, 2, 3)), images)) == 0.5 * 9
    squares = (0 + 1 + 4 + 9, 16 + 25 + 36 + 49)
    expected = 0.5 * (4 * squares[0] + 4 * squares[1]) / 2
    assert float(gradient_penalty(lambda x: jnp.sum(x**2, axis=(1, 2, 3)), images)) == expected


def test_extreme_logits_stay_finite():
    assert float(real_loss(jnp.array([-1e4]))) == pytest.approx(1e4)
    assert float(generated_loss(jnp.array([-1e4]))) == 0.0


def test_accuracy_counts_probabilities_above_one_half_as_real():
    logits = jnp.array([3.0, -3.0, 0.1, 0.0, -1.0])  # at 0 the discriminator is undecided
    assert float(compute_accuracy(logits, 1)) == pytest.approx(2 / 5)
    assert float(compute_accuracy(logits, 0)) == pytest.approx(3 / 5)
