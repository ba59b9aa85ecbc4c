import jax
import numpy as np
import pytest
from PIL import Image

from dcgan_jax.errors import UserError
from dcgan_jax.evaluation import folder as folder_module
from dcgan_jax.evaluation.folder import (
    compute_fingerprint,
    compute_folder_features,
    compute_folder_features_cached,
    features_path,
)
from dcgan_jax.inception.features import FeatureExtractor, map_ahead, prepare_images
from dcgan_jax.inception.preprocess import Preprocess
from dcgan_jax.inception.weights import load_inception_weights
from dcgan_jax.storage.cache import CACHE_VARIABLE


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


def test_gray_and_colour_may_be_mixed(extractor, images):
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
    with pytest.raises(UserError, match="test: there are no images"):
        compute(extractor, [])


def test_features_that_are_not_finite_are_refused(extractor):
    with pytest.raises(UserError, match="not finite"):
        extractor.compute([np.full((1, 299, 299, 1), np.nan, np.float32)], 1, "test")


@pytest.mark.parametrize("dims", [(), (100,), (64, 65)])
def test_unknown_dims_are_refused(params, dims):
    with pytest.raises(UserError, match=r"choose among 64, 192, 768, 2048"):
        FeatureExtractor(params, dims)


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    (tmp_path / "real/deep/er").mkdir(parents=True)
    Image.fromarray(rng.integers(0, 256, (40, 50), np.uint8)).save(tmp_path / "real/b.png")
    Image.fromarray(rng.integers(0, 256, (64, 32, 3), np.uint8)).save(tmp_path / "real/deep/c.bmp")
    Image.fromarray(rng.integers(0, 65536, (30, 30), np.uint16)).save(tmp_path / "real/deep/er/a.tiff")
    (tmp_path / "real/notes.txt").write_text("not an image")
    return tmp_path / "real"


def test_a_folder_is_read_at_every_depth_size_and_format(extractor, folder):
    found = compute_folder_features(folder, extractor, Preprocess())[64]
    assert found.shape == (3, 64)
    colour = np.asarray(Image.open(folder / "deep/c.bmp"))
    np.testing.assert_allclose(found[1:2], compute(extractor, [colour[None]]), rtol=1e-4, atol=1e-5)


def test_features_are_cached_under_all_that_shapes_them(extractor, folder, tmp_path, monkeypatch):
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    arguments = folder, extractor, Preprocess(), "hash"
    first = compute_folder_features_cached(*arguments)[64]
    monkeypatch.setattr(folder_module, "compute_folder_features", lambda *_: pytest.fail("not cached"))
    np.testing.assert_array_equal(compute_folder_features_cached(*arguments)[64], first)
    monkeypatch.undo()
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    (folder / "b.png").write_bytes((folder / "deep/c.bmp").read_bytes())
    assert not np.array_equal(compute_folder_features_cached(*arguments)[64], first)


def test_every_part_of_the_protocol_is_in_the_key():
    keys = {
        features_path(images, sha256, dims, preprocess)
        for images in ("a", "b")
        for sha256 in ("c", "d")
        for dims in ((64,), (64, 768))
        for preprocess in (Preprocess(), Preprocess("pillow"), Preprocess("pillow", "nearest"), Preprocess("clean"))
    }
    assert len(keys) == 32


def test_the_fingerprint_is_of_contents_in_their_order(tmp_path):
    one, two = tmp_path / "1", tmp_path / "2"
    one.write_bytes(b"ab")
    two.write_bytes(b"c")
    before = compute_fingerprint([one, two])
    assert compute_fingerprint([two, one]) != before
    two.rename(tmp_path / "3")
    assert compute_fingerprint([one, tmp_path / "3"]) == before
    one.write_bytes(b"a")
    (tmp_path / "3").write_bytes(b"bc")
    assert compute_fingerprint([one, tmp_path / "3"]) != before


def test_folders_without_images_are_refused(extractor, tmp_path):
    with pytest.raises(UserError, match="no image files"):
        compute_folder_features(tmp_path, extractor, Preprocess())
    with pytest.raises(UserError, match="is not a folder"):
        compute_folder_features(tmp_path / "nowhere", extractor, Preprocess())
    (tmp_path / "broken.png").write_bytes(b"no image")
    with pytest.raises(UserError, match=r"broken\.png"):
        compute_folder_features(tmp_path, extractor, Preprocess())
