"""ADA's controller, adjustment by adjustment."""

import jax.numpy as jnp
import pytest

from dcgan_jax.training.adaptation import adapt, create_adaptation
from tests.refusals import refused


@pytest.fixture
def settings(tiny_settings):
    overrides = {"augment.probability": 0.05, "augment.target": 0.6, "augment.adaptation_images": 400}
    return tiny_settings.with_overrides({**overrides, "augment.contrast": 0.2}).augment


def follow(settings, signs):
    """Returns the probability after each step; 10 images a step move it by 4 * 10 / 400 = 0.1 every 4 steps."""
    adaptation, probabilities = create_adaptation(settings), []
    for step, sign in enumerate(signs):
        adaptation = adapt(adaptation, jnp.asarray(sign), jnp.asarray(step), 10, settings)
        probabilities.append(float(adaptation.probability))
    return probabilities


def test_it_moves_every_fourth_step_towards_the_target(settings):
    overfitting, learning = [1.0, 0.4, 1.0, 0.2], [0.5, 0.6, 0.6, 0.6]  # means 0.65 and 0.575, around 0.6
    assert follow(settings, overfitting) == pytest.approx([0.05, 0.05, 0.05, 0.15])
    assert follow(settings, overfitting + learning)[-1] == pytest.approx(0.05)


def test_a_mean_is_of_its_own_four_steps(settings):
    assert follow(settings, [-1.0] * 4 + [1.0] * 4)[-1] == pytest.approx(0.1)  # down to 0, then up


def test_without_a_change_there_is_nothing_to_adapt(tiny_settings):
    with refused("config.augment.rotation", field="config.augment.target", value=0.6):
        tiny_settings.with_overrides({"augment.target": 0.6})


def test_it_stays_a_probability(settings):
    assert follow(settings, [-1.0] * 8)[-1] == 0.0
    assert follow(settings, [1.0] * 80)[-1] == 1.0
