"""Where a row's peak of memory comes from."""

import pytest

from benchmarks.compiled_step import count_flops, with_memory

MIB = 2**20


@pytest.mark.parametrize(
    ("before", "after", "mib", "source"),
    [
        (None, None, 5, "XLA's plan"),  # a CPU counts nothing
        (2 * MIB, 7 * MIB, 7, "device"),
        (7 * MIB, 7 * MIB, 5, "XLA's plan"),  # the peak was an earlier, larger configuration's
        (0, 3 * MIB, 3, "device"),
    ],
)
def test_the_devices_count_is_taken_only_if_this_configuration_raised_it(before, after, mib, source):
    row = with_memory({"planned_bytes": 5 * MIB}, before, after)
    assert (row["peak_memory_mib"], row["peak_memory_source"]) == (mib, source)


def test_a_lazy_penalty_costs_its_share(tiny_settings):
    never, always, every_fourth = (
        count_flops(tiny_settings.with_overrides({"loss.r1": r1, "loss.r1_every": every}))
        for r1, every in ((0.0, 1), (1.0, 1), (1.0, 4))
    )
    assert never < always
    assert every_fourth == pytest.approx(0.75 * never + 0.25 * always)
