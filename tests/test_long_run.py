"""What the long run calls growth: each kind of leak is seen, and what comes and goes is none."""

from dataclasses import replace

import pytest

from tests.long_run import Usage, find_growth, find_growth_over_starts

FLAT = [
    Usage(10 * n, 400 * 2**20 + n % 7 * 2**20, 13 + n % 2, 28, events=1, logs=7000 * n, kept=600_000)
    for n in range(1, 401)
]


def leaking(name, per_step):
    return [replace(usage, **{name: getattr(usage, name) + round(usage.step * per_step)}) for usage in FLAT]


def test_what_comes_and_goes_is_no_growth():
    assert find_growth(FLAT) == []
    assert find_growth_over_starts(FLAT[:20]) == []


@pytest.mark.parametrize(
    ("name", "per_step"),
    [("memory", 3500), ("descriptors", 0.002), ("threads", 0.002), ("events", 0.001), ("logs", 2000), ("kept", 40)],
)
def test_a_leak_is_named(name, per_step):
    (fault,) = find_growth(leaking(name, per_step))
    assert name in fault.replace("files of TensorBoard", "events")


@pytest.mark.parametrize(
    ("name", "per_start"), [("memory", 3 * 2**20), ("descriptors", 1), ("threads", 1), ("events", 2), ("kept", 10_000)]
)
def test_a_leak_from_start_to_start_is_named(name, per_start):
    (fault,) = find_growth_over_starts(leaking(name, per_start / 10)[:20])
    assert name in fault.replace("file of TensorBoard", "events")
