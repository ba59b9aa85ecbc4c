"""What a trial keeps in its workdir, so that one that was stopped goes on: its plan and the trained classifiers."""

import json
import logging
from pathlib import Path
from typing import Any, NamedTuple

from flax import serialization
from jaxtyping import PyTree

from dcgan_jax.errors import UserError
from dcgan_jax.storage import atomic_file
from dcgan_jax.trial.arms import Unit

PLAN = "plan.json"

logger = logging.getLogger(__name__)


class Trained(NamedTuple):
    """A classifier with what the validation images say of it.

    Attributes:
      params: its weights.
      step: completed updates of the state that was kept.
      curve: rows of completed updates, loss, area under the validation images' ROC curve.
      threshold: chosen on the validation images.
      num_real: real training images, each counted once.
      num_added: synthetic or duplicated images.
    """

    params: PyTree
    step: int
    curve: list[list[float]]
    threshold: float
    num_real: int
    num_added: int


class Store:
    """The folder of a trial's parts."""

    def __init__(self, folder: Path):
        self._folder = folder

    def begin(self, plan: dict[str, Any]) -> None:
        """Writes the plan down before anything is trained, or finds that it is the one that was begun.

        Raises:
          UserError: another trial was begun here.
        """
        path = self._folder / PLAN
        if path.is_file():
            begun = json.loads(path.read_text())
            changed = [name for name in plan if begun.get(name) != json.loads(json.dumps(plan[name]))]
            if changed:
                raise UserError(
                    f"{self._folder.parent} holds a trial with another {', '.join(changed)} ({path}): give the values "
                    "of that trial or a new --workdir."
                )
        self._folder.mkdir(parents=True, exist_ok=True)
        atomic_file.write_text(path, json.dumps(plan, indent=1) + "\n")

    def has(self, unit: Unit) -> bool:
        """Returns whether a classifier is trained already."""
        return self._path(unit).is_file()

    def write(self, unit: Unit, trained: Trained) -> None:
        """Keeps a classifier."""
        atomic_file.write_bytes(self._path(unit), serialization.msgpack_serialize(trained._asdict()))

    def read(self, unit: Unit) -> Trained:
        """Returns a classifier.

        Raises:
          UserError: its file is damaged.
        """
        path = self._path(unit)
        try:
            return Trained(**serialization.msgpack_restore(path.read_bytes()))
        except (TypeError, ValueError) as error:
            raise UserError(f"{path} is damaged ({error}): delete it, and the same command trains it again.") from None

    def _path(self, unit: Unit) -> Path:
        return self._folder / f"{unit.name}.msgpack"
