"""bfloat16 is a way to compute, not to keep: state and losses stay float32, and follow the float32 run's."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dcgan_jax.data.pipeline import LabeledImages
from dcgan_jax.models import discriminator, generator
from dcgan_jax.random_streams import draw_keep_mask, draw_latents, example_keys, stream_key
from dcgan_jax.runtime.devices import create_mesh, replicated, split
from dcgan_jax.training.losses import real_loss
from dcgan_jax.training.state import create_recipe, create_state
from dcgan_jax.training.step import METRICS, create_multi_step

KEY = jax.random.key(0)
STEPS, BATCH = 8, 16


@pytest.fixture(scope="module")
def recipes(tiny_settings):
    return {
        dtype: create_recipe(tiny_settings.with_overrides({"model.dtype": dtype, "train.batch_size": BATCH}))
        for dtype in ("float32", "bfloat16")
    }


@pytest.fixture(scope="module")
def runs(recipes):
    """The state and the metrics of the same few iterations in both types."""
    real = np.random.default_rng(0).uniform(-1, 1, (STEPS, 1, BATCH // 2, 64, 64, 1)).astype(np.float32)
    mesh, outcomes = create_mesh(1), {}
    for dtype, one in recipes.items():
        multi_step = create_multi_step(one, mesh, lambda dataset, batch: LabeledImages(batch))
        state = jax.device_put(jax.jit(partial(create_state, one))(KEY), replicated(mesh))
        rows = []
        for batch in real:
            state, metrics = multi_step(state, KEY, (), jax.device_put(batch, split(mesh, axis=1)))
            rows.append(metrics)
        outcomes[dtype] = state, {name: np.concatenate([row[name] for row in rows]) for name in METRICS}
    return outcomes


def test_every_number_of_the_state_is_kept_in_float32(runs):
    leaves = jax.tree_util.tree_leaves_with_path(runs["bfloat16"][0])
    kept = {jax.tree_util.keystr(path): leaf.dtype for path, leaf in leaves}
    counters = {".step", ".generator_optimizer[0].count", ".discriminator_optimizer[0].count"}
    assert {name for name, dtype in kept.items() if dtype == jnp.int32} == counters
    assert {dtype for name, dtype in kept.items() if name not in counters} == {jnp.dtype("float32")}
    assert {values.dtype for values in runs["bfloat16"][1].values()} == {np.dtype("float32")}


@pytest.mark.parametrize("name", METRICS[:3])
def test_losses_of_a_short_run_stay_close(runs, name):
    found, expected = (runs[dtype][1][name] for dtype in ("bfloat16", "float32"))
    np.testing.assert_allclose(found, expected, rtol=2e-3)
    assert not np.array_equal(found, expected)  # else both would have been computed in one type


def compute_loss_and_gradients(recipe):
    """The generator's loss on one batch, and its gradients in both networks' parameters."""
    state = jax.jit(partial(create_state, recipe))(KEY)
    latents = draw_latents(
        example_keys(stream_key(KEY, "latents"), jnp.arange(BATCH)), recipe.settings.model.latent_size
    )
    keys = example_keys(stream_key(KEY, "dropout"), jnp.arange(BATCH))

    @jax.jit
    @partial(jax.value_and_grad, argnums=(0, 1))
    def loss(of_generator, of_discriminator):
        images = recipe.generator.apply({"params": of_generator}, latents)
        return real_loss(recipe.discriminator.apply({"params": of_discriminator}, images, keys))

    return loss(state.generator, state.discriminator)


def test_without_kinks_gradients_agree_to_rounding(recipes, monkeypatch):
    # A pre-activation that rounding moves over zero changes its slope fivefold, which hides all smaller differences:
    # so the networks are made linear, and what remains is rounding to 8 bits in some twenty layers there and back.
    for module in (generator, discriminator):
        monkeypatch.setattr(module, "LEAK", 1.0)
    (loss, gradients), (expected_loss, expected) = (
        compute_loss_and_gradients(recipes[dtype]) for dtype in ("bfloat16", "float32")
    )
    assert loss == pytest.approx(float(expected_loss), rel=1e-4)
    for (path, found), wanted in zip(
        jax.tree_util.tree_leaves_with_path(gradients), jax.tree.leaves(expected), strict=True
    ):
        assert found.dtype == jnp.float32
        error = float(jnp.linalg.norm(found - wanted) / jnp.linalg.norm(wanted))
        assert error < 0.02, (jax.tree_util.keystr(path), error)


def test_dropout_scales_by_no_rounded_number():
    # All features are 1 and all weights 1/256: the logit is the share of those that stay over 0.6, which bfloat16 has
    # as 0.6016.
    keys, features = example_keys(KEY, jnp.arange(3)), 4 * 4 * 16
    module = discriminator.Discriminator(1, dtype=jnp.bfloat16)
    images = jnp.zeros((3, 64, 64, 1))
    params = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape), jax.eval_shape(module.init, KEY, images)["params"])
    params["stage_3"]["bias"] = jnp.ones(16)
    params["to_logit"]["kernel"] = jnp.full((features, 1), 1 / features)
    logits = jax.jit(module.apply)({"params": params}, images, keys)
    kept = np.asarray(draw_keep_mask(keys, 0.4, features)).sum(axis=1)
    np.testing.assert_allclose(logits, kept / 0.6 / features, rtol=1e-6)
