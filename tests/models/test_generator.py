"""The generator is the paper's: layer by layer the same number of parameters, images in [-1, 1]."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dcgan_jax.models.generator import Generator
from dcgan_jax.training.state import count_parameters


def parameters(generator, latent_size=100):
    return jax.eval_shape(lambda: generator.init(jax.random.key(0), jnp.zeros((1, latent_size))))["params"]


@pytest.mark.parametrize(("channels", "expected"), [(1, 17_762_817), (3, 17_766_019)])
def test_full_width_has_the_papers_number_of_parameters(channels, expected):
    assert count_parameters(parameters(Generator(128, channels, 64))) == expected


@pytest.mark.parametrize("size", [64, 128, 256])
@pytest.mark.parametrize(("upsample", "kernel"), [("transposed", 4), ("resize", 5), ("resize_3x3", 3)])
def test_four_stages_from_a_sixteenth_of_any_image_size(size, upsample, kernel):
    generator = Generator(size, 1, 2, upsample)
    params = parameters(generator)
    assert params["project"]["kernel"].shape == (100, (size // 16) ** 2 * 32)
    assert params["stage_3"]["kernel"].shape[:2] == (kernel, kernel)
    images = jax.eval_shape(lambda p: generator.apply({"params": p}, jnp.zeros((3, 100))), params)
    assert images.shape == (3, size, size, 1)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_images_and_parameters_are_float32_and_in_range(dtype):
    generator = Generator(64, 1, 2, dtype=jnp.dtype(dtype))
    latents = 10 * jax.random.normal(jax.random.key(1), (2, 8))
    params = generator.init(jax.random.key(0), latents)["params"]
    images = generator.apply({"params": params}, latents)
    assert images.dtype == jnp.float32
    assert {leaf.dtype for leaf in jax.tree.leaves(params)} == {jnp.dtype("float32")}
    assert float(jnp.abs(images).max()) <= 1.0
    assert float(jnp.std(images)) > 0


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_class_is_one_hot_beside_the_latent(dtype):
    """An image of class 1 is that of a plain generator whose latent goes on with 0, 1, 0."""
    generator = Generator(64, 1, 2, dtype=jnp.dtype(dtype), num_classes=3)
    latents = jax.random.normal(jax.random.key(1), (2, 8))
    params = generator.init(jax.random.key(0), latents, jnp.array([0, 1]))["params"]
    assert params["project"]["kernel"].shape[0] == 8 + 3
    images = generator.apply({"params": params}, latents, jnp.array([1, 2]))
    plain = Generator(64, 1, 2, dtype=jnp.dtype(dtype))
    longer = jnp.concatenate([latents, jnp.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])], axis=-1)
    np.testing.assert_array_equal(images, plain.apply({"params": params}, longer))


def test_initial_weights_are_keras_defaults():
    params = Generator(64, 1, 4).init(jax.random.key(0), jnp.zeros((1, 100)))["params"]
    kernel = np.asarray(params["stage_0"]["kernel"])  # [4, 4, 32, 64]
    limit = np.sqrt(6 / (16 * 32 + 16 * 64))  # glorot-uniform: sqrt(6 / (fan_in + fan_out))
    assert np.abs(kernel).max() <= limit
    assert np.abs(kernel).max() > 0.99 * limit
    assert not np.any(params["stage_0"]["bias"])


@pytest.fixture(params=["pixel_norm", "image_skips", "excitation"])
def part(request):
    return request.param


def test_each_part_that_is_off_leaves_the_papers_generator(part):
    latents = jax.random.normal(jax.random.key(1), (2, 8))
    plain, other = Generator(64, 1, 2), Generator(64, 1, 2, **{part: True})
    params = other.init(jax.random.key(0), latents)["params"]
    kept = {name: layer for name, layer in params.items() if not name.startswith(("image_", "excite_"))}
    assert jax.tree.structure(kept) == jax.tree.structure(plain.init(jax.random.key(0), latents)["params"])
    images = other.apply({"params": params}, latents)
    assert images.shape == (2, 64, 64, 1)
    assert not np.allclose(images, plain.apply({"params": kept}, latents))
    np.testing.assert_allclose(other.apply({"params": params}, latents[:1]), images[:1], atol=1e-4)  # each by itself


def test_pixel_norm_brings_each_pixels_features_to_a_mean_square_of_one():
    generator = Generator(64, 1, 2, pixel_norm=True)
    x = jnp.array([3.0, 4.0, -5.0, 0.0]).reshape(1, 1, 1, 4)  # leaky: 3, 4, -1, 0, of mean square 26 / 4
    expected = np.array([3.0, 4.0, -1.0, 0.0]) / np.sqrt(6.5)
    np.testing.assert_allclose(generator._activate(x)[0, 0, 0], expected, rtol=1e-6)


def test_images_of_the_stages_are_added_before_tanh():
    """With the last convolution at zero, a first image of 0.5 everywhere is all that is left."""
    generator = Generator(64, 1, 2, image_skips=True)
    params = jax.tree.map(jnp.zeros_like, generator.init(jax.random.key(0), jnp.zeros((1, 8)))["params"])
    params["image_0"]["bias"] = jnp.array([0.5])
    np.testing.assert_allclose(generator.apply({"params": params}, jnp.ones((1, 8))), np.tanh(0.5), rtol=1e-6)


def test_a_generator_with_residual_blocks_begins_as_it_is_without():
    latents = jax.random.normal(jax.random.key(1), (2, 8))
    plain, other = Generator(64, 1, 2), Generator(64, 1, 2, blocks=2)
    params, more = (generator.init(jax.random.key(0), latents) for generator in (plain, other))
    assert set(more["params"]) - set(params["params"]) == {f"block_{stage}_{n}" for stage in range(4) for n in range(2)}
    np.testing.assert_array_equal(other.apply(more, latents), plain.apply(params, latents))


def test_excitation_that_says_nothing_weighs_with_one():
    generator = Generator(64, 1, 2, excitation=True)
    params = generator.init(jax.random.key(0), jnp.zeros((1, 8)))["params"]
    silent = {
        name: jax.tree.map(jnp.zeros_like, layer) if name.startswith("excite") else layer
        for name, layer in params.items()
    }
    plain = {name: layer for name, layer in params.items() if not name.startswith("excite")}
    latents = jax.random.normal(jax.random.key(1), (2, 8))
    images = Generator(64, 1, 2).apply({"params": plain}, latents)
    np.testing.assert_allclose(generator.apply({"params": silent}, latents), images, atol=1e-6)
