import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dcgan_jax.data.resize import resize


def test_nearest_takes_one_source_pixel_each():
    pixels = np.arange(16, dtype=np.uint8).reshape(4, 4)
    np.testing.assert_array_equal(resize(pixels, 2, "nearest", "ignore"), [[5, 7], [13, 15]])


def test_antialias_averages_what_nearest_would_miss():
    stripes = np.tile(np.array([0, 0, 0, 240], np.uint8), (64, 16))
    assert resize(stripes, 16, "nearest", "ignore").max() == 0
    np.testing.assert_allclose(resize(stripes, 16, "antialias", "ignore")[:, 2:-2], 60, atol=6)


@pytest.mark.parametrize("method", ["antialias", "nearest"])
def test_a_square_of_the_right_size_is_left_alone(method):
    pixels = np.arange(64, dtype=np.uint8).reshape(8, 8)
    for aspect in ("ignore", "pad"):
        np.testing.assert_array_equal(resize(pixels, 8, method, aspect), pixels)


def test_pad_keeps_the_shape_between_black_borders():
    wide = np.full((2, 4), 200, np.uint8)
    np.testing.assert_array_equal(resize(wide, 4, "nearest", "pad")[:, 0], [0, 200, 200, 0])
    assert (resize(wide, 4, "nearest", "ignore") == 200).all()


@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.sampled_from(["antialias", "nearest"]),
    st.sampled_from(["ignore", "pad"]),
)
def test_any_shape_becomes_the_square(height, width, method, aspect):
    pixels = np.full((height, width), 255, np.uint8)
    square = resize(pixels, 16, method, aspect)
    assert square.shape == (16, 16)
    assert square.dtype == np.uint8
    assert square.max() == 255


@pytest.mark.parametrize("method", ["antialias", "nearest"])
@pytest.mark.parametrize("shape", [(1000, 300), (40, 700), (64, 64), (3, 5)])
def test_deep_values_are_resized_as_pillow_does_all_at_once(method, shape):
    values = np.random.default_rng(0).integers(0, 65536, shape, np.uint16)
    filters = {"antialias": Image.Resampling.BICUBIC, "nearest": Image.Resampling.NEAREST}
    expected = Image.fromarray(values.astype(np.float32)).resize((64, 64), filters[method])
    np.testing.assert_allclose(resize(values, 64, method, "ignore"), expected, rtol=1e-6)


def test_the_borders_of_padded_deep_values_are_no_values():
    padded = resize(np.full((10, 20), 7, np.int16), 20, "antialias", "pad")
    assert np.isnan(padded[:5]).all()
    assert np.isnan(padded[15:]).all()
    np.testing.assert_allclose(padded[5:15], 7)
