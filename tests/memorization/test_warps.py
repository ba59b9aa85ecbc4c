import numpy as np
import scipy.ndimage

from dcgan_jax.memorization.warps import CELLS, NUM_TURNS, create_operators, reduce_images, shift


def draw_images(count, size):
    return np.random.default_rng(0).integers(0, 256, (count, size, size), np.uint8)


def test_cells_are_means_of_pixels():
    images = draw_images(3, 64)
    np.testing.assert_allclose(reduce_images(images), images.reshape(3, 32, 2, 32, 2).mean(axis=(2, 4)))


def test_the_changes_are_those_that_scipy_makes():
    (image,) = draw_images(1, 64)
    rotation = np.deg2rad(-3.0)
    # The first change: scale 0.9 and -3 degrees; scipy maps places of the output to those of the input, too.
    matrix = np.array([[np.cos(rotation), -np.sin(rotation)], [np.sin(rotation), np.cos(rotation)]]) / 0.9
    center = np.array([31.5, 31.5])
    turned = scipy.ndimage.affine_transform(
        image.astype(float), matrix, center - matrix @ center, order=1, mode="nearest"
    )
    expected = turned.reshape(32, 2, 32, 2).mean(axis=(1, 3))
    operators = create_operators(64, 64)
    np.testing.assert_allclose(reduce_images(image[None], operators[1])[0], expected, atol=1e-9)


def test_half_a_cell_is_a_pixel_of_64():
    images = draw_images(2, 64)
    halves = create_operators(64, 64)[NUM_TURNS:]
    assert len(halves) == 3
    np.testing.assert_allclose(reduce_images(images, halves[0]), reduce_images(shift(images, 0.0, -1 / 64)))


def test_every_change_keeps_the_mean_of_a_flat_image():
    flat = np.full((1, 32, 64), 77, np.uint8)
    for operator in create_operators(32, 64):
        np.testing.assert_allclose(reduce_images(flat, operator), np.full((1, CELLS, CELLS), 77.0))


def test_a_shift_repeats_the_border():
    image = np.array([[[[1], [2]], [[3], [4]]]], np.uint8)
    assert shift(image, 0.5, 0.0)[0, ..., 0].tolist() == [[1, 2], [1, 2]]
    assert shift(image, 0.0, -0.5)[0, ..., 0].tolist() == [[2, 2], [4, 4]]
