"""The schedule of the learning rates, step by step."""

import pytest

from dcgan_jax.training.learning_rate import compute_lr_scale
from tests.refusals import refused


def shares(settings, overrides, steps):
    optimizer = settings.with_overrides({f"optimizer.{name}": value for name, value in overrides.items()}).optimizer
    return [float(compute_lr_scale(step, optimizer)) for step in steps]


def test_without_a_schedule_the_rates_stay_as_they_are(tiny_settings):
    assert shares(tiny_settings, {}, [0, 1, 10**6]) == [1.0, 1.0, 1.0]


def test_warm_up_rises_to_the_full_rate(tiny_settings):
    assert shares(tiny_settings, {"warmup_steps": 4}, range(6)) == [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]


def test_decay_falls_between_two_steps_and_stays_there(tiny_settings):
    schedule = {"decay_start": 10, "decay_end": 20, "decay_to": 0.1}
    assert shares(tiny_settings, schedule, [0, 10, 15, 20, 99]) == pytest.approx([1.0, 1.0, 0.55, 0.1, 0.1])


def test_a_decay_that_ends_before_it_starts_is_refused(tiny_settings):
    with refused("config.optimizer.decay_start=5", field="config.optimizer.decay_end", value=5):
        shares(tiny_settings, {"decay_start": 5, "decay_end": 5}, [0])
