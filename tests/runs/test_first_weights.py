"""A run that begins with the weights of another: what it takes, what it writes down, what it refuses."""

import json
from unittest.mock import Mock

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dcgan_jax.runs import first_weights
from dcgan_jax.runs import train as train_module
from dcgan_jax.runs.first_weights import open_origin, take_weights
from dcgan_jax.runs.provenance import read_provenance
from dcgan_jax.runs.run import Run, open_run
from dcgan_jax.runs.train import train
from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.runtime.devices import create_mesh
from dcgan_jax.runtime.signals import Interrupted, StopRequest
from dcgan_jax.training.state import create_recipe, create_state
from tests.refusals import refused

KEY = jax.random.key(0)


@pytest.fixture(scope="module")
def settings(tiny_settings, finished_run):
    changed = {"train.init_from": str(finished_run), "train.steps": 2, "seed": 1, "data.fraction": 0.5}
    return tiny_settings.with_overrides(changed)


@pytest.fixture(scope="module", autouse=True)
def on_one_device():
    mesh = create_mesh(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train_module, "create_mesh", lambda: mesh)
        yield


def test_it_begins_with_their_weights_and_optimizers_of_its_own(settings, finished_run):
    origin, recipe = open_origin(settings, ["NORMAL"], create_mesh(1)), create_recipe(settings)
    state = take_weights(create_state(recipe, KEY), origin, settings)
    given = open_run(finished_run).state
    for ours, theirs in ((state.generator, given.generator), (state.discriminator, given.discriminator)):
        jax.tree.map(np.testing.assert_array_equal, ours, theirs)
    assert int(state.step) == int(state.generator_optimizer[0].count) == 0 < int(given.step)
    assert not any(np.any(moment) for moment in jax.tree.leaves(state.generator_optimizer[0].mu))


def test_it_says_what_it_came_from_and_goes_on_without_it(settings, finished_run, tmp_path, monkeypatch):
    """Interrupted after its first checkpoint it ends as if it never had been; the other run may have gone by then."""
    whole, parted = Workdir(tmp_path / "whole"), Workdir(tmp_path / "parted")
    train(settings, whole)
    record = json.loads(whole.origin.read_text())
    summary = json.loads((finished_run / "summary.json").read_text())
    assert (record["run"], record["step"]) == (str(finished_run), summary["step"])
    assert record["state_sha256"] == summary["state_sha256"]
    assert record["is_private"] is False  # phantoms
    own, theirs = read_provenance(whole.train_files), read_provenance(finished_run / "train_files.tsv")
    assert own.origin == theirs.rows
    assert own.seen == own.rows + theirs.rows

    asked = []
    with monkeypatch.context() as patch:
        patch.setattr(StopRequest, "agreed", lambda self: asked.append(True) or len(asked) == 2)
        with pytest.raises(Interrupted):
            train(settings, parted)
    monkeypatch.setattr(train_module, "open_origin", lambda *_: pytest.fail("the other run was opened again"))
    train(settings, parted)
    ends = [json.loads(workdir.summary.read_text())["state_sha256"] for workdir in (whole, parted)]
    assert ends[0] == ends[1] != summary["state_sha256"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("model.base_channels", 2), ("model.latent_size", 9), ("model.minibatch_std", 2), ("loss.reconstruction", 0.5)],
)
def test_a_run_with_networks_of_other_shapes_is_refused(settings, finished_run, tmp_path, field, value):
    with refused(f"config.{field}", f"here {value}", field="config.train.init_from", value=finished_run):
        train(settings.with_overrides({field: value}), Workdir(tmp_path / "new"))
    assert not (tmp_path / "new" / "config.json").exists()


def test_a_run_that_is_told_other_classes_is_refused(settings, monkeypatch):
    """As many classes have weights of the same shapes, and each would begin with those of another."""
    both = settings.with_overrides({"data.label": "ALL", "model.num_classes": 2})
    origin = Mock(spec=Run, settings=both, labels=["NORMAL", "PNEUMONIA"])
    monkeypatch.setattr(first_weights, "open_run", lambda *_, **__: origin)
    assert open_origin(both, ["NORMAL", "PNEUMONIA"], create_mesh(1)) is origin
    with refused("COVID, NORMAL", field="config.train.init_from", value=both.train.init_from):
        open_origin(both, ["COVID", "NORMAL"], create_mesh(1))


def test_of_a_run_of_all_classes_one_is_taken_as_it_was(settings, tiny_settings):
    """Images and logits of the class stay what they were; the networks are told none any more."""
    conditional = tiny_settings.with_overrides({"data.label": "ALL", "model.num_classes": 2})
    recipe = create_recipe(conditional, (3, 5))
    given = create_state(recipe, KEY)
    embedding = given.discriminator["class_embedding"]["kernel"]
    assert np.any(embedding)
    origin = Mock(spec=Run, state=given, settings=conditional, labels=["NORMAL", "PNEUMONIA"])
    own = settings.with_overrides({"data.label": "PNEUMONIA"})
    alone = create_recipe(own)
    state = take_weights(create_state(alone, KEY), origin, own)
    latents, labels = jax.random.normal(KEY, (3, own.model.latent_size)), jnp.ones(3, jnp.int32)
    images = recipe.generator.apply({"params": given.generator}, latents, labels)
    np.testing.assert_allclose(alone.generator.apply({"params": state.generator}, latents), images, atol=1e-6)
    expected = recipe.discriminator.apply({"params": given.discriminator}, images, labels=labels)
    logits = alone.discriminator.apply({"params": state.discriminator}, images)
    np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-6)
