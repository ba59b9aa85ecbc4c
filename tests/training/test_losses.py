"""Losses against values worked out by hand."""

import jax.numpy as jnp
import pytest
from jax import jit

from dcgan_jax.training.losses import generated_loss, real_loss, share_taken_for_real

# log(1 + e^-2) = 0.126928, log(1 + e^1) = 1.313262, log(1 + e^2) = 2.126928, log(1 + e^-1) = 0.313262
LOGITS = jnp.array([2.0, -1.0])


@pytest.mark.parametrize("wrap", [lambda f: f, jit])
def test_losses(wrap):
    assert float(wrap(real_loss)(LOGITS)) == pytest.approx((0.126928 + 1.313262) / 2, abs=1e-5)
    assert float(wrap(generated_loss)(LOGITS)) == pytest.approx((2.126928 + 0.313262) / 2, abs=1e-5)


def test_extreme_logits_stay_finite():
    assert float(real_loss(jnp.array([-1e4]))) == pytest.approx(1e4)
    assert float(generated_loss(jnp.array([-1e4]))) == 0.0


def test_share_taken_for_real():
    assert float(share_taken_for_real(jnp.array([3.0, -3.0, 0.1, 0.0]))) == 0.5
