"""As MIMIC-CXR-JPG was made: scaled by the image's own range, cut off, then OpenCV's equalizeHist (by hand)."""

import numpy as np

from dcgan_jax.data.equalization import equalize


def test_levels_by_hand():
    # 0, 100, 150 and 400 of 0 to 400 are the levels 0, 63, 95 and 255; 1, 2 and 5 of 5 pixels are not the darkest.
    values = np.array([[0, 0, 0], [100, 150, 400], [400, 400, 0]], np.uint16)
    assert equalize(values).tolist() == [[0, 0, 0], [51, 102, 255], [255, 255, 0]]


def test_what_is_equalized_already_stays():
    ramp = np.arange(256).repeat(8).reshape(64, 32)
    np.testing.assert_array_equal(equalize(ramp), ramp)


def test_a_flat_image_is_black():
    assert not equalize(np.full((4, 5), -7.5)).any()
