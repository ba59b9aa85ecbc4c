"""The discriminator is the paper's; its dropout follows each image."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dcgan_jax.models.discriminator import Discriminator, append_minibatch_std
from dcgan_jax.random_streams import example_keys
from dcgan_jax.training.state import count_parameters

IMAGES = jax.random.uniform(jax.random.key(2), (4, 64, 64, 1), minval=-1, maxval=1)


@pytest.fixture(scope="module")
def params():
    return Discriminator(2).init(jax.random.key(0), IMAGES)["params"]


@pytest.mark.parametrize(("channels", "expected"), [(1, 17_477_121), (3, 17_480_321)])
def test_full_width_has_the_papers_number_of_parameters(channels, expected):
    images = jnp.zeros((1, 128, 128, channels))
    params = jax.eval_shape(lambda: Discriminator(64).init(jax.random.key(0), images))["params"]
    assert count_parameters(params) == expected


def test_one_float32_logit_an_image(params):
    logits = Discriminator(2, dtype=jnp.bfloat16).apply({"params": params}, IMAGES)
    assert logits.shape == (4,)
    assert logits.dtype == jnp.float32


def test_a_discriminator_with_residual_blocks_begins_as_it_is_without(params):
    discriminator = Discriminator(2, blocks=1)
    more = discriminator.init(jax.random.key(0), IMAGES)["params"]
    assert set(more) - set(params) == {f"block_{stage}_0" for stage in range(4)}
    np.testing.assert_array_equal(
        discriminator.apply({"params": more}, IMAGES), Discriminator(2).apply({"params": params}, IMAGES)
    )


def test_it_shows_its_features_and_what_it_reconstructs_to_whoever_asks(params):
    """Without the decoder the logits are the same; the features are those that the last layer weighs."""
    discriminator = Discriminator(2, reconstructs=True)
    more = discriminator.init(jax.random.key(0), IMAGES)["params"]
    assert set(more) - set(params) == {"reconstruct_3", "reconstruct_2", "reconstruct_1", "reconstruct_image"}
    logits, sown = discriminator.apply({"params": more}, IMAGES, mutable="intermediates")
    np.testing.assert_array_equal(logits, Discriminator(2).apply({"params": params}, IMAGES))
    (features,), (reconstruction,) = sown["intermediates"]["features"], sown["intermediates"]["reconstruction"]
    to_logit = more["to_logit"]
    np.testing.assert_allclose(features @ to_logit["kernel"][:, 0] + to_logit["bias"], logits, rtol=1e-5)
    assert reconstruction.shape == (4, 32, 32, 1)
    assert reconstruction.dtype == features.dtype == jnp.float32
    assert np.abs(reconstruction).max() < 1


def test_a_mask_belongs_to_its_image_not_to_its_place_in_the_batch(params):
    keys = example_keys(jax.random.key(3), jnp.arange(4))
    whole = Discriminator(2).apply({"params": params}, IMAGES, keys)
    part = Discriminator(2).apply({"params": params}, IMAGES[2:], keys[2:])
    np.testing.assert_allclose(whole[2:], part, rtol=1e-5)


def test_dropout_keeps_the_mean_and_is_off_without_keys(params):
    fixed = Discriminator(2).apply({"params": params}, IMAGES[:1])
    keys = example_keys(jax.random.key(3), jnp.arange(400))
    dropped = Discriminator(2).apply({"params": params}, jnp.repeat(IMAGES[:1], 400, axis=0), keys)
    assert float(jnp.std(dropped)) > 0
    standard_error = float(jnp.std(dropped)) / 20
    assert abs(float(dropped.mean() - fixed[0])) < 4 * standard_error


def test_minibatch_std_is_one_number_for_each_group_of_neighbors():
    """Features 0 and 2 differ by a standard deviation of 1, features 4 and 4 by none; groups do not meet."""
    features = jnp.array([[0.0, 4.0], [2.0, 4.0], [5.0, 5.0], [5.0, 5.0]])[:, None, None, :]
    whole = append_minibatch_std(features, 2)
    np.testing.assert_array_equal(whole[..., :2], features)
    np.testing.assert_allclose(whole[:, 0, 0, 2], [0.5, 0.5, 0.0, 0.0], atol=1e-3)
    np.testing.assert_array_equal(append_minibatch_std(features[2:], 2), whole[2:])


def test_the_logit_of_a_class_is_that_of_none_and_the_projection_on_its_vector(params):
    """The last features are had from the plain network: its logit under a weight of 1 on one of them alone."""
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(3, 4 * 4 * 32)).astype(np.float32)
    labels = np.array([2, 0, 2, 1])

    def feature(number):
        one = {"kernel": jnp.zeros((4 * 4 * 32, 1)).at[number, 0].set(1.0), "bias": jnp.zeros(1)}
        return Discriminator(2).apply({"params": {**params, "to_logit": one}}, IMAGES)

    features = np.asarray(jax.jit(jax.vmap(feature))(jnp.arange(4 * 4 * 32))).T
    plain = features @ np.asarray(params["to_logit"]["kernel"])[:, 0] + np.asarray(params["to_logit"]["bias"])
    conditional = {**params, "class_embedding": {"kernel": jnp.asarray(vectors)}}
    logits = Discriminator(2, num_classes=3).apply({"params": conditional}, IMAGES, labels=jnp.asarray(labels))
    projections = [vectors[label] @ of_image for label, of_image in zip(labels, features, strict=True)]
    np.testing.assert_allclose(logits, plain + projections, rtol=1e-4, atol=1e-5)


def test_minibatch_std_adds_its_weights_to_the_last_layer():
    params = Discriminator(2, minibatch_std=2).init(jax.random.key(0), IMAGES)["params"]
    assert params["to_logit"]["kernel"].shape == (4 * 4 * (32 + 1), 1)
