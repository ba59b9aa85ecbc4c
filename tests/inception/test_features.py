import jax
import numpy as np
import pytest

from dcgan_jax.inception.features import FeatureExtractor, map_ahead, prepare_images
from dcgan_jax.inception.preprocess import Preprocess
from dcgan_jax.inception.weights import load_inception_weights
from tests.refusals import refused


@pytest.fixture(scope="module")
def params(weights_file):
    return load_inception_weights(str(weights_file)).params


@pytest.fixture(scope="module")
def extractor(params):
    return FeatureExtractor(params, (64,), batch_size=4)


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).integers(0, 256, (7, 40, 50, 1), np.uint8)


def compute(extractor, images, name="pytorch_fid"):
    return extractor.compute(prepare_images(images, Preprocess(name)), 7, "test")[64]


def test_neither_batches_nor_their_borders_change_a_feature(params, extractor, images):
    expected = compute(extractor, [images])
    assert expected.shape == (7, 64)
    assert expected.dtype == np.float32
    for parts in ([images[:1], images[1:6], images[6:]], [image[None] for image in images]):
        np.testing.assert_allclose(compute(extractor, parts), expected, rtol=1e-5)
    other = FeatureExtractor(params, (64,), batch_size=3)
    np.testing.assert_allclose(compute(other, [images]), expected, rtol=1e-5)


def test_the_last_partial_batch_counts_and_is_not_traced_again(extractor, images):
    compute(extractor, [images[:4]])
    with jax.log_compiles(), jax.checking_leaks():
        before = extractor._apply._cache_size()
        found = compute(extractor, [images])
        assert extractor._apply._cache_size() == before
    np.testing.assert_allclose(found[6:], compute(extractor, [images[6:]]), rtol=1e-5)


def test_device_and_host_resize_alike(extractor, images):
    host = extractor.compute((Preprocess()(image)[None] for image in images), 7, "test")[64]
    np.testing.assert_allclose(compute(extractor, [images]), host, rtol=1e-4, atol=1e-5)


def test_gray_and_color_may_be_mixed(extractor, images):
    mixed = [image if i % 2 else np.repeat(image, 3, axis=-1) for i, image in enumerate(images)]
    found = compute(extractor, [image[None] for image in mixed])
    np.testing.assert_allclose(found, compute(extractor, [images]), rtol=1e-4, atol=1e-5)


def test_preprocessing_is_applied(extractor, images):
    plain, pillow = (compute(extractor, [images], name) for name in ("pytorch_fid", "pillow"))
    expected = extractor.compute([np.stack([Preprocess("pillow")(image) for image in images])], 7, "test")[64]
    np.testing.assert_allclose(pillow, expected, rtol=1e-5)
    assert not np.allclose(plain, pillow, rtol=1e-3)


def test_images_are_taken_as_they_are_needed(extractor, images):
    taken = []

    def stream():
        for i in range(100):
            taken.append(i)
            yield images[:1]

    iterator = map_ahead(lambda image: image, stream())
    next(iterator)
    assert len(taken) < 20
    iterator.close()


def test_nothing_is_an_error(extractor):
    with refused("test", "no images"):
        compute(extractor, [])


def test_features_that_are_not_finite_are_refused(extractor):
    with refused("test", "finite"):
        extractor.compute([np.full((1, 299, 299, 1), np.nan, np.float32)], 1, "test")


@pytest.mark.parametrize("dims", [(), (100,), (64, 65)])
def test_unknown_dims_are_refused(params, dims):
    with refused("64, 192, 768, 2048", field="dims", value=",".join(map(str, dims))):
        FeatureExtractor(params, dims)
