from dataclasses import replace

import numpy as np
import pytest

from dcgan_jax.evaluation.featurizer import Featurizer, RealImages
from dcgan_jax.inception.preprocess import Preprocess
from dcgan_jax.inception.weights import InceptionWeights
from dcgan_jax.storage.cache import CACHE_VARIABLE
from tests.inception.fake_inception import FakeExtractor


def draw_real(count=5, seed=0):
    pixels = np.random.default_rng(seed).integers(0, 256, (count, 32, 32, 1), np.uint8)
    return RealImages(pixels, tuple(f"{index}.jpeg" for index in range(count)), tuple("aabbc"[:count]))


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))


def measure(images, dims=(16,), preprocess=None, weights="w"):
    featurizer = Featurizer(InceptionWeights({}, weights, "", None), preprocess or Preprocess())
    extractor = featurizer._extractors[dims] = FakeExtractor(None, dims)
    return featurizer.measure_real(images, dims, "features"), len(extractor.calls)


def test_features_of_the_same_pixels_are_computed_once():
    first, computed = measure(draw_real())
    again, recomputed = measure(draw_real())
    assert (computed, recomputed) == (1, 0)
    np.testing.assert_array_equal(first[16], again[16])


@pytest.mark.parametrize(
    "change",
    [
        {"images": draw_real(seed=1)},
        {"images": replace(draw_real(), pixels=draw_real().pixels[[1, 0, 2, 3, 4]])},
        {"dims": (32,)},
        {"weights": "other"},
        {"preprocess": Preprocess("clean")},
    ],
)
def test_whatever_shapes_features_makes_them_anew(change):
    measure(draw_real())
    _, computed = measure(**{"images": draw_real(), **change})
    assert computed == 1


def test_a_report_at_several_lengths_leaves_each_for_a_run_that_needs_one():
    measure(draw_real(), dims=(16, 32))
    assert measure(draw_real(), dims=(32,))[1] == 0


def test_a_damaged_cache_is_made_again(tmp_path):
    measure(draw_real())
    (file,) = (tmp_path / "features").iterdir()
    file.write_bytes(file.read_bytes()[:50])
    assert measure(draw_real())[1] == 1
