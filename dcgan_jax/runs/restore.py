"""Where a state comes from: the newest checkpoint, a chosen one, or the run's first draw."""

import logging
from functools import partial

import jax
from jax.sharding import Mesh

from dcgan_jax.errors import UserError
from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.runtime import processes
from dcgan_jax.runtime.devices import replicated
from dcgan_jax.sampling import Sampler
from dcgan_jax.training.checkpoints import Checkpoints, abstract_state
from dcgan_jax.training.state import Recipe, TrainState, create_state

logger = logging.getLogger(__name__)


def start_or_restore(recipe: Recipe, checkpoints: Checkpoints, mesh: Mesh) -> TrainState:
    """Returns the state of the newest checkpoint, or the one at step 0 where there is none; replicated."""
    steps = checkpoints.steps()
    if steps:
        logger.info("continuing from the checkpoint at step %d", steps[-1])
        return restore(recipe, checkpoints, steps[-1], mesh)
    create = jax.jit(partial(create_state, recipe), out_shardings=replicated(mesh))
    return create(jax.random.key(recipe.settings.seed))


def restore(recipe: Recipe, checkpoints: Checkpoints, step: int, mesh: Mesh) -> TrainState:
    """Returns the state of one checkpoint, replicated; raises UserError when it cannot be read."""
    shapes = jax.eval_shape(partial(create_state, recipe), jax.random.key(0))
    return checkpoints.restore(step, abstract_state(shapes, replicated(mesh)))


def restore_chosen(recipe: Recipe, workdir: Workdir, mesh: Mesh) -> TrainState:
    """Returns the state of the checkpoint that `eval.checkpoint` names: "best" is the latest where none is scored.

    The run may be training meanwhile: its folder is only read.

    Raises:
      UserError: there is no such checkpoint, or it is damaged.
    """
    settings = recipe.settings
    where, choice = workdir.checkpoints(settings), settings.eval.checkpoint
    identity = processes.from_first(workdir.identity(settings) if processes.is_first() else None)
    with Checkpoints(where, identity, read_only=True) as checkpoints:
        steps = checkpoints.steps()
        if not steps:
            raise UserError(f"There is no checkpoint in {where}: train first, with the same --workdir.")
        step = processes.from_first(_resolve(choice, checkpoints))
        if step not in steps:
            raise UserError(
                f"config.eval.checkpoint={choice} is not kept in {where}: choose best, latest or one of "
                f"{', '.join(map(str, steps))}."
            )
        return restore(recipe, checkpoints, step, mesh)


def _resolve(choice: str, checkpoints: Checkpoints) -> int:
    if choice.isdecimal():
        return int(choice)
    best = checkpoints.best_step() if choice == "best" else None
    return checkpoints.steps()[-1] if best is None else best


def create_sampler(recipe: Recipe, mesh: Mesh) -> Sampler:
    """Returns the sampler of a run's generator."""
    return Sampler(recipe.generator, recipe.settings.model.latent_size, mesh)
