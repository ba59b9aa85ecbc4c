"""Each change does what it says, within its reach, to real and generated images alike."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dcgan_jax.random_streams import example_keys
from dcgan_jax.training import augmentation
from dcgan_jax.training.augmentation import augment

IMAGE = jnp.asarray(np.random.default_rng(0).uniform(-0.9, 0.9, (16, 16, 1)), jnp.float32)
KEYS = example_keys(jax.random.key(0), jnp.arange(64))


def changed(change, reach, image=IMAGE):
    return np.asarray(jax.vmap(lambda key: change(image, key, reach))(KEYS))


def with_strengths(settings, **strengths):
    return settings.with_overrides({f"augment.{name}": value for name, value in strengths.items()}).augment


def test_translation_shows_a_window_of_the_image_in_black():
    black = np.pad(np.asarray(IMAGE), ((2, 2), (2, 2), (0, 0)), constant_values=-1.0)
    windows = {(row, column): black[row : row + 16, column : column + 16] for row in range(5) for column in range(5)}
    found = {
        place
        for moved in changed(augmentation.translate, 0.125)
        for place, window in windows.items()
        if np.array_equal(moved, window)
    }
    assert len(found) > 18  # of 25, by 64 draws
    assert {row for row, _ in found} == set(range(5)) == {column for _, column in found}


def test_brightness_adds_one_number_within_reach():
    added = changed(augmentation.brighten, 0.5) - np.asarray(IMAGE)
    np.testing.assert_allclose(np.ptp(added, axis=(1, 2, 3)), 0, atol=1e-6)
    assert 0.4 < np.abs(added).max() <= 0.5
    assert added.min() < 0 < added.max()


def test_contrast_scales_the_distances_from_the_mean():
    mean = float(IMAGE.mean())
    factors = (changed(augmentation.change_contrast, 0.5) - mean) / (np.asarray(IMAGE) - mean)
    np.testing.assert_allclose(np.ptp(factors, axis=(1, 2, 3)), 0, atol=1e-2)
    middle = np.median(factors, axis=(1, 2, 3))
    assert 0.5 <= middle.min() < 0.6
    assert 1.4 < middle.max() <= 1.5


def test_cutout_masks_a_square_that_may_reach_over_the_border():
    masked = changed(augmentation.cut_out, 0.5) == 0.0
    rows, columns = masked.any(axis=(2, 3)).sum(axis=1), masked.any(axis=(1, 3)).sum(axis=1)
    assert (masked.sum(axis=(1, 2, 3)) == rows * columns).all()
    assert rows.max() == columns.max() == 8
    assert rows.min() >= 4


def test_rotation_by_a_right_angle_is_numpys():
    turned = augmentation._warp(IMAGE, jnp.array([[0.0, -1.0], [1.0, 0.0]]))
    candidates = [np.rot90(np.asarray(IMAGE), turns) for turns in (1, 3)]
    assert any(np.allclose(turned, candidate, atol=1e-5) for candidate in candidates)


def test_rotation_and_zoom_keep_the_center_and_stay_within_reach():
    """On a ramp along the rows, the value of a pixel says where it came from."""
    ramp = jnp.broadcast_to(jnp.arange(17.0)[:, None, None] - 8, (17, 17, 1))
    turned = changed(augmentation.rotate, 10.0, ramp)
    np.testing.assert_allclose(turned[:, 8, 8, 0], 0, atol=1e-5)
    slopes = turned[:, 8, 9, 0]  # the sine of the angle
    assert 0.9 * np.sin(np.deg2rad(10)) < np.abs(slopes).max() <= np.sin(np.deg2rad(10)) + 1e-6
    np.testing.assert_allclose(turned[:, 9, 8, 0], np.sqrt(1 - slopes**2), atol=1e-5)  # the cosine: never upside down
    across = changed(augmentation.rotate, 10.0, ramp.swapaxes(0, 1))
    np.testing.assert_allclose(across[:, 8, 9, 0], turned[:, 9, 8, 0], atol=1e-5)  # never mirrored
    np.testing.assert_allclose(across[:, 9, 8, 0], -slopes, atol=1e-5)
    zoomed, zoomed_across = (changed(augmentation.zoom, 0.25, image) for image in (ramp, ramp.swapaxes(0, 1)))
    steps = zoomed[:, 9, 8, 0]  # one pixel shows 1 / factor pixels of the image
    np.testing.assert_allclose(zoomed_across[:, 8, 9, 0], steps, atol=1e-5)
    assert 0.8 - 1e-5 <= steps.min() < 0.84
    assert 1.2 < steps.max() <= 1.25 + 1e-5
    np.testing.assert_allclose(zoomed[:, 8, 8, 0], 0, atol=1e-5)


def test_what_comes_in_at_the_borders_is_black():
    assert changed(augmentation.rotate, 45.0, jnp.ones((16, 16, 1))).min() == -1.0
    assert changed(augmentation.zoom, 0.5, jnp.ones((16, 16, 1))).min() == -1.0


def test_an_image_is_changed_by_its_own_key_wherever_it_stands(tiny_settings):
    settings = with_strengths(tiny_settings, translation=0.2, brightness=0.3, contrast=0.3, cutout=0.3, rotation=5.0)
    images = jnp.stack([IMAGE] * 4)
    whole = augment(images, KEYS[:4], 1.0, settings)
    np.testing.assert_allclose(augment(images[2:], KEYS[2:4], 1.0, settings), whole[2:], atol=1e-6)
    assert all(not np.allclose(whole[0], other) for other in whole[1:])


def test_each_change_happens_with_the_probability(tiny_settings):
    settings, images = with_strengths(tiny_settings, brightness=0.5), jnp.stack([IMAGE] * 64)
    np.testing.assert_array_equal(augment(images, KEYS, 0.0, settings), images)
    share = np.mean(np.any(np.asarray(augment(images, KEYS, 0.5, settings) != images), axis=(1, 2, 3)))
    assert share == pytest.approx(0.5, abs=4 * np.sqrt(0.25 / 64))
    assert np.all(np.any(np.asarray(augment(images, KEYS, 1.0, settings) != images), axis=(1, 2, 3)))


def test_without_strengths_nothing_is_drawn(tiny_settings):
    images = jnp.stack([IMAGE] * 2)
    assert augment(images, KEYS[:2], 1.0, tiny_settings.augment) is images


def test_gradients_come_back_through_the_changes(tiny_settings):
    """Where a translated pixel is still seen, it weighs 1; where it was moved out, 0."""
    settings = with_strengths(tiny_settings, translation=0.25)
    gradient = jax.grad(lambda images: jnp.sum(augment(images, KEYS[:64], 1.0, settings)))(jnp.stack([IMAGE] * 64))
    assert set(np.unique(gradient)) == {0.0, 1.0}
    rotating = with_strengths(tiny_settings, rotation=20.0, scale=0.1)
    images = jnp.stack([IMAGE] * 4)
    loss, direction = lambda x: jnp.sum(augment(x, KEYS[:4], 1.0, rotating) ** 2), jnp.sign(images)
    slope = jnp.sum(jax.grad(loss)(images) * direction)
    measured = (loss(images + 1e-2 * direction) - loss(images - 1e-2 * direction)) / 2e-2
    assert float(slope) == pytest.approx(float(measured), rel=1e-2)
