import numpy as np
import pytest

from dcgan_jax.evaluation.floor import REPEATS, compute_floors

DIMS = 4


def draw(count, seed, shift=0.0):
    return np.random.default_rng(seed).normal(size=(count, DIMS)) + shift


def compute(training, held_out, generated):
    return compute_floors(training, held_out, np.concatenate(generated), len(generated[0]), np.random.default_rng(0))


def expect(num_real, num_other, shift=0.0):
    """The mean distance of N(0, I) and N(shift, I) at finite counts, to second order (test_intervals.py)."""
    from_covariances = DIMS * (DIMS + 1) / 4 * (1 / (num_real - 1) + 1 / (num_other - 1))
    return DIMS * shift**2 + DIMS * (1 / num_real + 1 / num_other) + from_covariances


def test_the_papers_counts_leave_341_against_1000():
    floor = compute(draw(1341, 0), None, [draw(1000, 1)])
    assert (floor["num_real"], floor["num_other"]) == (341, 1000)
    assert (floor["halves"]["num_real"], floor["halves"]["num_other"]) == (671, 670)


def test_halves_when_a_generated_set_would_leave_too_little():
    floor = compute(draw(100, 0), None, [draw(90, 1)])
    assert (floor["num_real"], floor["num_other"]) == (50, 50)
    assert floor["divisions"] == REPEATS


def test_a_perfect_generator_scores_at_the_floor_and_another_above_it():
    perfect = compute(draw(3000, 0), None, [draw(1000, seed) for seed in range(1, 6)])
    assert perfect["fid"] == pytest.approx(expect(2000, 1000), rel=0.5)
    assert 0.6 < perfect["ratio"] < 1.7
    shifted = compute(draw(3000, 0), None, [draw(1000, 1, shift=0.2)])
    assert shifted["score"] == pytest.approx(expect(2000, 1000, shift=0.2), rel=0.25)
    assert shifted["ratio"] == shifted["score"] / shifted["fid"] > 5


def test_held_out_images_have_a_floor_at_their_own_count():
    floor = compute(draw(200, 0), draw(40, 9, shift=1.0), [draw(60, 1)])["held_out"]
    assert (floor["num_real"], floor["num_other"]) == (200, 40)
    assert floor["fid"] == pytest.approx(expect(200, 40, shift=1.0), rel=0.4)
    assert floor["score"] < 1
    assert compute(draw(200, 0), None, [draw(60, 1)])["held_out"] is None


def test_there_is_none_for_three_images():
    assert compute(draw(3, 0), None, [draw(5, 1)]) is None
