"""Draws depend on (seed, stream, step, example) and on nothing else."""

import jax
import numpy as np

from dcgan_jax.random_streams import draw_keep_mask, draw_labels, draw_latents, example_keys, stream_key

KEY = jax.random.key(7)


def latents(stream, step, examples):
    return np.asarray(draw_latents(example_keys(stream_key(KEY, stream, step), np.asarray(examples)), 5))


def test_an_example_draws_the_same_in_any_batch():
    whole = latents("z", 3, range(8))
    np.testing.assert_array_equal(latents("z", 3, [6, 7]), whole[6:])


def test_streams_and_steps_and_examples_differ():
    draws = [latents("z", 3, [0, 1]), latents("y", 3, [0, 1]), latents("z", 4, [0, 1])]
    flat = np.concatenate([draw.ravel() for draw in draws])
    assert len(np.unique(flat)) == flat.size


def test_latents_are_standard_normal():
    many = np.asarray(draw_latents(example_keys(KEY, np.arange(2000)), 50))
    assert abs(many.mean()) < 0.01
    assert abs(many.std() - 1) < 0.01


def test_dropout_drops_the_stated_share():
    mask = np.asarray(draw_keep_mask(example_keys(KEY, np.arange(200)), 0.4, 1000))
    assert mask.shape == (200, 1000)
    assert abs(mask.mean() - 0.6) < 0.005


def test_classes_come_as_often_as_they_have_images():
    """Of 4,000 draws the share of a class of a quarter, a half and a quarter of the images, to 4 standard errors."""
    keys = example_keys(stream_key(KEY, "labels"), np.arange(4000))
    labels = np.asarray(draw_labels(keys, (100, 200, 100)))
    shares = np.bincount(labels, minlength=3) / 4000
    np.testing.assert_allclose(shares, [0.25, 0.5, 0.25], atol=4 * np.sqrt(0.25 / 4000))
    np.testing.assert_array_equal(draw_labels(keys[7:9], (100, 200, 100)), labels[7:9])
    assert set(np.asarray(draw_labels(keys, (3, 0, 1)))) == {0, 2}
