"""What a trial keeps in its workdir, so that one that was stopped goes on: its plan and the trained classifiers."""

import hashlib
import logging
from pathlib import Path
from typing import NamedTuple

from flax import serialization
from jaxtyping import PyTree

from dcgan_jax.errors import FileError, UserError
from dcgan_jax.storage import atomic_file
from dcgan_jax.trial.arms import Unit
from dcgan_jax.trial.plan_record import Plan

PLAN = "plan.json"

logger = logging.getLogger(__name__)


class Trained(NamedTuple):
    """A classifier with what the validation images say of it."""

    params: PyTree
    step: int  # completed updates of the state that was kept
    curve: list[list[float]]  # rows of completed updates, loss, area under the validation images' ROC curve
    threshold: float  # chosen on the validation images
    num_real: int  # real training images, each counted once
    num_added: int  # synthetic or duplicated images


class Store:
    """The folder of a trial's parts."""

    def __init__(self, folder: Path):
        self._folder = folder

    def begin(self, plan: Plan, is_finished: bool) -> None:
        """Writes the plan down before anything is trained, or finds that it is the one that was begun.

        The files of a finished trial stay as they are.

        Raises:
          UserError: another trial was begun here, or this one by a version whose classifiers carry no checksum.
        """
        path, begun = self._folder / PLAN, self.read_plan()
        if begun and (changed := plan.differences(begun)):
            raise FileError(
                self._folder.parent,
                f"holds a trial with another {', '.join(changed)} ({path}): give the values of that trial or a new "
                "--workdir.",
            )
        if begun and begun.arms is None and not is_finished:
            raise FileError(
                self._folder.parent,
                "holds a trial that was begun by an older version, whose classifiers carry no checksum that would show "
                "damage: give a new --workdir, or finish it with that version.",
            )
        if not begun:
            self._folder.mkdir(parents=True, exist_ok=True)
            plan.write(path)

    def read_plan(self) -> Plan | None:
        """Returns the plan of the trial that was begun here, None where there is none."""
        try:
            return Plan.read(self._folder / PLAN)
        except FileNotFoundError:
            return None

    def has(self, unit: Unit) -> bool:
        """Returns whether a classifier is trained already; one whose file is damaged is named, and is not."""
        try:
            self.read(unit)
        except FileNotFoundError:
            return False
        except UserError as error:
            logger.warning("warning: %s", error)
            return False
        return True

    def write(self, unit: Unit, trained: Trained) -> None:
        """Keeps a classifier: the SHA-256 of what follows, in a line, and what it is."""
        content = serialization.msgpack_serialize(trained._asdict())
        digest = hashlib.sha256(content).hexdigest()
        atomic_file.write_bytes(self._path(unit), f"{digest}\n".encode() + content)

    def read(self, unit: Unit) -> Trained:
        """Returns a classifier.

        Raises:
          FileNotFoundError: it is not trained yet.
          UserError: its file is damaged, or can't be read.
        """
        path = self._path(unit)
        try:
            digest, _, content = path.read_bytes().partition(b"\n")
        except FileNotFoundError:
            raise
        except OSError as error:
            raise FileError(path, f"can't be read ({error.strerror}): permit it, or delete it.") from None
        if hashlib.sha256(content).hexdigest().encode() != digest:
            raise FileError(path, "is damaged (its checksum differs): the same command trains that classifier again.")
        return Trained(**serialization.msgpack_restore(content))

    def _path(self, unit: Unit) -> Path:
        return self._folder / f"{unit.name}.msgpack"
