"""Epochs become steps in one place; events cut the calls to the device the same way on every start."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcgan_jax.training.schedule import Schedule, create_schedule
from tests.refusals import refused


def test_the_papers_schedule(tiny_settings):
    settings = tiny_settings.with_overrides(
        {
            "train.batch_size": 128,
            "train.epochs": 500,
            "train.steps": 0,
            "checkpoint.every_steps": 0,
            "checkpoint.every_epochs": 10,
            "train.sample_every_steps": 0,
            "train.sample_every_epochs": 0,
        }
    )
    schedule = create_schedule(settings, 1341)
    assert (schedule.steps_per_epoch, schedule.total) == (10, 5000)
    assert (schedule.checkpoint_every, schedule.sample_every) == (100, 0)


def test_steps_win_over_epochs(tiny_settings):
    schedule = create_schedule(tiny_settings, 16)
    assert (schedule.total, schedule.sample_every, schedule.checkpoint_every) == (6, 3, 2)


def test_an_interval_of_zero_means_only_at_the_end():
    schedule = Schedule(
        total=7, steps_per_epoch=2, sample_every=0, checkpoint_every=0, evaluate_every=0, steps_per_call=1
    )
    assert [step for step in range(8) if schedule.samples_at(step)] == [0, 7]
    assert [step for step in range(8) if schedule.saves_at(step)] == [7]
    assert not any(schedule.evaluates_at(step) for step in range(8))


def test_scores_are_taken_at_their_interval_and_at_the_end_and_what_is_scored_is_saved():
    schedule = Schedule(
        total=7, steps_per_epoch=2, sample_every=0, checkpoint_every=0, evaluate_every=3, steps_per_call=1
    )
    assert [step for step in range(8) if schedule.evaluates_at(step)] == [3, 6, 7]
    assert [step for step in range(8) if schedule.saves_at(step)] == [3, 6, 7]


def test_a_call_is_never_longer_than_the_shortest_interval(tiny_settings):
    settings = tiny_settings.with_overrides({"train.steps_per_dispatch": 200})
    assert create_schedule(settings, 16).steps_per_call == 2


def test_a_batch_larger_than_the_data_is_refused(tiny_settings):
    with refused("7 training images", "6", field="config.train.batch_size", value=8):
        create_schedule(tiny_settings, 7)


@pytest.mark.parametrize(
    ("fields", "total"),
    [
        ({"train.steps": 0, "train.images": 64}, 8),
        ({"train.steps": 0, "train.images": 65}, 9),  # of 8 images each
        ({"train.steps": 3, "train.images": 64}, 3),
        ({"train.steps": 0, "train.images": 0, "train.epochs": 5}, 10),
    ],
)
def test_a_length_in_images_comes_before_epochs_and_after_steps(tiny_settings, fields, total):
    assert create_schedule(tiny_settings.with_overrides(fields), 16).total == total


@pytest.mark.parametrize(
    ("group", "images", "named"),
    [
        (4, 30, [24]),  # groups of four, of real and of generated images
        (4, 7, [6, "config.model.minibatch_std=0"]),
        (0, 1, ["config.data.label=ALL"]),
    ],
)
def test_the_advice_fits_the_images_there_are(tiny_settings, group, images, named):
    settings = tiny_settings.with_overrides({"train.batch_size": 32, "model.minibatch_std": group})
    with refused(images, *named, field="config.train.batch_size", value=32):
        create_schedule(settings, images)


@given(
    total=st.integers(1, 200),
    sample=st.integers(0, 50),
    save=st.integers(0, 50),
    score=st.integers(0, 50),
    length=st.integers(1, 40),
)
def test_calls_meet_every_event_and_have_two_lengths_at_most(total, sample, save, score, length):
    schedule = Schedule(total, 10, sample, save, score, length)
    step, visited, lengths = 0, set(), set()
    while step < total:
        visited.add(step)
        lengths.add(schedule.call_length(step))
        step += schedule.call_length(step)
    assert step == total
    assert {at for at in range(total) if schedule.samples_at(at) or schedule.saves_at(at)} <= visited | {total}
    assert lengths <= {1, length}
