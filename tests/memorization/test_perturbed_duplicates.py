import numpy as np

from dcgan_jax.memorization.perturbed_duplicates import CHANGES, plant_copies


def plant(images):
    return plant_copies(images, np.random.default_rng(0))


def test_every_change_is_made_and_only_one_makes_none():
    images = np.random.default_rng(0).integers(0, 256, (3, 64, 64, 1), np.uint8)
    copies = plant(images)
    assert copies.keys() == CHANGES.keys()
    assert all(of_change.shape == images.shape and of_change.dtype == np.uint8 for of_change in copies.values())
    assert [name for name in CHANGES if (copies[name] == images).all()] == ["unchanged"]


def test_shifted_copies_moved_a_little_each_way():
    images = np.zeros((8, 64, 64, 1), np.uint8)
    images[:, 30, 40] = 255
    moved = np.argwhere(plant(images)["shifted"][..., 0] == 255)[:, 1:] - [30, 40]
    assert set(np.abs(moved).ravel()) <= {1, 2, 3}  # 64 / 25 is 2.56
    assert len(np.unique(moved, axis=0)) > 1


def test_contrast_is_lowered_and_brightness_raised():
    assert set(plant(np.full((1, 64, 64, 1), 100, np.uint8))["contrast"].ravel()) == {95}  # 100 * 0.75 + 20


def test_noise_has_eight_gray_levels():
    noisy = plant(np.full((4, 64, 64, 1), 128, np.uint8))["noisy"].astype(float)
    assert 7.5 < noisy.std() < 8.5
    assert abs(noisy.mean() - 128) < 0.5


def test_three_channels_stay_three():
    images = np.zeros((2, 64, 64, 3), np.uint8)
    images[..., 1] = 50
    assert plant(images)["blurred"].shape == (2, 64, 64, 3)
    assert plant(images)["blurred"][0, 5, 5].tolist() == [0, 50, 0]
