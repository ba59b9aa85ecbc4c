import numpy as np
import pytest
from PIL import Image

from dcgan_jax.inception.network import resize_bilinear
from dcgan_jax.inception.preprocess import Preprocess
from tests.refusals import refused

NAMES = ("pytorch_fid", "pillow", "clean")


@pytest.fixture
def pixels():
    return np.random.default_rng(0).integers(0, 256, (120, 150, 3), np.uint8)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("channels", [1, 3])
def test_gives_what_the_network_takes(pixels, name, channels):
    prepared = Preprocess(name)(pixels[..., :channels])
    assert prepared.shape == (299, 299, channels)
    assert prepared.dtype == np.float32


@pytest.mark.parametrize("name", NAMES)
def test_a_constant_image_stays_constant(name):
    prepared = Preprocess(name)(np.full((50, 70, 1), 255, np.uint8))
    np.testing.assert_allclose(prepared, 127 / 128 if name == "clean" else 1.0, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_gray_and_the_same_as_color_agree(pixels, name):
    gray = pixels[..., :1]
    color = Preprocess(name)(np.repeat(gray, 3, axis=-1))
    np.testing.assert_array_equal(color, np.repeat(Preprocess(name)(gray), 3, axis=-1))


@pytest.mark.parametrize(("resize_filter", "resample"), [("bicubic", 3), ("nearest", 0)])
def test_pillow_rounds_to_8_bits_before_the_network(pixels, resize_filter, resample):
    image = Image.fromarray(pixels).resize((299, 299), Image.Resampling(resample))
    expected = np.asarray(image, np.float32) / 255 * 2 - 1
    np.testing.assert_allclose(Preprocess("pillow", resize_filter)(pixels), expected, atol=1e-6)


def test_pytorch_fid_resizes_as_the_network_does(pixels):
    expected = resize_bilinear(pixels[None].astype(np.float32) / 255)[0] * 2 - 1
    np.testing.assert_allclose(Preprocess()(pixels), expected, atol=1e-6)


def resize_as_clean_fid(pixels):
    """make_resizer of clean-fid 0.1.35 ("PIL", quantize_after=False), then the scaling of its network."""
    channels = [
        np.asarray(Image.fromarray(pixels[..., i].astype(np.float32)).resize((299, 299), Image.BICUBIC))
        for i in range(pixels.shape[-1])
    ]
    return (np.stack(channels, -1).clip(0, 255) - 128) / 128


def test_clean_is_the_resize_of_clean_fid(pixels):
    np.testing.assert_array_equal(Preprocess("clean")(pixels), resize_as_clean_fid(pixels))


def bicubic_edge(size, position):
    """A row of 0 and, from the middle on, 255, at a position of 299, with Keys' kernel (a = -1/2) by hand."""
    center = (position + 0.5) * size / 299 - 0.5
    total = weighted = 0.0
    for i in range(size):
        t = abs(center - i)
        weight = 1.5 * t**3 - 2.5 * t**2 + 1 if t < 1 else -0.5 * t**3 + 2.5 * t**2 - 4 * t + 2 if t < 2 else 0.0
        total, weighted = total + weight, weighted + weight * (255 if i >= size // 2 else 0)
    return weighted / total


def test_clean_clips_where_bicubic_goes_beyond_but_does_not_round():
    edge = np.zeros((8, 8, 1), np.uint8)
    edge[:, 4:] = 255
    expected = np.array([bicubic_edge(8, position) for position in range(299)])
    assert expected.max() > 270
    assert expected.min() < -15
    prepared = Preprocess("clean")(edge)[150, :, 0] * 128 + 128
    np.testing.assert_allclose(prepared, expected.clip(0, 255), atol=1e-3)
    assert np.abs(prepared - np.rint(prepared)).max() > 0.4


def test_clean_averages_where_it_shrinks():
    stripes = np.zeros((2990, 2990, 1), np.uint8)
    stripes[::3] = 150
    middle = Preprocess("clean")(stripes)[50:250, 50:250] * 128 + 128
    np.testing.assert_allclose(middle, 50, atol=1)
    assert np.ptp(Preprocess("pytorch_fid")(stripes)[50:250, 50:250]) > 0.2


@pytest.mark.parametrize(
    ("arguments", "field", "value"),
    [(("cleaner",), "preprocess", "cleaner"), (("pillow", "box"), "resize_filter", "box")],
)
def test_unknown_names_are_refused(arguments, field, value):
    with refused(field=field, value=value):
        Preprocess(*arguments)


def test_a_filter_that_would_be_ignored_is_refused():
    with refused("preprocess=pillow", field="resize_filter", value="nearest"):
        Preprocess("clean", "nearest")
