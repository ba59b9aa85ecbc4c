"""Checkpoints of the training state: a small class around orbax's CheckpointManager."""

from types import TracebackType

import jax
import orbax.checkpoint as ocp
from etils import epath
from orbax.checkpoint import checkpoint_managers as policies

from dcgan_jax.errors import UserError
from dcgan_jax.training.state import TrainState

SCORE = "fid"
"""The score that the best checkpoint is chosen by: the smaller the better."""


class Checkpoints:
    """The newest states of a run, and the best. Use it as a context manager: a save that is not waited for may be lost.

    Saving is asynchronous: the state is copied to the host at once and written in the background, into a temporary
    folder that gets its name only when it is whole. So a killed run leaves nothing that looks like a checkpoint.

    Raises:
      UserError: the folder cannot be written.
    """

    def __init__(self, directory: str, keep: int):
        self.directory = epath.Path(directory)
        options = ocp.CheckpointManagerOptions(
            save_decision_policy=policies.FixedIntervalPolicy(1),
            preservation_policy=policies.AnyPreservationPolicy(
                [
                    policies.LatestN(keep),
                    policies.BestN(get_metric_fn=_score, reverse=True, n=1, keep_checkpoints_without_metrics=False),
                ]
            ),
            # Without these two the best is not known after a restart, and deleted.
            best_fn=_score,
            best_mode="min",
            cleanup_tmp_directories=True,
        )
        try:
            self._manager = ocp.CheckpointManager(self.directory, options=options)
        except OSError as error:
            raise UserError(
                f"Checkpoints cannot be kept in {self.directory} ({error.strerror or error}): set "
                "config.checkpoint.dir to a folder that can be written."
            ) from error

    def __enter__(self) -> "Checkpoints":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Waits for saves under way."""
        self._manager.close()

    def steps(self) -> list[int]:
        """Returns the steps that can be restored, in ascending order."""
        return sorted(self._manager.all_steps())

    def best_step(self) -> int | None:
        """Returns the step with the best score among those kept, or None where none is scored."""
        scored = [step for step in self.steps() if self.scores(step)]
        return min(scored, key=lambda step: _score(self.scores(step)), default=None)

    def scores(self, step: int) -> dict[str, float]:
        """Returns the scores that were saved with a step, or nothing."""
        return self._manager.metrics(step) or {}

    def save(self, step: int, state: TrainState, scores: dict[str, float] | None = None) -> None:
        """Starts saving the state, unless it is saved already; the state may be donated right afterwards.

        Args:
          step: completed updates.
          state: what to save.
          scores: of this state, `SCORE` among them; None where it was not scored.
        """
        if step not in self._manager.all_steps():
            self._manager.save(step, args=ocp.args.StandardSave(state), metrics=scores)

    def wait(self) -> None:
        """Returns when all saves under way are complete."""
        self._manager.wait_until_finished()

    def restore(self, step: int, like: TrainState) -> TrainState:
        """Reads the state of a step.

        Args:
          step: one of `steps()`.
          like: the shapes, types and shardings to restore into (`jax.ShapeDtypeStruct` leaves).

        Raises:
          UserError: the checkpoint is damaged or of another network.
        """
        try:
            return self._manager.restore(step, args=ocp.args.StandardRestore(like))
        except Exception as error:  # orbax and tensorstore raise many kinds for damaged files
            reason = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
            raise UserError(
                f"The checkpoint {self.directory / str(step)} cannot be read ({reason}): "
                "remove that folder to continue from the one before it."
            ) from error


def abstract_state(state: TrainState, sharding: jax.sharding.Sharding) -> TrainState:
    """Returns the shapes and types of a state, to be restored under the given sharding."""
    return jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=sharding), state)


def _score(scores: dict[str, float]) -> float:
    return scores[SCORE]
