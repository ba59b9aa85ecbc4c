import numpy as np

from dcgan_jax.memorization.perturbed_duplicates import CHANGES, create_duplicates


def duplicate(images):
    return create_duplicates(images, np.random.default_rng(0))


def test_every_change_is_made_and_only_one_makes_none():
    images = np.random.default_rng(0).integers(0, 256, (3, 64, 64, 1), np.uint8)
    copies = duplicate(images)
    assert copies.keys() == CHANGES.keys()
    assert all(of_change.shape == images.shape and of_change.dtype == np.uint8 for of_change in copies.values())
    assert [name for name in CHANGES if (copies[name] == images).all()] == ["unchanged"]


def test_shifted_copies_moved_a_little_each_way():
    images = np.zeros((8, 64, 64, 1), np.uint8)
    images[:, 30, 40] = 255
    moved = np.argwhere(duplicate(images)["shifted"][..., 0] == 255)[:, 1:] - [30, 40]
    assert set(np.abs(moved).ravel()) <= {1, 2, 3}  # 64 / 25 is 2.56
    assert len(np.unique(moved, axis=0)) > 1


def test_contrast_is_lowered_and_brightness_raised():
    assert set(duplicate(np.full((1, 64, 64, 1), 100, np.uint8))["contrast"].ravel()) == {95}  # 100 * 0.75 + 20


def test_noise_has_eight_gray_levels():
    noisy = duplicate(np.full((4, 64, 64, 1), 128, np.uint8))["noisy"].astype(float)
    assert 7.5 < noisy.std() < 8.5
    assert abs(noisy.mean() - 128) < 0.5


def test_three_channels_stay_three():
    images = np.zeros((2, 64, 64, 3), np.uint8)
    images[..., 1] = 50
    assert duplicate(images)["blurred"].shape == (2, 64, 64, 3)
    assert duplicate(images)["blurred"][0, 5, 5].tolist() == [0, 50, 0]


def test_far_shifts_are_by_an_eighth_each_way_over_black():
    images = np.full((16, 64, 64, 1), 200, np.uint8)
    moved = duplicate(images)["shifted_far"]
    for image in moved[..., 0]:
        rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
        assert (len(rows), len(columns)) == (56, 56)
        assert {rows[0], columns[0]} <= {0, 8}
    assert len({image.tobytes() for image in moved}) == 4


def test_a_crop_enlarges_the_middle():
    images = np.zeros((1, 80, 80, 1), np.uint8)
    images[:, 4:76, 4:76] = 255
    assert duplicate(images)["cropped"].min() > 0


def test_a_turn_by_three_degrees_moves_what_is_far_from_the_middle():
    images = np.zeros((8, 128, 128, 1), np.uint8)
    images[:, 62:66, 118:122] = 255
    rows = [np.argwhere(image > 100)[:, 0].mean() for image in duplicate(images)["rotated"][..., 0]]
    # 56 pixels from the middle: 56 sin(3 degrees) = 2.9.
    np.testing.assert_allclose(np.abs(np.array(rows) - 63.5), 2.9, atol=0.4)
    assert len({row > 63.5 for row in rows}) == 2


def test_a_blend_is_the_mean_of_two_images():
    images = np.stack([np.full((32, 32, 1), value, np.uint8) for value in (0, 100, 200)])
    assert duplicate(images)["blended"][:, 0, 0, 0].tolist() == [100, 50, 150]
