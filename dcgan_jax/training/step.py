"""The paper's iteration as one jitted step over all devices.

The discriminator is updated on half a batch of real images, then on half a batch of generated ones; then the generator
is updated on a whole batch of fresh latents through the fixed discriminator. Dropout is active in all three.
"""

from collections.abc import Callable
from functools import partial
from operator import itemgetter
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jax.sharding import Mesh, PartitionSpec
from jaxtyping import Array, Float, Key, PyTree

from dcgan_jax.devices import AXIS, replicated
from dcgan_jax.random_streams import draw_latents, example_keys, stream_key
from dcgan_jax.training.losses import generated_loss, real_loss, share_taken_for_real
from dcgan_jax.training.state import Networks, TrainState

Metrics = dict[str, Float[Array, "..."]]
ReadImages = Callable[[Any, Any], Float[Array, "batch height width channels"]]

METRICS = (
    "discriminator_loss_real",
    "discriminator_loss_generated",
    "generator_loss",
    "discriminator_accuracy_real",
    "discriminator_accuracy_generated",
    "generator_accuracy",
)


def update(
    params: PyTree,
    optimizer_state: PyTree,
    optimizer: optax.GradientTransformation,
    logits_fn: Callable[[PyTree], Float[Array, " batch"]],
    loss_fn: Callable[[Float[Array, " batch"]], Float[Array, ""]],
) -> tuple[PyTree, PyTree, Float[Array, ""], Float[Array, ""]]:
    """Takes one optimizer step on a loss over all devices; runs inside the mapped step.

    Args:
      params: the parameters to update.
      optimizer_state: their optimizer's state.
      optimizer: the optimizer.
      logits_fn: parameters -> the discriminator's logits for this device's examples.
      loss_fn: logits -> their mean loss.

    Returns:
      The new parameters and optimizer state, the loss, and the share of the examples taken for real.
    """

    def loss_and_share(params):
        logits = logits_fn(params)
        return loss_fn(logits), share_taken_for_real(logits)

    (loss, share), gradients = jax.value_and_grad(loss_and_share, has_aux=True)(params)
    gradients, loss, share = jax.lax.pmean((gradients, loss, share), AXIS)
    updates, optimizer_state = optimizer.update(gradients, optimizer_state, params)
    return optax.apply_updates(params, updates), optimizer_state, loss, share


def train_step(
    networks: Networks,
    batch_size: int,
    state: TrainState,
    key: Key[Array, ""],
    real: Float[Array, "local height width channels"],
) -> tuple[TrainState, Metrics]:
    """Runs one iteration on one device's share of the batch; runs inside the mapped step.

    Args:
      networks: modules and optimizers.
      batch_size: images in the generator's update, over all devices.
      state: replicated.
      key: `jax.random.key(seed)`.
      real: this device's share of the batch_size / 2 real images, in [-1, 1].

    Returns:
      The next state and the metrics of this iteration, averaged over the devices.
    """

    def generate(params: PyTree, latents: Float[Array, "local latent"]) -> Float[Array, "local h w c"]:
        return networks.generator.apply({"params": params}, latents)

    def classify(
        params: PyTree, images: Float[Array, "local h w c"], keys: Key[Array, " local"]
    ) -> Float[Array, " local"]:
        return networks.discriminator.apply({"params": params}, images, keys)

    def keys_of(stream: str, count: int) -> Key[Array, " local"]:
        local = count // jax.lax.axis_size(AXIS)
        examples = jax.lax.axis_index(AXIS) * local + jnp.arange(local)
        return example_keys(stream_key(key, stream, state.step), examples)

    half = batch_size // 2
    update_discriminator = partial(update, optimizer=networks.discriminator_optimizer)

    keys = keys_of("dropout_real", half)
    discriminator, discriminator_optimizer, loss_real, share_real = update_discriminator(
        state.discriminator,
        state.discriminator_optimizer,
        logits_fn=lambda params: classify(params, real, keys),
        loss_fn=real_loss,
    )

    latents = draw_latents(keys_of("latents_discriminator", half), networks.latent_size)
    generated = generate(state.generator, latents)
    generated_keys = keys_of("dropout_generated", half)
    discriminator, discriminator_optimizer, loss_generated, share_generated = update_discriminator(
        discriminator,
        discriminator_optimizer,
        logits_fn=lambda params: classify(params, generated, generated_keys),
        loss_fn=generated_loss,
    )

    fresh_latents = draw_latents(keys_of("latents_generator", batch_size), networks.latent_size)
    fresh_keys = keys_of("dropout_generator", batch_size)
    generator, generator_optimizer, loss_generator, share_fooled = update(
        state.generator,
        state.generator_optimizer,
        networks.generator_optimizer,
        logits_fn=lambda params: classify(discriminator, generate(params, fresh_latents), fresh_keys),
        loss_fn=real_loss,
    )

    state = TrainState(
        step=state.step + 1,
        generator=generator,
        discriminator=discriminator,
        generator_optimizer=generator_optimizer,
        discriminator_optimizer=discriminator_optimizer,
    )
    values = (loss_real, loss_generated, loss_generator, share_real, 1.0 - share_generated, share_fooled)
    return state, dict(zip(METRICS, values, strict=True))


def create_dispatch(
    networks: Networks, batch_size: int, mesh: Mesh, read_images: ReadImages
) -> Callable[[TrainState, Key[Array, ""], Any, Any], tuple[TrainState, Metrics]]:
    """Returns the jitted function that runs as many iterations as its feed holds, on all devices of the mesh.

    Args:
      networks: modules and optimizers.
      batch_size: images in the generator's update, over all devices; a multiple of twice the devices.
      mesh: the devices.
      read_images: (resident data set, one iteration's feed on this device) -> real images in [-1, 1].

    Returns:
      (state, key, data set, feed) -> (state, metrics), where the feed's leaves are [iterations, batch_size / 2, ...]
      and each metric is [iterations]. The state that goes in is donated: its buffers hold the one that comes out.
    """

    def iterate(state: TrainState, key: Key[Array, ""], dataset: Any, feed: Any) -> tuple[TrainState, Metrics]:
        def body(state: TrainState, feed: Any) -> tuple[TrainState, Metrics]:
            return train_step(networks, batch_size, state, key, read_images(dataset, feed))

        # On CPUs, XLA runs convolutions inside a loop, be it of one round, ten times slower than outside.
        loop = _written_out if jax.default_backend() == "cpu" else jax.lax.scan
        return loop(body, state, feed)

    whole, by_example = PartitionSpec(), PartitionSpec(None, AXIS)
    mapped = jax.shard_map(
        iterate,
        mesh=mesh,
        in_specs=(whole, whole, whole, by_example),
        out_specs=(whole, whole),
        # With the check on, gradients of replicated parameters arrive summed already, and the mean would be no mean.
        check_vma=False,
    )
    return jax.jit(mapped, donate_argnums=0, out_shardings=replicated(mesh))


def _written_out(body: Callable[[TrainState, Any], tuple[TrainState, Metrics]], state: TrainState, feed: Any) -> Any:
    """Does what `jax.lax.scan` does, without a loop in the compiled program."""
    rows = []
    for index in range(jax.tree.leaves(feed)[0].shape[0]):
        state, metrics = body(state, jax.tree.map(itemgetter(index), feed))
        rows.append(metrics)
    return state, jax.tree.map(lambda *values: jnp.stack(values), *rows)
