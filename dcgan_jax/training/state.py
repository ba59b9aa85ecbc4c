"""The training state: one pytree, everything that a resumed run needs; modules and optimizers stay outside it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import struct
from jaxtyping import Array, Bool, Key, PyTree, Shaped, UInt32

from dcgan_jax.models.discriminator import Discriminator
from dcgan_jax.models.generator import Generator
from dcgan_jax.models.onednn.library import choose_form
from dcgan_jax.random_streams import stream_key
from dcgan_jax.settings import Settings
from dcgan_jax.training.adaptation import create_adaptation
from dcgan_jax.training.batch_sizes import BatchSizes
from dcgan_jax.training.spectral_norm import create_vectors


@struct.dataclass
class TrainState:
    """State of a run after `step` completed updates; what a run does without is None."""

    step: PyTree  # Int[Array, ""]; of a state of shapes, shardings or host arrays, one of those, as all leaves
    generator: PyTree
    discriminator: PyTree
    generator_optimizer: PyTree
    discriminator_optimizer: PyTree
    averaged_generator: PyTree | None = None
    spectral_vectors: PyTree | None = None  # Vectors
    adaptation: PyTree | None = None  # Adaptation

    @property
    def sampled_generator(self) -> PyTree:
        """The parameters that images are sampled from: the averaged ones where there are some."""
        return self.generator if self.averaged_generator is None else self.averaged_generator


@dataclass(frozen=True)
class Recipe:
    """What turns a state into the next one: the two modules, their optimizers, and the settings of all the rest.

    `class_weights` says how often each class is generated, in proportion; empty where the networks are told none.
    """

    generator: Generator
    discriminator: Discriminator
    generator_optimizer: optax.GradientTransformation
    discriminator_optimizer: optax.GradientTransformation
    settings: Settings
    class_weights: tuple[int, ...] = ()

    @property
    def sizes(self) -> BatchSizes:
        """How many images each part of a step takes."""
        return BatchSizes.of(self.settings)


def create_recipe(settings: Settings, class_counts: Sequence[int] = ()) -> Recipe:
    """Builds the modules and the Adam optimizers that the settings describe.

    Args:
      settings: of the run.
      class_counts: training images of each class; needed to train a run of several.
    """
    model, optimizer = settings.model, settings.optimizer
    is_balanced = settings.data.sampling == "balanced"  # then real images of each class come as often, too

    def adam(learning_rate: float) -> optax.GradientTransformation:
        return optax.adam(learning_rate, optimizer.beta1, optimizer.beta2, optimizer.epsilon)

    return Recipe(
        generator=create_generator(settings),
        discriminator=Discriminator(
            model.base_channels,
            model.dropout,
            model.minibatch_std,
            jnp.dtype(model.dtype),
            model.num_classes,
            choose_form(settings.runtime.convolutions),
            model.blocks,
            settings.loss.reconstruction > 0,
        ),
        generator_optimizer=adam(optimizer.generator_learning_rate),
        discriminator_optimizer=adam(optimizer.discriminator_learning_rate),
        settings=settings,
        class_weights=(1,) * len(class_counts) if is_balanced else tuple(class_counts),
    )


def create_generator(settings: Settings) -> Generator:
    """Builds the generator module that the settings describe."""
    model = settings.model
    return Generator(
        settings.data.image_size,
        model.channels,
        model.base_channels,
        model.upsample,
        jnp.dtype(model.dtype),
        model.num_classes,
        choose_form(settings.runtime.convolutions),
        model.pixel_norm,
        model.image_skips,
        model.excitation,
        model.blocks,
    )


def create_state(recipe: Recipe, key: Key[Array, ""]) -> TrainState:
    """Returns the state at step 0, with weights drawn from the run's key."""
    generator, discriminator, settings = recipe.generator, recipe.discriminator, recipe.settings
    latents = jnp.zeros((1, settings.model.latent_size))
    images = jnp.zeros((max(1, discriminator.minibatch_std), *[generator.image_size] * 2, generator.channels))
    labels = jnp.zeros(len(images), jnp.int32)  # passed over by networks that are told none
    generator_params = generator.init(stream_key(key, "generator_init"), latents, labels[:1])["params"]
    discriminator_params = discriminator.init(stream_key(key, "discriminator_init"), images, labels=labels)["params"]
    averaged_generator = spectral_vectors = adaptation = None
    if settings.average.half_life:
        # A copy: the state is donated, and one buffer cannot be donated twice.
        averaged_generator = jax.tree.map(jnp.copy, generator_params)
    if settings.model.spectral_norm:
        spectral_vectors = create_vectors(discriminator_params, stream_key(key, "spectral_vectors"))
    if settings.augment.is_adaptive:
        adaptation = create_adaptation(settings.augment)
    return TrainState(
        step=jnp.zeros((), jnp.int32),
        generator=generator_params,
        discriminator=discriminator_params,
        generator_optimizer=recipe.generator_optimizer.init(generator_params),
        discriminator_optimizer=recipe.discriminator_optimizer.init(discriminator_params),
        averaged_generator=averaged_generator,
        spectral_vectors=spectral_vectors,
        adaptation=adaptation,
    )


def count_parameters(params: PyTree) -> int:
    """Returns the number of scalars in a tree of parameters."""
    return sum(leaf.size for leaf in jax.tree.leaves(params))


@jax.jit
def all_finite(state: TrainState) -> Bool[Array, ""]:
    """Returns whether every number in the state is finite."""
    return jnp.all(jnp.stack([jnp.all(jnp.isfinite(leaf)) for leaf in jax.tree.leaves(state)]))


@jax.jit
def compute_checksums(state: TrainState) -> UInt32[Array, " leaves"]:
    """Returns one number for each leaf that changes with any of its bits; computed where the state lies.

    The bits of each element, times an odd number for its position, are added modulo 2^32: exact in any order.
    """

    def checksum(leaf: Shaped[Array, "..."]) -> UInt32[Array, ""]:
        bits = jax.lax.bitcast_convert_type(leaf, jnp.uint32).ravel()
        return jnp.sum(bits * (2 * jnp.arange(bits.size, dtype=jnp.uint32) + 1), dtype=jnp.uint32)

    return jnp.stack([checksum(leaf) for leaf in jax.tree.leaves(state)])


def state_sha256(state: TrainState) -> str:
    """Returns a digest over the leaves of the state: their paths, types, shapes and bytes, sorted by path."""
    digest = hashlib.sha256()
    leaves = {jax.tree_util.keystr(path): leaf for path, leaf in jax.tree_util.tree_leaves_with_path(state)}
    for path in sorted(leaves):
        values = np.asarray(leaves[path])
        digest.update(f"{path} {values.dtype} {values.shape}\n".encode())
        digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()
