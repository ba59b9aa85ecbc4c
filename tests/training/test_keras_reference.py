"""One iteration agrees with the paper's loop in Keras, from the same weights, images and latents."""

from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from benchmarks.keras_dcgan import KerasDcgan, get_moments, get_params, set_params
from dcgan_jax.data.pipeline import LabeledImages
from dcgan_jax.random_streams import draw_latents, example_keys, stream_key
from dcgan_jax.runtime.devices import create_mesh, replicated
from dcgan_jax.training.state import create_recipe, create_state
from dcgan_jax.training.step import METRICS, create_multi_step

KEY = jax.random.key(0)
BATCH, SIDE, CHANNELS = 8, 64, 3
LOSSES = METRICS[:3]
NETWORKS = ("generator", "discriminator")


def adam_with_keras_epsilon(learning_rate, beta1, beta2, epsilon):
    """optax.adam, but epsilon is added before the bias correction: it acts as epsilon / sqrt(1 - beta2 ** count)."""
    moments = optax.scale_by_adam(beta1, beta2)

    def update(gradients, state, params=None):
        _, state = moments.update(gradients, state)
        unbiased1, unbiased2 = 1 - beta1**state.count, 1 - beta2**state.count

        def step(mu, nu):
            return -learning_rate * (mu / unbiased1) / (jnp.sqrt(nu / unbiased2) + epsilon / jnp.sqrt(unbiased2))

        return jax.tree.map(step, state.mu, state.nu), state

    return optax.GradientTransformation(moments.init, update)


@pytest.fixture(scope="module")
def settings(tiny_settings):
    return tiny_settings.with_overrides(
        {"model.channels": CHANNELS, "model.base_channels": 2, "train.batch_size": BATCH, "data.image_size": SIDE}
    )


@pytest.fixture(scope="module")
def recipe(settings):
    constants = settings.optimizer
    rates = constants.generator_learning_rate, constants.discriminator_learning_rate
    adams = [adam_with_keras_epsilon(rate, constants.beta1, constants.beta2, constants.epsilon) for rate in rates]
    recipe = create_recipe(settings)
    return replace(
        recipe,
        discriminator=recipe.discriminator.clone(dropout=0.0),
        generator_optimizer=adams[0],
        discriminator_optimizer=adams[1],
    )


@pytest.fixture(scope="module")
def start(recipe):
    """A state whose biases are not zero, so that they are compared as well."""
    state = jax.jit(partial(create_state, recipe))(KEY)
    generator = np.random.default_rng(1)

    def with_biases(params):
        return jax.tree.map(
            lambda leaf: leaf + 0.1 * generator.standard_normal(leaf.shape).astype(np.float32) * (leaf.ndim == 1),
            params,
        )

    return state.replace(generator=with_biases(state.generator), discriminator=with_biases(state.discriminator))


@pytest.fixture(scope="module")
def real():
    return np.random.default_rng(0).uniform(-1, 1, (BATCH // 2, SIDE, SIDE, CHANNELS)).astype(np.float32)


@pytest.fixture(scope="module")
def ours(recipe, start, real):
    mesh = create_mesh(1)
    multi_step = create_multi_step(recipe, mesh, lambda dataset, batch: LabeledImages(batch))
    copy = jax.device_put(jax.tree.map(jnp.copy, start), replicated(mesh))  # what goes in is donated
    state, metrics = multi_step(copy, KEY, (), real[None])
    return jax.device_get(state), {name: float(value[0]) for name, value in metrics.items()}


@pytest.fixture(scope="module")
def keras_run(settings, start, real):
    reference = KerasDcgan(settings, dropout=0.0, jit_compile=False)  # without XLA: nothing in common with ours
    set_params(reference.generator, start.generator)
    set_params(reference.discriminator, start.discriminator)
    latents, fresh_latents = (
        np.asarray(
            draw_latents(example_keys(stream_key(KEY, stream, 0), jnp.arange(count)), settings.model.latent_size)
        )
        for stream, count in (("latents_discriminator", BATCH // 2), ("latents_generator", BATCH))
    )
    return reference, dict(zip(LOSSES, reference.iterate(real, latents, fresh_latents), strict=True))


def optimizer_of(reference, network):
    return {"generator": reference.combined, "discriminator": reference.discriminator}[network].optimizer


def assert_trees_agree(found, expected, tolerance):
    """Every leaf agrees to `tolerance`, relative to its norm."""
    assert jax.tree.structure(found) == jax.tree.structure(expected)
    for (path, one), other in zip(jax.tree_util.tree_leaves_with_path(found), jax.tree.leaves(expected), strict=True):
        norm = np.linalg.norm(other)
        assert norm > 0, path
        assert np.linalg.norm(one - other) < tolerance * norm, (path, np.linalg.norm(one - other) / norm)


@pytest.mark.parametrize("name", LOSSES)
def test_losses_agree(ours, keras_run, name):
    assert ours[1][name] == pytest.approx(keras_run[1][name], rel=1e-4)


@pytest.mark.parametrize("network", NETWORKS)
def test_gradients_agree(ours, keras_run, network):
    # Adam's moments hold the gradients: the generator's one; of the discriminator's two a weighted sum and, in the
    # second moment, a weighted sum of squares.
    found = getattr(ours[0], f"{network}_optimizer")
    model = getattr(keras_run[0], network)
    first, second = get_moments(model, optimizer_of(keras_run[0], network))
    assert_trees_agree(found.mu, first, 1e-4)
    assert_trees_agree(found.nu, second, 1e-4)


@pytest.mark.parametrize("network", NETWORKS)
def test_updates_agree(ours, keras_run, start, network):
    before = getattr(start, network)
    found, expected = (
        jax.tree.map(
            lambda after, before: np.asarray(after, np.float64) - np.asarray(before, np.float64), after, before
        )
        for after in (getattr(ours[0], network), get_params(getattr(keras_run[0], network)))
    )
    assert_trees_agree(found, expected, 1e-3)


@pytest.mark.parametrize("network", NETWORKS)
def test_parameter_counts_agree(start, keras_run, network):
    ours = sum(leaf.size for leaf in jax.tree.leaves(getattr(start, network)))
    assert ours == sum(int(np.prod(weight.shape)) for weight in getattr(keras_run[0], network).get_weights())


def test_our_adam_is_keras_adam_with_another_epsilon(settings):
    """At the first update, Keras' epsilon acts as epsilon / sqrt(1 - beta2) does in optax."""
    constants = settings.optimizer
    gradients = jnp.logspace(-9, 0, 10)
    theirs = adam_with_keras_epsilon(1.0, constants.beta1, constants.beta2, constants.epsilon)
    same = optax.adam(1.0, constants.beta1, constants.beta2, constants.epsilon / (1 - constants.beta2) ** 0.5)
    expected, found = (adam.update(gradients, adam.init(gradients))[0] for adam in (theirs, same))
    np.testing.assert_allclose(found, expected, rtol=1e-5)
