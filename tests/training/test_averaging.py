"""The averaged generator against values worked out by hand."""

import jax.numpy as jnp
import pytest
from jax import jit

from dcgan_jax.settings import AverageSettings
from dcgan_jax.training.averaging import compute_decay, update_average


def test_after_a_half_life_of_images_half_of_the_old_weights_is_left():
    decay = compute_decay(5, 100, AverageSettings(half_life=1000, ramp_up=0.0))
    assert float(decay) ** 10 == pytest.approx(0.5, rel=1e-5)


def test_early_on_the_half_life_is_a_share_of_the_images_seen():
    average = AverageSettings(half_life=1000, ramp_up=0.05)
    assert float(compute_decay(0, 100, average)) == 0.0  # nothing seen: the first weights are forgotten at once
    assert float(compute_decay(10, 100, average)) == pytest.approx(0.25)  # 5% of 1,000 is 50, half a step: 0.5^2
    assert float(compute_decay(10**6, 100, average)) == pytest.approx(0.5**0.1)  # the bound is far above 1,000


@pytest.mark.parametrize("wrap", [lambda f: f, jit])
def test_each_weight_moves_by_what_the_average_gives_up(wrap):
    averaged, params = (
        {"a": jnp.array([0.0, 8.0]), "b": jnp.array(2.0)},
        {"a": jnp.array([4.0, 0.0]), "b": jnp.array(2.0)},
    )
    moved = wrap(update_average)(averaged, params, jnp.array(0.75))
    assert moved["a"].tolist() == [1.0, 6.0]
    assert float(moved["b"]) == 2.0
