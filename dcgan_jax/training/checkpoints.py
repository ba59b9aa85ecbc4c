"""Checkpoints of the training state: a small class around orbax's CheckpointManager."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count as count_up
from types import TracebackType
from typing import Any

import jax
import orbax.checkpoint as ocp
from etils import epath
from orbax.checkpoint import checkpoint_managers as policies

from dcgan_jax.errors import FileError
from dcgan_jax.runtime import processes, retrying, shutdown
from dcgan_jax.training.score_table import Scores, ScoreTable
from dcgan_jax.training.state import TrainState, compute_checksums

_METADATA = "_CHECKPOINT_METADATA"  # orbax writes it into every checkpoint
_DAMAGED = ".damaged"
_STORAGE_TROUBLE = ("RESOURCE_EXHAUSTED", "No space left", "PERMISSION_DENIED", "Permission denied", "Read-only file")


class DamagedCheckpointError(FileError):
    """A checkpoint is not what was saved."""


class Checkpoints:
    """The newest states of a run, and the best. Use it as a context manager: a save that is not waited for may be lost.

    Saving is asynchronous: the state is copied to the host at once and written in the background, into a temporary
    folder that gets its name only when it is whole. So a killed run leaves nothing that looks like a checkpoint. Each
    carries the identity of its run and checksums of its arrays, which are compared when it is restored.
    """

    def __init__(self, directory: str, identity: str, keep: int = 1, read_only: bool = False):
        """Opens the folder; creates it unless it is only read.

        Args:
          directory: an absolute path, or any place that orbax writes to.
          identity: digest of what makes the run what it is.
          keep: how many of the newest states are kept.
          read_only: nothing is written or tidied up, so that a run that is saving is not disturbed.

        Raises:
          UserError: the folder cannot be used, or scores in it are damaged.
        """
        self.directory = epath.Path(directory)
        self._identity = identity
        with self._naming_storage_trouble():
            self._table = ScoreTable(self.directory)
        self._options = ocp.CheckpointManagerOptions(
            save_decision_policy=policies.FixedIntervalPolicy(1),
            preservation_policy=policies.AnyPreservationPolicy([policies.LatestN(keep), _Best(self._table)]),
            cleanup_tmp_directories=not read_only,
            create=not read_only,
            read_only=read_only,
        )
        with self._naming_storage_trouble():
            self._manager = ocp.CheckpointManager(self.directory, options=self._options)

    def __enter__(self) -> "Checkpoints":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None or not shutdown.is_sign_of_a_lost_process(error):
            self.close()  # else a save under way waits for the lost process

    def close(self) -> None:
        """Waits for saves under way."""
        with self._naming_storage_trouble(comes_back=True):
            self._manager.close()

    def compare_under(self, protocol: str) -> None:
        """Says what scores are measured under from now on; until then it is the protocol of the newest scored state."""
        self._table.protocol = protocol

    def steps(self) -> list[int]:
        """Returns the steps that were saved whole, in ascending order."""
        return sorted(set(self._manager.all_steps()) - set(self.strays()))

    def strays(self) -> list[int]:
        """Returns the steps whose folders are no checkpoints: empty ones, or copied in part. Saving needs them gone."""
        return [step for step in self._manager.all_steps() if not (self.directory / str(step) / _METADATA).exists()]

    def remove_half_removed(self) -> None:
        """Removes what a kill left of checkpoints that were being removed: strays that are neither newest nor best."""
        newest, best = max(self.steps(), default=-1), self._table.best_of(self._manager.all_steps())
        for step in self.strays():
            if step < newest and step != best:
                self._manager.delete(step)

    def set_aside(self, step: int) -> str:
        """Renames a damaged checkpoint, so that it is passed over and kept; returns its new name."""
        with self._naming_storage_trouble():
            taken = {path.name for path in self.directory.iterdir()}
            names = (f"{step}{_DAMAGED}{number or ''}" for number in count_up())
            name = next(name for name in names if name not in taken)
            if processes.is_first():
                (self.directory / str(step)).rename(self.directory / name)
            processes.wait_for_all()
            self._manager.reload()
        return name

    def names_set_aside(self) -> tuple[str, ...]:
        """Returns the names of damaged checkpoints that were set aside, since the run began."""
        return tuple(sorted(path.name for path in self.directory.iterdir() if _DAMAGED in path.name))

    def damaged(self, step: int, reason: object) -> DamagedCheckpointError:
        """Returns the error that says that a checkpoint is damaged."""
        return DamagedCheckpointError(
            self.directory / str(step),
            f"cannot be read ({_first_line(reason)}): remove that folder to continue from the checkpoint before it, or "
            "give config.checkpoint.on_damage=fall_back.",
        )

    def best_step(self) -> int | None:
        """Returns the kept step with the best score under the protocol in use, or None where none is scored so."""
        return self._table.best_of(self.steps())

    def scores(self, step: int) -> Scores:
        """Returns the scores of a step, or nothing."""
        return self._table.scores(step)

    def save(self, step: int, state: TrainState) -> None:
        """Starts saving the state, unless it is saved already; the state may be donated right afterwards.

        Args:
          step: completed updates.
          state: what to save.

        Raises:
          UserError: the place is full, or cannot be written; so may later calls, for a save under way.
        """
        if step in self._manager.all_steps():
            return
        metadata = {"identity": self._identity, "checksums": [int(value) for value in compute_checksums(state)]}
        arguments = ocp.args.StandardSave(state)
        self._write(lambda: self._manager.save(step, args=arguments, custom_metadata=metadata))

    def record_scores(self, step: int, scores: Scores) -> None:
        """Writes down the scores of a step; `score_table.SCORE` chooses the best.

        Raises:
          UserError: the place is full, or cannot be written.
        """
        with self._naming_storage_trouble():
            retrying.retry(lambda: self._table.record(step, scores), self.directory)

    def wait(self) -> None:
        """Returns when all saves under way are complete."""
        with self._naming_storage_trouble(comes_back=True):
            self._manager.wait_until_finished()

    def save_whole(self, step: int, state: TrainState) -> None:
        """Saves the state, unless it is saved already, and returns when it is complete.

        Raises:
          UserError: as `save`.
          RetryLater: the place does not answer, and has not for a while.
        """

        def save() -> None:
            self.save(step, state)
            self._manager.wait_until_finished()

        self._write(save)

    def restore(self, step: int, like: TrainState) -> TrainState:
        """Reads the state of a step.

        Args:
          step: one of `steps()`.
          like: the shapes, types and shardings to restore into (`jax.ShapeDtypeStruct` leaves).

        Raises:
          UserError: the checkpoint is damaged, or of another run.
        """
        try:
            metadata = self._manager.metadata(step).custom_metadata or {}
            identity, checksums = metadata["identity"], metadata["checksums"]
        except (KeyError, TypeError) as error:
            raise self.damaged(step, "its metadata are damaged") from error
        except Exception as error:  # as below
            raise self._unreadable(step, error) from error
        if identity != self._identity:
            raise FileError(
                self.directory / str(step),
                "is a checkpoint of a run with other settings or training images: set config.checkpoint.dir to a "
                "folder of this run.",
            )
        try:
            state = self._manager.restore(step, args=ocp.args.StandardRestore(like))
        except Exception as error:  # orbax and tensorstore raise many kinds for damaged files
            if shutdown.is_sign_of_a_lost_process(error):
                raise
            raise self._unreadable(step, error) from error
        if [int(value) for value in compute_checksums(state)] != checksums:
            raise self.damaged(step, "its arrays are not those that were saved")
        return state

    def _unreadable(self, step: int, error: Exception) -> Exception:
        """Tells a place that does not answer, or not us, from a checkpoint that is damaged."""
        is_missing = isinstance(error, FileNotFoundError) or "No such file" in str(error)
        if retrying.is_transient(error) and not (is_missing and self.directory.exists()):
            return retrying.unavailable(self.directory / str(step), error)
        refused = isinstance(error, OSError) and not is_missing
        if not refused and not any(trouble in str(error) for trouble in _STORAGE_TROUBLE):
            return self.damaged(step, error)
        return FileError(
            self.directory / str(step),
            f"cannot be read now ({_first_line(error)}): mend that and run the same command again; the checkpoint is "
            "kept.",
        )

    def _write(self, operation: Callable[[], object]) -> None:
        """Does what the manager writes, and again with a new one where that fails: it keeps raising an old failure."""

        def attempt() -> None:
            try:
                operation()
            except Exception as error:
                if _is_transient(error):
                    self._manager = ocp.CheckpointManager(self.directory, options=self._options)
                raise

        with self._naming_storage_trouble():
            retrying.retry(attempt, self.directory)

    @contextmanager
    def _naming_storage_trouble(self, comes_back: bool = False) -> Iterator[None]:
        """Raises UserError where storage is full or refuses; RetryLater where it `comes_back` and does not answer."""
        try:
            yield
        except Exception as error:  # storage back ends have no kind of their own for a full disk
            if comes_back and _is_transient(error):
                raise retrying.unavailable(self.directory, error) from error
            if not isinstance(error, OSError) and not any(trouble in str(error) for trouble in _STORAGE_TROUBLE):
                raise
            reason = getattr(error, "strerror", None) or _first_line(error)
            raise FileError(
                self.directory,
                f"cannot keep checkpoints ({reason}): make room, or set config.checkpoint.dir to a folder that can be "
                "written; what was saved before is kept.",
            ) from error


def _is_transient(error: Exception) -> bool:
    return retrying.is_transient(error) and not shutdown.is_sign_of_a_lost_process(error)


def _first_line(reason: object) -> str:
    return (str(reason).strip().splitlines() or [type(reason).__name__])[0][:200]


@dataclass(frozen=True)
class _Best:
    """Orbax's question which checkpoints to preserve, answered from the scores."""

    table: ScoreTable

    def should_preserve(self, checkpoints: Sequence[Any], *, context: Any) -> list[bool]:
        """Returns for each checkpoint whether it is the best."""
        best = self.table.best_of([info.step for info in checkpoints])
        return [info.step == best for info in checkpoints]


def abstract_state(state: TrainState, sharding: jax.sharding.Sharding) -> TrainState:
    """Returns the shapes and types of a state, to be restored under the given sharding."""
    return jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=sharding), state)
