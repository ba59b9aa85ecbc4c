import numpy as np
import pytest

from dcgan_jax.data.phantom import draw_phantom
from dcgan_jax.study.pixels import frame_width, is_blank, normalize


def images():
    rng = np.random.default_rng(0)
    phantom = draw_phantom(64, 0, 0, "NORMAL")
    yield "whole range", phantom
    yield "narrow range", (phantom * 0.3 + 70).astype(np.uint8)
    yield "eight levels", (phantom // 32 * 32).astype(np.uint8)
    yield "noise", rng.integers(0, 256, (64, 64), dtype=np.uint8)


@pytest.mark.parametrize(("name", "image"), list(images()))
def test_all_images_have_all_levels_and_the_same_frame(name, image):
    seen = normalize(image, np.random.default_rng(1))
    assert seen.shape == image.shape
    assert len(np.unique(seen)) == 256
    assert not np.concatenate([seen[0], seen[-1], seen[:, 0], seen[:, -1]]).any()


def test_the_picture_stays():
    image = draw_phantom(128, 0, 1, "PNEUMONIA")
    frame = frame_width(128)
    inner = np.s_[frame:-frame, frame:-frame]
    seen = normalize(image, np.random.default_rng(1))[inner].astype(float)
    own = image[inner].astype(float)
    stretched = (own - own.min()) * 255 / (own.max() - own.min())
    difference = np.abs(seen - stretched)
    assert np.quantile(difference, 0.99) <= 1.5
    assert np.corrcoef(seen.ravel(), own.ravel())[0, 1] > 0.999


def test_a_blank_image_stays_blank():
    blank = np.full((64, 64), 120, np.uint8)
    assert is_blank(blank)
    seen = normalize(blank, np.random.default_rng(1))[1:-1, 1:-1]
    assert abs(seen.astype(int) - 120).max() <= 1
