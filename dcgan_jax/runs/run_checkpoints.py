"""The checkpoints of a run: whether a training may go on, or begin, with those that there are."""

from collections.abc import Iterator
from contextlib import contextmanager

from dcgan_jax.errors import FieldError, FileError
from dcgan_jax.runs.restore import set_aside
from dcgan_jax.runs.training_data import TrainingData
from dcgan_jax.runs.workdir import Workdir, compute_identity
from dcgan_jax.runtime import processes
from dcgan_jax.settings import Settings
from dcgan_jax.storage.ownership import is_owned, take_ownership
from dcgan_jax.training.checkpoints import Checkpoints


@contextmanager
def checkpoints_of_run(
    settings: Settings, workdir: Workdir, data: TrainingData, total: int, before: Settings | None
) -> Iterator[Checkpoints]:
    """Opens the checkpoints of a run that may continue, or begin, and writes down in the workdir what it is.

    Args:
      settings: of the run.
      workdir: its folder; only the first process looks after it.
      data: what it trains on.
      total: steps that it is to have.
      before: the settings of the run that is continued; None where one begins.

    Raises:
      UserError: it may not; nothing of the run is changed then.
    """
    where, first = workdir.checkpoints(settings), processes.is_first()
    train_files, is_owner = data.train_files, False
    if first:
        train_files = workdir.check_train_files(data.train_files)
        is_owner = is_owned(where, workdir.run_id())
    here = compute_identity(settings, data.train_files)
    processes.require_same(here, "training images", "give all the same files in config.data.dir")
    identity = processes.from_first(compute_identity(settings, train_files))
    with Checkpoints(where, identity, settings.checkpoint.keep) as checkpoints:
        checkpoints.remove_half_removed()
        for stray in checkpoints.strays():
            if settings.checkpoint.on_damage == "error":
                raise checkpoints.damaged(stray, "it is empty, or was cut off when it was copied")
            set_aside(checkpoints, stray)
        steps = checkpoints.steps()
        if steps and steps[-1] > total:
            message = f"is fewer than the {steps[-1]} steps that the run has: give as many or more, or a new --workdir."
            raise FieldError("config.train.steps", total, message)
        if before and not steps:
            _require_unused(where, settings, before, workdir, is_owner)
        processes.require_same(
            [[step, bool(checkpoints.scores(step))] for step in steps],  # scored or not: whether all score it
            f"checkpoints in {where}",
            "give a config.checkpoint.dir that all reach, shared or gs://",
        )
        if first:
            take_ownership(where, workdir.run_id(), workdir.root)
            workdir.record(settings, train_files)
        yield checkpoints


def _require_unused(where: str, settings: Settings, before: Settings, workdir: Workdir, is_owner: bool) -> None:
    """Raises UserError where a run that goes on has kept checkpoints which are not there."""
    if before.checkpoint.dir != settings.checkpoint.dir:
        raise FieldError(
            "config.checkpoint.dir",
            settings.checkpoint.dir,
            f"holds no checkpoints, and the run has kept its own in {before.checkpoint.dir!r} so far (empty: in the "
            "workdir): move them first, or give that.",
        )
    if not is_owner:
        raise FileError(
            where,
            f"holds no checkpoints, and the run in {workdir.root} has kept its own there: bring the folder back (is "
            "it mounted?), or start anew in another --workdir.",
        )
