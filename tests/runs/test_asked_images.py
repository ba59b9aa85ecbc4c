"""A walk through latents: evenly along arcs, and back to where it began."""

import numpy as np
import pytest

from dcgan_jax.runs.asked_images import create_loop, interpolate


def test_half_way_between_two_axes_is_their_diagonal():
    half = interpolate(np.array([1.0, 0.0]), np.array([0.0, 1.0]), 0.5)
    np.testing.assert_allclose(half, [0.5**0.5, 0.5**0.5])


def test_a_third_of_a_right_angle_is_thirty_degrees():
    third = interpolate(np.array([2.0, 0.0]), np.array([0.0, 2.0]), 1 / 3)
    np.testing.assert_allclose(third, [3**0.5, 1.0])


@pytest.mark.parametrize("other", [[3.0, 0.0], [-1.0, 0.0]])
def test_without_an_arc_it_goes_straight(other):
    np.testing.assert_allclose(interpolate(np.array([1.0, 0.0]), np.array(other), 0.5), [(1 + other[0]) / 2, 0.0])


def test_the_loop_passes_each_latent_and_ends_one_step_before_it_began():
    keys = np.random.default_rng(0).normal(size=(3, 50)).astype(np.float32)
    loop = create_loop(keys, 12)
    np.testing.assert_array_equal(loop[[0, 4, 8]], keys)
    steps = np.linalg.norm(np.diff(np.concatenate([loop, loop[:1]]), axis=0), axis=1)
    assert steps.max() < 1.5 * steps.min()
    lengths = np.linalg.norm(loop, axis=1)
    assert lengths.min() > 0.95 * np.linalg.norm(keys, axis=1).min()  # a straight line would come to 0.7 of it
