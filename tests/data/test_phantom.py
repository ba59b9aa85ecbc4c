import numpy as np
import pytest

from dcgan_jax.data.phantom import CLASSES, draw_phantom

SIZE = 64


def mean_of(label, rows, columns, count=16):
    """The mean gray of a part of the picture, in shares of its height and width, over the first images of a class."""
    rows, columns = (slice(int(a * SIZE), int(b * SIZE)) for a, b in (rows, columns))
    return np.mean([draw_phantom(SIZE, 3, index, label)[rows, columns].mean() for index in range(count)])


@pytest.mark.parametrize("size", [64, 128, 256])
def test_an_image_is_gray_and_as_large_as_asked(size):
    image = draw_phantom(size, 0, 0, "NORMAL")
    assert image.shape == (size, size)
    assert image.dtype == np.uint8
    assert image.std() > 25  # neither flat nor washed out


def test_an_image_is_a_function_of_seed_index_and_class():
    image = draw_phantom(SIZE, 1, 2, "NORMAL")
    np.testing.assert_array_equal(draw_phantom(SIZE, 1, 2, "NORMAL"), image)
    for other in ((2, 2, "NORMAL"), (1, 3, "NORMAL"), (1, 2, "PNEUMONIA")):
        assert np.abs(draw_phantom(SIZE, *other).astype(int) - image).mean() > 5


@pytest.mark.parametrize("label", CLASSES)
def test_lungs_are_darker_than_what_surrounds_them(label):
    lung = mean_of(label, (0.35, 0.5), (0.25, 0.35))
    assert lung < mean_of(label, (0.35, 0.5), (0.47, 0.53)) - 40  # the spine
    assert lung < mean_of(label, (0.88, 1.0), (0.3, 0.7)) - 40  # the belly


def test_the_heart_is_on_the_right_of_the_picture():
    left, right = (mean_of("NORMAL", (0.58, 0.66), columns) for columns in ((0.34, 0.42), (0.58, 0.66)))
    assert right > left + 20


def test_pneumonia_is_brighter_in_the_lungs_and_nowhere_else():
    for columns in ((0.22, 0.38), (0.65, 0.78)):
        assert mean_of("PNEUMONIA", (0.4, 0.65), columns) > mean_of("NORMAL", (0.4, 0.65), columns) + 8
    outside = ((0.88, 1.0), (0.3, 0.7))
    assert mean_of("PNEUMONIA", *outside) == pytest.approx(mean_of("NORMAL", *outside), abs=12)
