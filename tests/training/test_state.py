"""The state's digest notices everything, and a state that is not finite is seen."""

from functools import partial

import jax
import jax.numpy as jnp
import pytest

from dcgan_jax.training.state import all_finite, create_recipe, create_state, state_sha256


@pytest.fixture(scope="module")
def state(tiny_settings):
    return jax.jit(partial(create_state, create_recipe(tiny_settings)))(jax.random.key(0))


def with_first_weight(state, value):
    kernel = state.generator["to_image"]["kernel"].at[0, 0, 0, 0].set(value)
    generator = {**state.generator, "to_image": {**state.generator["to_image"], "kernel": kernel}}
    return state.replace(generator=generator)


def test_the_digest_is_of_the_values(state, tiny_settings):
    again = jax.jit(partial(create_state, create_recipe(tiny_settings)))(jax.random.key(0))
    other = jax.jit(partial(create_state, create_recipe(tiny_settings)))(jax.random.key(1))
    assert state_sha256(state) == state_sha256(again)
    assert state_sha256(state) != state_sha256(other)


def test_the_digest_notices_the_last_bit_of_one_weight_and_the_step(state):
    weight = state.generator["to_image"]["kernel"][0, 0, 0, 0]
    assert state_sha256(with_first_weight(state, jnp.nextafter(weight, 2.0))) != state_sha256(state)
    assert state_sha256(state.replace(step=jnp.int32(1))) != state_sha256(state)


@pytest.mark.parametrize("value", [jnp.nan, jnp.inf])
def test_one_weight_that_is_not_finite_is_seen(state, value):
    assert all_finite(state)
    assert not all_finite(with_first_weight(state, value))


@pytest.mark.parametrize(("sampling", "expected"), [("replacement", (30, 10)), ("balanced", (1, 1))])
def test_classes_are_generated_as_often_as_their_real_images_come(tiny_settings, sampling, expected):
    settings = tiny_settings.with_overrides({"data.sampling": sampling})
    assert create_recipe(settings, (30, 10)).class_weights == expected
