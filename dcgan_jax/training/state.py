"""The training state: one pytree, everything that a resumed run needs; modules and optimizers stay outside it."""

import hashlib
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import struct
from jaxtyping import Array, Bool, Int, Key, PyTree, Shaped, UInt32

from dcgan_jax.models.discriminator import Discriminator
from dcgan_jax.models.generator import Generator
from dcgan_jax.random_streams import stream_key
from dcgan_jax.settings import Settings


@struct.dataclass
class TrainState:
    """State of a run after `step` completed updates."""

    step: Int[Array, ""]
    generator: PyTree
    discriminator: PyTree
    generator_optimizer: PyTree
    discriminator_optimizer: PyTree


@dataclass(frozen=True)
class Networks:
    """The two modules and their optimizers: what turns a state into the next one."""

    generator: Generator
    discriminator: Discriminator
    generator_optimizer: optax.GradientTransformation
    discriminator_optimizer: optax.GradientTransformation
    latent_size: int


def create_networks(settings: Settings) -> Networks:
    """Builds the modules and the Adam optimizers that the settings describe."""
    model, optimizer = settings.model, settings.optimizer
    dtype = jnp.dtype(model.dtype)

    def adam(learning_rate: float) -> optax.GradientTransformation:
        return optax.adam(learning_rate, optimizer.beta1, optimizer.beta2, optimizer.epsilon)

    return Networks(
        generator=create_generator(settings),
        discriminator=Discriminator(model.base_channels, dtype=dtype),
        generator_optimizer=adam(optimizer.generator_learning_rate),
        discriminator_optimizer=adam(optimizer.discriminator_learning_rate),
        latent_size=model.latent_size,
    )


def create_generator(settings: Settings) -> Generator:
    """Builds the generator module that the settings describe."""
    model = settings.model
    return Generator(
        settings.data.image_size, model.channels, model.base_channels, model.upsample, jnp.dtype(model.dtype)
    )


def create_state(networks: Networks, key: Key[Array, ""]) -> TrainState:
    """Returns the state at step 0, with weights drawn from the run's key."""
    generator, discriminator = networks.generator, networks.discriminator
    image_shape = (1, generator.image_size, generator.image_size, generator.channels)
    generator_params = generator.init(stream_key(key, "generator_init"), jnp.zeros((1, networks.latent_size)))["params"]
    discriminator_params = discriminator.init(stream_key(key, "discriminator_init"), jnp.zeros(image_shape))["params"]
    return TrainState(
        step=jnp.zeros((), jnp.int32),
        generator=generator_params,
        discriminator=discriminator_params,
        generator_optimizer=networks.generator_optimizer.init(generator_params),
        discriminator_optimizer=networks.discriminator_optimizer.init(discriminator_params),
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
