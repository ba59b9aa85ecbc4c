"""Image i of a seed is the same in any batch and on any number of devices; uint8 comes from one formula."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dcgan_jax.data.pipeline import to_float
from dcgan_jax.models.generator import Generator
from dcgan_jax.random_streams import draw_latents, example_keys, stream_key
from dcgan_jax.runtime.devices import create_mesh
from dcgan_jax.sampling import Sampler, to_uint8

GENERATOR = Generator(64, 1, 1)


@pytest.fixture(scope="module")
def params():
    return GENERATOR.init(jax.random.key(0), jnp.zeros((1, 8)))["params"]


def sampler(num_devices=1, batch_size=4):
    return Sampler(GENERATOR, 8, create_mesh(num_devices), batch_size)


def test_uint8_survives_the_way_to_float_and_back():
    values = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(to_uint8(to_float(jnp.asarray(values))), values)


def test_rounding_and_range():
    images = jnp.array([-2.0, -1.0, 0.0, 0.99, 1.0, 2.0])
    np.testing.assert_array_equal(to_uint8(images), [0, 0, 128, 254, 255, 255])


@pytest.mark.parametrize(("num_devices", "batch_size"), [(1, 7), (2, 4), (4, 3)])
def test_images_do_not_depend_on_batches_or_devices(params, num_devices, batch_size):
    expected = sampler().sample(params, 5, "generate", 10).astype(int)
    images = sampler(num_devices, batch_size).sample(params, 5, "generate", 10)
    assert images.dtype == np.uint8
    assert images.shape == (10, 64, 64, 1)
    assert np.abs(images.astype(int) - expected).max() <= 1  # a tie may round either way


def test_each_class_has_images_of_its_own():
    generator = Generator(64, 1, 1, num_classes=2)
    latents = draw_latents(example_keys(stream_key(jax.random.key(5), "generate"), jnp.arange(3)), 8)
    params = generator.init(jax.random.key(0), latents, jnp.zeros(3, int))["params"]
    drawn = Sampler(generator, 8, create_mesh(2), batch_size=2)
    for label in range(2):
        expected = to_uint8(generator.apply({"params": params}, latents, jnp.full(3, label))).astype(int)
        images = drawn.sample(params, 5, "generate", 3, label)
        assert np.abs(images.astype(int) - expected).max() <= 1  # a tie may round either way
    assert not np.array_equal(images, drawn.sample(params, 5, "generate", 3, 0))


def test_seeds_and_streams_differ(params):
    images = [sampler().sample(params, *which, 2) for which in ((5, "generate"), (6, "generate"), (5, "samples"))]
    assert not np.array_equal(images[0], images[1])
    assert not np.array_equal(images[0], images[2])
