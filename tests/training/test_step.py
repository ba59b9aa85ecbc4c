"""The step is the same run on any number of devices, and however many iterations one call holds."""

from functools import partial

import chex
import jax
import numpy as np
import pytest

from dcgan_jax.data.pipeline import LabeledImages
from dcgan_jax.runtime.devices import create_mesh, replicated, split
from dcgan_jax.training.state import create_recipe, create_state
from dcgan_jax.training.step import METRICS, create_multi_step

KEY = jax.random.key(0)
STEPS, HALF = 4, 8


@pytest.fixture(scope="module")
def recipe(tiny_settings):
    return create_recipe(tiny_settings.with_overrides({"train.batch_size": 2 * HALF}))


@pytest.fixture(scope="module")
def real():
    return np.random.default_rng(0).uniform(-1, 1, (STEPS, HALF, 64, 64, 1)).astype(np.float32)


def read(dataset, batch):
    return LabeledImages(batch)


def run(recipe, real, num_devices=1, steps_per_call=1):
    mesh = create_mesh(num_devices)
    state = jax.device_put(jax.jit(partial(create_state, recipe))(KEY), replicated(mesh))
    multi_step = create_multi_step(recipe, mesh, read)
    metrics = []
    for batches in np.split(real, STEPS // steps_per_call):
        batch = jax.device_put(batches, split(mesh, axis=1))
        state, values = multi_step(state, KEY, (), batch)
        metrics.append(jax.device_get(values))
    return jax.device_get(state), {name: np.concatenate([row[name] for row in metrics]) for name in METRICS}


@pytest.fixture(scope="module")
def reference(recipe, real):
    return run(recipe, real)


def assert_same_run(run, reference):
    """Losses and Adam's moments agree to 1e-5; parameters alone could not tell, since Adam rescales gradients."""
    for name in METRICS:
        np.testing.assert_allclose(run[1][name], reference[1][name], rtol=1e-5, err_msg=name)
    for optimizer in ("generator_optimizer", "discriminator_optimizer"):
        moments, expected = getattr(run[0], optimizer)[0], getattr(reference[0], optimizer)[0]
        assert int(moments.count) == int(expected.count)
        for kind in ("mu", "nu"):
            chex.assert_trees_all_equal_structs(getattr(moments, kind), getattr(expected, kind))
            for ours, theirs in zip(
                jax.tree.leaves(getattr(moments, kind)), jax.tree.leaves(getattr(expected, kind)), strict=True
            ):
                error = np.linalg.norm(ours - theirs) / np.linalg.norm(theirs)
                assert error < 1e-5, (optimizer, kind, ours.shape, error)


@pytest.mark.parametrize("num_devices", [2, 4])
def test_any_number_of_devices_gives_the_same_run(recipe, real, reference, num_devices):
    assert_same_run(run(recipe, real, num_devices), reference)


def test_several_iterations_in_one_call_give_the_same_run(recipe, real, reference):
    assert_same_run(run(recipe, real, steps_per_call=STEPS), reference)


@pytest.mark.usefixtures("onednn")
@pytest.mark.parametrize("num_devices", [1, 4])
def test_onednn_trains_the_same_run_and_the_same_bits_each_time(tiny_settings, real, reference, num_devices):
    settings = tiny_settings.with_overrides({"train.batch_size": 2 * HALF, "runtime.convolutions": "onednn"})
    first, again = (run(create_recipe(settings), real, num_devices) for _ in range(2))
    assert_same_run(first, reference)
    chex.assert_trees_all_equal(first, again)


def test_the_discriminator_is_updated_twice_and_the_generator_once_an_iteration(reference):
    state, _ = reference
    assert int(state.step) == STEPS
    assert int(state.discriminator_optimizer[0].count) == 2 * STEPS
    assert int(state.generator_optimizer[0].count) == STEPS


def test_first_losses_are_those_of_an_undecided_discriminator(reference):
    _, metrics = reference
    for name in METRICS[:3]:
        assert metrics[name][0] == pytest.approx(np.log(2), abs=0.1)


def test_the_step_is_traced_once_and_its_state_is_donated(recipe, real):
    mesh = create_mesh(1)
    chex.clear_trace_counter()
    multi_step = create_multi_step(recipe, mesh, chex.assert_max_traces(read, n=1))
    state = jax.device_put(jax.jit(partial(create_state, recipe))(KEY), replicated(mesh))
    first_leaf = jax.tree.leaves(state.generator)[0]
    for step in range(3):
        state, _ = multi_step(state, KEY, (), jax.device_put(real[step : step + 1], split(mesh, axis=1)))
    assert first_leaf.is_deleted()


def test_tracing_again_would_be_noticed(recipe, real):
    """The count above is one of traces, not of calls: another shape of the batch is a trace more."""
    mesh = create_mesh(1)
    chex.clear_trace_counter()
    multi_step = create_multi_step(recipe, mesh, chex.assert_max_traces(read, n=1))
    state = jax.eval_shape(partial(create_state, recipe), KEY)
    jax.eval_shape(multi_step, state, KEY, (), real[:1])
    with pytest.raises(AssertionError, match="traced"):
        jax.eval_shape(multi_step, state, KEY, (), real[:1, : HALF // 2])
