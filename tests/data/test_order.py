"""The order of the data: from (seed, step) alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcgan_jax.data.order import Order


@given(
    seed=st.integers(0, 2**31 - 1),
    step=st.integers(0, 10**6),
    class_counts=st.lists(st.integers(1, 200), min_size=1, max_size=4),
    batch=st.integers(1, 64),
    sampling=st.sampled_from(["replacement", "shuffle", "balanced"]),
)
def test_positions_lie_in_the_data_and_repeat_themselves(seed, step, class_counts, batch, sampling):
    order = Order(seed, sum(class_counts), batch, sampling, tuple(class_counts))
    positions = order.positions(step)
    assert positions.shape == (batch,)
    assert positions.dtype == np.int32
    assert positions.min() >= 0
    assert positions.max() < sum(class_counts)
    np.testing.assert_array_equal(positions, order.positions(step))


def test_shuffle_brings_every_image_once_per_pass_though_batches_straddle_passes():
    stream = np.concatenate([Order(0, 10, 4, "shuffle").positions(step) for step in range(10)])
    for start in range(0, 40, 10):
        assert sorted(stream[start : start + 10]) == list(range(10))
    assert not np.array_equal(stream[:10], stream[10:20])


def test_replacement_draws_each_image_equally_often_and_repeats_within_a_batch():
    draws = np.concatenate([Order(0, 20, 64, "replacement").positions(step) for step in range(200)])
    counts = np.bincount(draws, minlength=20)
    expected = len(draws) / 20
    chi_squared = ((counts - expected) ** 2 / expected).sum()
    assert chi_squared < 43.8  # the 99.9th percentile at 19 degrees of freedom
    assert len(np.unique(draws[:64])) < 64


@pytest.mark.parametrize("sampling", ["replacement", "shuffle", "balanced"])
def test_another_seed_is_another_order(sampling):
    orders = {tuple(Order(seed, 100, 32, sampling, (60, 40)).positions(0)) for seed in range(20)}
    assert len(orders) == 20


def test_balanced_draws_every_class_as_often_and_each_image_of_a_class_alike():
    counts = (4, 40, 1)
    draws = np.concatenate([Order(0, 45, 60, "balanced", counts).positions(step) for step in range(200)])
    times = np.bincount(draws, minlength=45)
    of_classes = np.array([part.sum() for part in np.split(times, [4, 44])])
    np.testing.assert_allclose(of_classes / len(draws), 1 / 3, atol=4 * np.sqrt(2 / 9 / len(draws)))
    np.testing.assert_allclose(times[:4], len(draws) / 12, rtol=0.15)
    np.testing.assert_allclose(times[4:44], len(draws) / 120, rtol=0.5)  # 100 times each, give or take 10
