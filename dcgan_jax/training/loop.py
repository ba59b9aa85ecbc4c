"""The training loop: draw the state, save it, score it, next batch, step, log.

In that order, so that what is looked at is what is saved, and a resumed run starts where the saved one stood.
"""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import jax
import numpy as np
from jaxtyping import Array

from dcgan_jax.errors import UserError
from dcgan_jax.runtime.signals import Interrupted, StopRequest
from dcgan_jax.training.checkpoints import Checkpoints
from dcgan_jax.training.schedule import Schedule
from dcgan_jax.training.state import TrainState, all_finite

ScoreFn = Callable[[TrainState], dict[str, float] | None]
"""state -> its scores, or None where a signal came before they were done."""

Advance = Callable[[TrainState, int, int], tuple[TrainState, dict[str, Array]]]
"""(state, its step, how many steps in one call to the devices) -> the state after them, and their metrics."""


@runtime_checkable
class Observer(Protocol):
    """What wants to know how the training goes."""

    def on_steps(self, rows: list[dict[str, float]]) -> None:
        """Takes the metrics of completed steps, one row each with its `step`."""

    def on_samples(self, step: int, state: TrainState) -> None:
        """Takes the state whenever a grid of generated images is due."""

    def on_scores(self, step: int, scores: dict[str, float]) -> None:
        """Takes the scores of a state."""

    def on_saved(self, step: int, is_last: bool) -> None:
        """Is told that a state was saved, and scored if it was due; also of the state that this start ends with."""


def run_loop(
    state: TrainState,
    advance: Advance,
    schedule: Schedule,
    checkpoints: Checkpoints,
    observer: Observer,
    stop: StopRequest,
    score_fn: ScoreFn | None = None,
) -> TrainState:
    """Trains to the end of the schedule and returns the final state, which is saved.

    Without a `score_fn` no state is scored, whatever the schedule says.

    Raises:
      Interrupted: a signal came; the state is saved.
      UserError: a loss or a weight is not finite any more; the last good checkpoint is kept.
    """
    step = int(state.step)
    pending: tuple[int, dict[str, Array]] | None = None

    def report() -> None:
        nonlocal pending
        if pending is not None:
            observer.on_steps(_rows(*pending))
            pending = None

    is_drawn, is_scored = step in checkpoints.steps(), bool(checkpoints.scores(step))
    while True:
        if schedule.samples_at(step) and not is_drawn:
            report()
            observer.on_samples(step, state)

        stopping = stop.agreed()
        if schedule.saves_at(step) or stopping:
            report()
            _require_finite(state, step)
            checkpoints.save(step, state)

        # Saved by now, or being saved: scoring may take long, and nothing is lost if it does not come to its end.
        if score_fn and schedule.evaluates_at(step) and not is_scored and not stopping:
            scores = score_fn(state)
            if scores:
                observer.on_scores(step, scores)
                checkpoints.record_scores(step, scores)
            stopping = stop.agreed()

        if stopping:  # at the end too: what comes after the loop may take long as well
            checkpoints.save_whole(step, state)
            observer.on_saved(step, is_last=True)
            raise Interrupted(step)
        if step == schedule.total:
            checkpoints.save_whole(step, state)
            if stop.agreed_at_once():  # a signal of since the question above, which the last calls could not carry
                raise Interrupted(step)
            return state

        if schedule.saves_at(step):
            observer.on_saved(step, is_last=False)
        length = schedule.call_length(step)
        state, metrics = advance(state, step, length)

        # One call behind: reading the metrics just asked for would make the device wait for the host.
        report()
        pending = (step, metrics)
        step += length
        is_drawn = is_scored = False


def _rows(first_step: int, metrics: dict[str, Array]) -> list[dict[str, float]]:
    """Returns one row a step; raises UserError at the first value that is not finite."""
    values = {name: np.asarray(value) for name, value in jax.device_get(metrics).items()}
    count = len(next(iter(values.values())))
    rows = [
        {"step": first_step + index + 1, **{name: float(value[index]) for name, value in values.items()}}
        for index in range(count)
    ]
    for row in rows:
        for name, value in row.items():
            if not np.isfinite(value):
                raise _not_finite(f"{name} is {value}", int(row["step"]))
    return rows


def _require_finite(state: TrainState, step: int) -> None:
    if not all_finite(state):
        raise _not_finite("a weight or an optimizer moment is not finite", step)


def _not_finite(what: str, step: int) -> UserError:
    return UserError(
        f"At step {step} {what}: lower config.optimizer.generator_learning_rate and discriminator_learning_rate in a "
        "new --workdir; the last good checkpoint is kept."
    )
