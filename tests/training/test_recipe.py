"""All that a recipe may add to the paper's, at once: the same run on any devices, and after any interruption."""

from functools import partial

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dcgan_jax.data.pipeline import LabeledImages
from dcgan_jax.runtime.devices import create_mesh, replicated, split
from dcgan_jax.training.checkpoints import Checkpoints, abstract_state
from dcgan_jax.training.state import create_recipe, create_state, state_sha256
from dcgan_jax.training.step import METRICS, create_multi_step

KEY = jax.random.key(0)
STEPS, HALF = 4, 8
EVERYTHING = {
    "data.label": "ALL",
    "model.num_classes": 2,
    "train.batch_size": 2 * HALF,
    "model.minibatch_std": 2,
    "model.spectral_norm": True,
    "loss.r1": 1.0,
    "loss.r1_every": 2,
    "optimizer.discriminator_updates": "joint",
    "optimizer.warmup_steps": 3,
    "optimizer.decay_end": 10,
    "augment.probability": 0.5,
    "augment.rotation": 5.0,
    "augment.scale": 0.1,
    "augment.translation": 0.1,
    "augment.brightness": 0.2,
    "augment.contrast": 0.2,
    "augment.cutout": 0.3,
    "augment.target": 0.6,
    "augment.adaptation_images": 1000,
    "average.half_life": 100,
    "loss.reconstruction": 1.0,
    "loss.imle": 0.5,
}

CLASS_COUNTS = (30, 10)


def read(dataset, batch):
    """As images come from the data; here every second image is of class 1."""
    return LabeledImages(batch, (jnp.arange(len(batch)) % 2).astype(jnp.int32))


LOSSES = {
    "hinge": {"loss.kind": "hinge"},
    "relativistic": {
        "model.blocks": 1,
        "loss.kind": "relativistic",
        "loss.r2": 0.5,
        "loss.penalty_decay_to": 0.1,
        "loss.mode_seeking": 0.001,  # its gradient by a bias is a difference of nearly equal numbers: no more
        "optimizer.decay_curve": "cosine",
    },
}


@pytest.fixture(scope="module", params=LOSSES)
def recipe(request, tiny_settings):
    return create_recipe(tiny_settings.with_overrides(EVERYTHING | LOSSES[request.param]), CLASS_COUNTS)


@pytest.fixture(scope="module")
def real():
    return np.random.default_rng(0).uniform(-1, 1, (STEPS, 1, HALF, 64, 64, 1)).astype(np.float32)


class Training:
    """A recipe on some devices, compiled once."""

    def __init__(self, recipe, num_devices):
        self.mesh = create_mesh(num_devices)
        self._create_state = jax.jit(partial(create_state, recipe), out_shardings=replicated(self.mesh))
        self._multi_step = create_multi_step(recipe, self.mesh, read)

    def start(self):
        return self._create_state(KEY)

    def advance(self, state, real):
        rows = []
        for rounds in real:
            state, metrics = self._multi_step(state, KEY, (), jax.device_put(rounds, split(self.mesh, axis=1)))
            rows.append({name: float(values[0]) for name, values in metrics.items()})
        return state, rows


@pytest.fixture(scope="module")
def on_one_device(recipe):
    return Training(recipe, 1)


@pytest.fixture(scope="module")
def reference(on_one_device, real):
    state, rows = on_one_device.advance(on_one_device.start(), real)
    return jax.device_get(state), rows


def test_two_devices_give_the_run_of_one(recipe, real, reference):
    training = Training(recipe, 2)
    state, rows = training.advance(training.start(), real)
    for ours, theirs in zip(rows, reference[1], strict=True):
        assert ours == pytest.approx(theirs, rel=1e-4, abs=1e-6)
    for optimizer in ("generator_optimizer", "discriminator_optimizer"):
        moments, expected = jax.device_get(getattr(state, optimizer)), getattr(reference[0], optimizer)
        chex.assert_trees_all_equal_structs(moments, expected)
        for name, ours, theirs in zip(
            map(jax.tree_util.keystr, [path for path, _ in jax.tree_util.tree_leaves_with_path(expected)]),
            jax.tree.leaves(moments),
            jax.tree.leaves(expected),
            strict=True,
        ):
            assert np.linalg.norm(ours - theirs) <= 1e-4 * np.linalg.norm(theirs), (optimizer, name)


def test_a_saved_run_goes_on_as_if_it_had_never_stopped(tmp_path, on_one_device, real, reference):
    """The average, the power iteration, the augmentation's strength and its unfinished mean all come back."""
    state, rows = on_one_device.advance(on_one_device.start(), real[:2])
    with Checkpoints(str(tmp_path), "the run") as checkpoints:
        checkpoints.save(2, state)
        checkpoints.wait()
        restored = checkpoints.restore(2, abstract_state(state, replicated(on_one_device.mesh)))
    state, more = on_one_device.advance(restored, real[2:])
    assert rows + more == reference[1]
    assert state_sha256(state) == state_sha256(reference[0])


def test_each_part_leaves_its_mark(recipe, reference):
    state, rows = reference
    assert int(state.discriminator_optimizer[0].count) == STEPS  # joint: one update for real and generated images
    assert int(state.generator_optimizer[0].count) == STEPS
    always = {"mean_sign_real", "r1_penalty", "augment_probability", "reconstruction", "imle"}
    of_pairs = {"r2_penalty", "mode_seeking"} if recipe.settings.loss.kind == "relativistic" else set()
    assert set(rows[0]) == {*METRICS, *always, *of_pairs}
    for penalty in {"r1_penalty", "r2_penalty"} & set(rows[0]):
        assert [row[penalty] > 0 for row in rows] == [True, False, True, False]
    # 4 steps of 8 real images, of 1,000 from 0 to 1, up or down
    mean_sign = np.mean([row["mean_sign_real"] for row in rows])
    assert float(state.adaptation.probability) == pytest.approx(0.5 + np.sign(mean_sign - 0.6) * 4 * 8 / 1000)
    assert all(np.linalg.norm(vector) == pytest.approx(1.0, rel=1e-5) for vector in state.spectral_vectors.values())
    averaged, newest = jax.tree.leaves(state.averaged_generator), jax.tree.leaves(state.generator)
    assert state.sampled_generator is state.averaged_generator
    assert any(not np.array_equal(ours, theirs) for ours, theirs in zip(averaged, newest, strict=True))
    num_classes = 2
    of_generator = state.generator_optimizer[0].mu["project"]["kernel"][-num_classes:]
    of_discriminator = state.discriminator_optimizer[0].mu["class_embedding"]["kernel"]
    assert all(np.abs(moments).max(axis=1).min() > 0 for moments in (of_generator, of_discriminator))  # of every class


def test_in_a_loop_the_state_keeps_its_shapes_and_types(recipe, monkeypatch):
    """As accelerators run several iterations in one call: traced here, not run."""
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    state = jax.eval_shape(partial(create_state, recipe), KEY)
    multi_step = create_multi_step(recipe, create_mesh(1), read)
    after, metrics = jax.eval_shape(multi_step, state, KEY, (), np.zeros((3, HALF, 64, 64, 1), np.float32))
    chex.assert_trees_all_equal_shapes_and_dtypes(after, state)
    assert {values.shape for values in metrics.values()} == {(3,)}


def test_several_rounds_are_several_discriminator_updates_on_images_of_their_own(tiny_settings, real):
    """Each round has its own images, noise and dropout: two rounds of the same images are no round done twice."""
    overrides = {"train.batch_size": 2 * HALF, "optimizer.discriminator_steps": 2}
    training = Training(create_recipe(tiny_settings.with_overrides(overrides)), 1)
    state, rows = training.advance(training.start(), [np.concatenate([real[0], real[1]])])
    assert int(state.discriminator_optimizer[0].count) == 2 * 2  # two rounds of real, then generated images
    assert int(state.generator_optimizer[0].count) == int(state.step) == 1
    one_round = Training(create_recipe(tiny_settings.with_overrides({"train.batch_size": 2 * HALF})), 1)
    _, first = one_round.advance(training.start(), [real[0]])
    name = "discriminator_loss_real"
    second = 2 * rows[0][name] - first[0][name]  # what is reported is the mean of the rounds
    _, repeated = training.advance(training.start(), [np.concatenate([real[0], real[0]])])
    of_same_images = 2 * repeated[0][name] - first[0][name]
    assert second != pytest.approx(first[0][name], rel=1e-6)
    assert of_same_images != pytest.approx(second, rel=1e-6)  # the second round saw the images given for it


def test_the_papers_recipe_carries_nothing_of_it(tiny_settings):
    state = jax.eval_shape(partial(create_state, create_recipe(tiny_settings)), KEY)
    assert state.averaged_generator is state.spectral_vectors is state.adaptation is None
    assert state.sampled_generator is state.generator
