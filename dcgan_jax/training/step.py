"""One iteration as one jitted step over all devices.

As in the paper, unless the settings say otherwise: the discriminator is updated on half a batch of real images, then on
half a batch of generated ones; then the generator is updated on a whole batch of fresh latents through the fixed
discriminator. Dropout is active in all three.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from operator import itemgetter
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jax.sharding import Mesh, PartitionSpec
from jaxtyping import Array, Float, Key, PyTree

from dcgan_jax.data.pipeline import LabeledImages
from dcgan_jax.runtime.devices import AXIS, replicated
from dcgan_jax.training.adaptation import adapt
from dcgan_jax.training.annealing import compute_lr_scale
from dcgan_jax.training.averaging import compute_decay, update_average
from dcgan_jax.training.objectives import Metrics, Objective, Objectives, add
from dcgan_jax.training.spectral_norm import normalize
from dcgan_jax.training.state import Recipe, TrainState

ReadImages = Callable[[Any, Any], LabeledImages]

MetricsByStep = dict[str, Float[Array, " iteration"]]
MultiStep = Callable[[TrainState, Key[Array, ""], Any, Any], tuple[TrainState, MetricsByStep]]
"""(state, key, resident data set, batch) -> the state some iterations later, and their metrics."""

METRICS = (
    "discriminator_loss_real",
    "discriminator_loss_generated",
    "generator_loss",
    "discriminator_accuracy_real",
    "discriminator_accuracy_generated",
    "generator_accuracy",
)
"""What every recipe reports of a step; some report more."""


def update(
    params: PyTree,
    optimizer_state: PyTree,
    optimizer: optax.GradientTransformation,
    objective: Objective,
    lr_scale: Float[Array, ""],
) -> tuple[PyTree, PyTree, Metrics]:
    """Takes one optimizer step on an objective over all devices; runs inside the mapped step.

    Args:
      params: the parameters to update.
      optimizer_state: their optimizer's state.
      optimizer: the optimizer.
      objective: parameters -> loss and metrics of this device's examples.
      lr_scale: factor of the optimizer's learning rate.

    Returns:
      The new parameters and optimizer state, and the metrics averaged over the devices.
    """
    (_, metrics), gradients = jax.value_and_grad(objective, has_aux=True)(params)
    gradients, metrics = jax.lax.pmean((gradients, metrics), AXIS)
    updates, optimizer_state = optimizer.update(gradients, optimizer_state, params)
    updates = jax.tree.map(lambda value: lr_scale * value, updates)
    return optax.apply_updates(params, updates), optimizer_state, metrics


def train_step(
    recipe: Recipe, state: TrainState, key: Key[Array, ""], real: Sequence[LabeledImages]
) -> tuple[TrainState, Metrics]:
    """Runs one iteration on one device's share of the batch; runs inside the mapped step.

    Args:
      recipe: modules, optimizers and settings.
      state: replicated.
      key: `jax.random.key(seed)`.
      real: this device's share of the real images of each round of the discriminator, in [-1, 1].

    Returns:
      The next state and the metrics of this iteration, averaged over the devices.
    """
    settings = recipe.settings
    objectives = Objectives.of_step(recipe, key, state)
    lr_scale = compute_lr_scale(state.step, settings.optimizer)

    rounds = []
    for number, of_round in enumerate(real):
        state, metrics = _update_discriminator(recipe, objectives, state, of_round, lr_scale, number)
        rounds.append(metrics)
    metrics = jax.tree.map(lambda *values: jnp.mean(jnp.stack(values)), *rounds) if len(rounds) > 1 else rounds[0]

    objective = objectives.generator(state.discriminator, state.spectral_vectors, recipe.sizes.generator, real[-1])
    generator, generator_optimizer, generator_metrics = update(
        state.generator, state.generator_optimizer, recipe.generator_optimizer, objective, lr_scale
    )
    averaged_generator, adaptation = state.averaged_generator, state.adaptation
    if averaged_generator is not None:
        decay = compute_decay(state.step, recipe.sizes.generator, settings.average)
        averaged_generator = update_average(averaged_generator, generator, decay)
    if adaptation is not None:
        metrics["augment_probability"] = adaptation.probability
        adaptation = adapt(
            adaptation, metrics["mean_sign_real"], state.step, recipe.sizes.real_per_step, settings.augment
        )
    state = replace(
        state,
        step=state.step + 1,
        generator=generator,
        generator_optimizer=generator_optimizer,
        averaged_generator=averaged_generator,
        adaptation=adaptation,
    )
    return state, {**metrics, **generator_metrics}


def _update_discriminator(
    recipe: Recipe,
    objectives: Objectives,
    state: TrainState,
    real: LabeledImages,
    lr_scale: Float[Array, ""],
    number: int,
) -> tuple[TrainState, Metrics]:
    """Runs one round: real, then generated images, in two updates or in one; each round has streams of its own."""
    suffix = f"_{number}" if number else ""

    def on_real(state: TrainState) -> Objective:
        return objectives.real(real, state.spectral_vectors, f"real{suffix}")

    def on_generated(state: TrainState) -> Objective:
        batch = objectives.generate(state.generator, f"discriminator{suffix}", recipe.sizes.generated)
        return objectives.generated(batch, state.spectral_vectors, f"generated{suffix}")

    def on_pairs(state: TrainState) -> Objective:
        batch = objectives.generate(state.generator, f"discriminator{suffix}", recipe.sizes.generated)
        return objectives.pairs(real, batch, state.spectral_vectors, suffix)

    updates: list[list[Callable[[TrainState], Objective]]] = [[on_real], [on_generated]]
    if recipe.settings.optimizer.discriminator_updates == "joint":
        updates = [[on_pairs]] if recipe.settings.loss.kind == "relativistic" else [[on_real, on_generated]]
    reported: Metrics = {}
    for parts in updates:
        params, optimizer_state, metrics = update(
            state.discriminator,
            state.discriminator_optimizer,
            recipe.discriminator_optimizer,
            add([part(state) for part in parts]),
            lr_scale,
        )
        vectors = state.spectral_vectors
        if vectors is not None:
            _, vectors = normalize(state.discriminator, vectors)
        state = replace(state, discriminator=params, discriminator_optimizer=optimizer_state, spectral_vectors=vectors)
        reported |= metrics
    return state, reported


def create_multi_step(recipe: Recipe, mesh: Mesh, read_images: ReadImages) -> MultiStep:
    """Returns the jitted function that runs several iterations in one call, on all devices of the mesh.

    Args:
      recipe: modules, optimizers and settings; the batch size is a multiple of twice the devices.
      mesh: the devices.
      read_images: (resident data set, one round's batch on this device) -> real images in [-1, 1], with their classes.

    Returns:
      (state, key, data set, batch) -> (state, metrics), where the batch's leaves are [iterations * rounds, real, ...],
      with `BatchSizes`' rounds and real, and each metric is [iterations]. The state that goes in is donated: its
      buffers hold the one that comes out.
    """
    rounds = recipe.sizes.rounds

    def iterate(state: TrainState, key: Key[Array, ""], dataset: Any, batch: Any) -> tuple[TrainState, MetricsByStep]:
        def body(state: TrainState, batch: Any) -> tuple[TrainState, Metrics]:
            real = [read_images(dataset, jax.tree.map(itemgetter(index), batch)) for index in range(rounds)]
            return train_step(recipe, state, key, real)

        by_iteration = jax.tree.map(lambda leaf: leaf.reshape(-1, rounds, *leaf.shape[1:]), batch)
        # On CPUs, XLA runs convolutions inside a loop, be it of one round, ten times slower than outside.
        loop = _written_out if jax.default_backend() == "cpu" else jax.lax.scan
        return loop(body, state, by_iteration)

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


def _written_out(body: Callable[[TrainState, Any], tuple[TrainState, Metrics]], state: TrainState, batch: Any) -> Any:
    """Does what `jax.lax.scan` does, without a loop in the compiled program."""
    rows = []
    for index in range(jax.tree.leaves(batch)[0].shape[0]):
        state, metrics = body(state, jax.tree.map(itemgetter(index), batch))
        rows.append(metrics)
    return state, jax.tree.map(lambda *values: jnp.stack(values), *rows)
