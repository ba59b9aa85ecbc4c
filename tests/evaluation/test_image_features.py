"""The score from Python: arrays in the forms that people have, folders, and one sentence for the rest."""

import doctest

import numpy as np
import pytest
from PIL import Image

import dcgan_jax
from dcgan_jax.evaluation import image_features
from tests.inception.fake_inception import FakeExtractor
from tests.refusals import refused


@pytest.fixture
def fake(monkeypatch):
    monkeypatch.setattr(image_features, "_create_extractor", lambda weights, dims: FakeExtractor(None, (dims,)))


GRAY = np.random.default_rng(0).integers(0, 256, (5, 64, 64), np.uint8)


def test_gray_one_channel_and_three_equal_ones_have_the_same_features(fake):
    expected = dcgan_jax.extract_features(GRAY, dims=64)
    assert expected.shape == (5, 64)
    for images in (GRAY[..., None], np.repeat(GRAY[..., None], 3, axis=-1)):
        np.testing.assert_allclose(dcgan_jax.extract_features(images, dims=64), expected, rtol=1e-4)


def test_a_folder_has_the_features_of_its_images(tmp_path, weights_file):
    for index, image in enumerate(GRAY):
        Image.fromarray(image).save(tmp_path / f"{index}.png")
    features = [
        dcgan_jax.extract_features(images, dims=64, weights=str(weights_file))
        for images in (GRAY, tmp_path, str(tmp_path))
    ]
    np.testing.assert_allclose(features[1], features[0], rtol=1e-3, atol=1e-4)
    np.testing.assert_array_equal(features[1], features[2])
    assert dcgan_jax.compute_fid(GRAY, tmp_path, dims=64, weights=str(weights_file)) < 1e-4


@pytest.mark.parametrize("images", [GRAY / 255, GRAY[0], GRAY[..., None].repeat(2, -1), GRAY[None, ..., None]])
def test_other_arrays_are_answered_with_the_forms_that_are_taken(fake, images):
    with refused("uint8 [image, height, width]", field="images"):
        dcgan_jax.extract_features(images)


def test_the_examples_in_the_documentation_hold(fake):
    outcome = doctest.testmod(image_features)
    assert (outcome.attempted > 0, outcome.failed) == (True, 0)
