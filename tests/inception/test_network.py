import jax
import numpy as np
import pytest

from dcgan_jax.inception.features import FeatureExtractor
from dcgan_jax.inception.network import DIMS, InceptionV3, resize_bilinear
from dcgan_jax.inception.weights import convert_weights, expected_shapes
from tests.inception.inception_reference import compute_reference, create_state


@pytest.fixture(scope="module")
def state():
    return create_state(expected_shapes())


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).integers(0, 256, (2, 299, 299, 3), np.uint8)


@pytest.fixture(scope="module")
def extractor(state, form):
    # Shared, because compiling the network takes longer than all the rest.
    return FeatureExtractor(_nest(convert_weights(state, "random")), DIMS, batch_size=2, convolutions=form)


def _nest(arrays):
    params = {}
    for path, array in arrays.items():
        node = params
        *parents, leaf = path.split("/")
        for parent in parents:
            node = node.setdefault(parent, {})
        node[leaf] = array
    return params


def test_equals_a_second_implementation_with_batch_normalization(state, images, extractor):
    inputs = 2 * (images.astype(np.float32) / 255) - 1
    found = extractor.compute([inputs], 2, "test")
    expected = compute_reference(state, inputs)
    for dims in DIMS:
        error = np.linalg.norm(found[dims] - expected[dims], axis=1) / np.linalg.norm(expected[dims], axis=1)
        assert error.max() < 1e-5, dims


def test_gray_is_three_equal_channels(images, extractor):
    gray = images[:, :128, :128, :1].astype(np.float32) / 127.5 - 1
    gray = np.asarray(resize_bilinear(gray))
    one, three = (extractor.compute([x], 2, "test")[768] for x in (gray, np.repeat(gray, 3, -1)))
    np.testing.assert_allclose(one, three, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(("dims", "layers"), [((64,), 3), ((64, 192), 5), ((768,), 13)])
def test_stops_at_the_deepest_dims_asked_for(dims, layers):
    images = jax.ShapeDtypeStruct((1, 40, 50, 1), np.uint8)
    features, variables = jax.eval_shape(InceptionV3(dims).init_with_output, jax.random.key(0), images)
    assert {d: f.shape for d, f in features.items()} == {d: (1, d) for d in dims}
    assert len(variables["params"]) == layers


@pytest.mark.parametrize("size", [(64, 64), (128, 90), (299, 299), (400, 613)])
def test_bilinear_resize_has_half_pixel_centers_and_no_antialiasing(size):
    x = np.random.default_rng(0).random((2, *size, 1)).astype(np.float32)
    expected = jax.image.resize(x, (2, 299, 299, 1), "bilinear", antialias=False)
    np.testing.assert_allclose(resize_bilinear(x), expected, atol=1e-4)
    assert resize_bilinear(x).dtype == np.float32


def test_bilinear_resize_leaves_the_networks_own_size_alone():
    x = np.random.default_rng(0).random((1, 299, 299, 3)).astype(np.float32)
    np.testing.assert_array_equal(resize_bilinear(x), x)
