from collections import Counter

import numpy as np
import pytest

from dcgan_jax.study.schedule import Task, plan_steps

TASKS = [Task((number,), "real" if number % 2 else "generated") for number in range(200)]


def steps_of(seed, naive=(), repeats=0.15):
    return plan_steps(naive, TASKS, repeats, np.random.default_rng(seed))


@pytest.mark.parametrize("seed", range(5))
def test_repeats_come_once_more_of_both_kinds_and_much_later(seed):
    images = [step for step in steps_of(seed) if step.kind == "image"]
    assert len(images) == 230
    again = [step for step in images if step.repeat_of is not None]
    assert Counter(TASKS[step.images[0]].stratum for step in again) == {"real": 15, "generated": 15}
    assert max(Counter(step.images for step in images).values()) == 2
    steps = steps_of(seed)
    assert len({step.item for step in steps}) == len(steps)
    distances = [position - step.repeat_of for position, step in enumerate(steps) if step.repeat_of is not None]
    assert min(distances) >= 50


def test_orders_and_names_differ_between_readers():
    rng = np.random.default_rng(0)
    first, second = (plan_steps([], TASKS, 0.15, rng) for _ in range(2))
    assert not {step.item for step in first} & {step.item for step in second}
    assert [step.images for step in first] != [step.images for step in second]


def test_nothing_is_said_before_the_naive_images_are_seen():
    naive = [Task((1000 + number,), "real") for number in range(4)]
    kinds = [step.kind for step in steps_of(0, naive)]
    assert kinds[:7] == ["consent", "naive", "naive", "naive", "naive", "remark", "instructions"]
    assert set(kinds[7:]) == {"image"}


def test_no_repeats_where_none_are_wanted():
    assert all(step.repeat_of is None for step in steps_of(0, repeats=0.0))


@pytest.mark.parametrize("share", [0.1, 0.34, 0.5])
@pytest.mark.parametrize("count", [2, 4, 6, 7])
def test_every_reader_has_as_many_steps(count, share):
    rng = np.random.default_rng(0)
    lengths = {len(plan_steps([], TASKS[:count], share, rng)) for _ in range(20)}
    assert lengths == {2 + count + round(share * count)}
