"""The schedules of the learning rates and of the penalties, step by step."""

import pytest

from dcgan_jax.training.annealing import compute_lr_scale, compute_penalty_scale
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


def test_a_cosine_starts_and_ends_flat(tiny_settings):
    """Of the way from 1 to 0.2, (1 - cos(pi / 4)) / 2 = 0.146447 is done after a quarter of the steps."""
    schedule = {"decay_start": 10, "decay_end": 30, "decay_to": 0.2, "decay_curve": "cosine"}
    expected = [1.0, 1 - 0.146447 * 0.8, 0.6, 0.2]
    assert shares(tiny_settings, schedule, [10, 15, 20, 99]) == pytest.approx(expected, abs=1e-6)


def test_penalties_fall_while_the_rates_do_to_a_share_of_their_own(tiny_settings):
    schedule = {"optimizer.decay_start": 10, "optimizer.decay_end": 20, "loss.penalty_decay_to": 0.1}
    settings = tiny_settings.with_overrides(schedule)
    scales = [float(compute_penalty_scale(step, settings.loss, settings.optimizer)) for step in (0, 15, 20)]
    assert scales == pytest.approx([1.0, 0.55, 0.1])
    assert float(compute_penalty_scale(15, tiny_settings.loss, tiny_settings.optimizer)) == 1.0


def test_a_decay_that_ends_before_it_starts_is_refused(tiny_settings):
    with refused("config.optimizer.decay_start=5", field="config.optimizer.decay_end", value=5):
        shares(tiny_settings, {"decay_start": 5, "decay_end": 5}, [0])
