"""Where a state comes from: the newest checkpoint, a chosen one, or the run's first draw."""

import logging
from collections.abc import Callable
from functools import partial

import jax
from jax.sharding import Mesh

from dcgan_jax.errors import FieldError, FileError
from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.runtime import processes
from dcgan_jax.runtime.devices import replicated
from dcgan_jax.runtime.signals import end_if_asked
from dcgan_jax.training.checkpoints import Checkpoints, DamagedCheckpointError, abstract_state
from dcgan_jax.training.state import Recipe, TrainState, create_state

logger = logging.getLogger(__name__)


def start_or_restore(recipe: Recipe, checkpoints: Checkpoints, mesh: Mesh) -> TrainState:
    """Returns the state of the newest checkpoint, or the one at step 0 where there is none; replicated.

    Raises:
      UserError: the checkpoint is damaged, and `checkpoint.on_damage` does not fall back, or there is none before it.
    """
    if checkpoints.steps():
        state = restore_or_fall_back(recipe, checkpoints, mesh, lambda: checkpoints.steps()[-1])
        logger.info("continuing from the checkpoint at step %d", int(state.step))
        return state
    create = jax.jit(partial(create_state, recipe), out_shardings=replicated(mesh))
    return create(jax.random.key(recipe.settings.seed))


def restore_or_fall_back(
    recipe: Recipe, checkpoints: Checkpoints, mesh: Mesh, choose: Callable[[], int | None]
) -> TrainState:
    """Returns the state of the step that `choose` returns; damaged ones are set aside where the settings allow it.

    Where `choose` has no step any more, it is the newest's. All processes fall back together.
    """
    while True:
        step = choose()
        step = checkpoints.steps()[-1] if step is None else step
        damage = state = None
        try:
            state = restore(recipe, checkpoints, step, mesh)
        except DamagedCheckpointError as error:
            damage = error
        if state is not None and not any(processes.gather(damage is not None)):
            return state
        damage = damage or checkpoints.damaged(step, "another process finds it damaged")
        if recipe.settings.checkpoint.on_damage == "error" or len(checkpoints.steps()) == 1:
            raise damage
        end_if_asked()  # what a signal broke off is not damaged
        set_aside(checkpoints, step)


def set_aside(checkpoints: Checkpoints, step: int) -> None:
    """Sets a damaged checkpoint aside, and says so."""
    name = checkpoints.set_aside(step)
    logger.warning(
        "WARNING: the checkpoint at step %d is damaged. It was set aside as %s, and the run goes on without it.",
        *(step, checkpoints.directory / name),
    )


def restore(recipe: Recipe, checkpoints: Checkpoints, step: int, mesh: Mesh) -> TrainState:
    """Returns the state of one checkpoint, replicated; raises UserError when it cannot be read."""
    shapes = jax.eval_shape(partial(create_state, recipe), jax.random.key(0))
    return checkpoints.restore(step, abstract_state(shapes, replicated(mesh)))


def restore_chosen(recipe: Recipe, workdir: Workdir, mesh: Mesh) -> TrainState:
    """Returns the state of the checkpoint that `eval.checkpoint` names: "best" is the latest where none is scored.

    The run may be training meanwhile: its folder is only read. Raises UserError if there is no such checkpoint, or it
    is damaged.
    """
    settings = recipe.settings
    where, choice = workdir.checkpoints(settings), settings.eval.checkpoint
    identity = processes.from_first(workdir.identity(settings) if processes.is_first() else None)
    with Checkpoints(where, identity, read_only=True) as checkpoints:
        steps = checkpoints.steps()
        if not steps:
            raise FileError(where, "holds no checkpoint: train first, with the same --workdir.")
        step = processes.from_first(_resolve(choice, checkpoints))
        if step not in steps:
            message = f"is not kept in {where}: choose best, latest or one of {', '.join(map(str, steps))}."
            raise FieldError("config.eval.checkpoint", choice, message)
        return restore(recipe, checkpoints, step, mesh)


def _resolve(choice: str, checkpoints: Checkpoints) -> int:
    if choice.isdecimal():
        return int(choice)
    best = checkpoints.best_step() if choice == "best" else None
    return checkpoints.steps()[-1] if best is None else best
