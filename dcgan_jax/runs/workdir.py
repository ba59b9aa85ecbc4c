"""The folder of one run: what lies where, and whether a command may continue in it."""

import hashlib
import json
import logging
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from dcgan_jax.data.tables import read_text
from dcgan_jax.data.train_files import describe_difference, parse_train_files
from dcgan_jax.errors import FieldError, FileError
from dcgan_jax.runs.summary import Summary
from dcgan_jax.settings import RUN_SECTIONS, Settings, makes_the_run
from dcgan_jax.storage import atomic_file

logger = logging.getLogger(__name__)


class _Place:
    """A path below a workdir's root."""

    def __init__(self, name: str):
        self._name = name

    def __get__(self, workdir: "Workdir", owner: type) -> Path:
        return workdir.root / self._name


@dataclass(frozen=True)
class Workdir:
    """One absolute folder per run, on a file system.

    Attributes:
      root: the folder.
      command: arguments of the command that works in it; none where Python code does.
    """

    root: Path
    command: tuple[str, ...] = ()

    config = _Place("config.json")
    """All settings of the run, resolved."""
    train_files = _Place("train_files.tsv")
    """Every image trained on: file, class, patient, sha256 of its pixels."""
    starts = _Place("starts.jsonl")
    """The commands that made what the folder holds, one JSON object a start."""
    report = _Place("report.html")
    """All of it on one page."""
    origin = _Place("origin.json")
    """Whose weights it began with; only with `train.init_from`."""
    origin_files = _Place("origin_files.tsv")
    """Every image that those weights had been trained on, as `train_files` lists them."""
    metrics = _Place("metrics.jsonl")
    """Losses and accuracies, one JSON object a step."""
    summary = _Place("summary.json")
    """What the run came to; written last."""
    samples = _Place("samples")
    """Grids of generated images, one for each step at which they were drawn, and the newest as latest.png."""
    figures = _Place("figures")
    """Curves, and real beside generated images."""
    evaluation = _Place("evaluation")
    """Records of scores, one for each checkpoint and protocol."""
    tensorboard = _Place("tensorboard")
    """TensorBoard's event files."""

    def checkpoints(self, settings: Settings) -> str:
        """Returns where the run's checkpoints are: `checkpoint.dir`, or a folder in the workdir."""
        return settings.checkpoint.dir or str(self.root / "checkpoints")

    @contextmanager
    def locked(self, name: str = ".lock") -> Iterator[None]:
        """Creates the folder and keeps every other process that asks for this lock out of it while entered.

        Raises UserError if it cannot.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.root / name).acquire(timeout=0)
        except Timeout:
            message = "is in use by another process: wait for it or stop it, or give another folder."
            raise FieldError("--workdir", self.root, message) from None
        except OSError as error:
            message = f"cannot be written ({error.strerror}): choose another folder."
            raise FieldError("--workdir", self.root, message) from None
        with lock:  # released at the end, and by the system when the process dies
            yield

    def settings(self, overrides: dict[str, Any], sections: Sequence[str] = RUN_SECTIONS) -> Settings:
        """Returns the settings of the run with overrides, for what takes a run up.

        Args:
          overrides: by the dotted names of the fields.
          sections: of the settings that are going to be used.

        Raises:
          UserError: no run was started here, a field cannot be so, or an override would make it another run.
        """
        own = Settings.load(self.config, sections)
        settings = own.with_overrides(overrides)
        self._refuse_another_run(own, settings)
        return settings

    def check_settings(self, settings: Settings) -> Settings | None:
        """Returns the settings of the run that these would continue, or None where they start one; logs what changes.

        Raises UserError where they would make it another run.
        """
        if not self.config.exists():
            return None
        own = Settings.load(self.config, RUN_SECTIONS)
        settings = settings.with_num_classes(own.model.num_classes)
        self._refuse_another_run(own, settings)
        for name, (before, now) in own.differences(settings).items():
            logger.info("continuing with config.%s=%r instead of %r", name, now, before)
        return own

    def check_train_files(self, train_files: str) -> str:
        """Returns the train_files.tsv of the run, or this one where none was started here.

        The two list the same images; whose they are may be told otherwise by another version. Raises UserError where a
        run was started here on other images.
        """
        if not self.train_files.exists():
            return train_files
        own = self._read_train_files()
        if own == train_files:
            return own
        there, here = (parse_train_files(text, self.train_files) for text in (own, train_files))
        if difference := describe_difference(there, here):
            raise FileError(
                self.train_files,
                f"lists other training images than these: {difference}; give the data of that run, to the version of "
                "dcgan_jax that began it (another may tell patients apart in another way), or a new --workdir.",
            )
        return own

    def run_id(self) -> str:
        """Returns a name of the run that no other has; drawn at its first start."""
        path = self.root / ".run_id"
        if not path.exists():
            atomic_file.write_text(path, f"{uuid.uuid4().hex}\n")
        return path.read_text().strip()

    def record(self, settings: Settings, train_files: str) -> None:
        """Writes down what the run is."""
        settings.save(self.config)
        atomic_file.write_text(self.train_files, train_files)

    def identity(self, settings: Settings) -> str:
        """Returns the identity of the run that was started here."""
        return compute_identity(settings, self._read_train_files())

    def is_complete(self, total: int, scored: bool) -> bool:
        """Returns whether the run has come to its end: all steps and, where it is scored, the report."""
        summary = self.read_summary()
        return summary is not None and summary.step == total and bool(summary.scores or not scored)

    def read_summary(self) -> Summary | None:
        """Returns summary.json, or None where the run has not come to an end; raises UserError if it is damaged."""
        try:
            return Summary.read(self.summary, remedy="remove it, and train the run once more")
        except FileNotFoundError:
            return None

    def _read_train_files(self) -> str:
        try:
            return read_text(self.train_files)
        except OSError as error:
            reason = f"cannot be read ({error.strerror}), and without it nobody knows what the run was trained on"
            raise FileError(self.train_files, f"{reason}: restore it.") from None

    def _refuse_another_run(self, own: Settings, settings: Settings) -> None:
        refused = {name: values for name, values in own.differences(settings).items() if makes_the_run(name)}
        if refused:
            (name, (before, now)), *more = refused.items()
            others = "".join(f", and config.{other}={has} in place of {asked}" for other, (has, asked) in more)
            there = f"makes another run than that in {self.root}, which has {before}{others}"
            raise FieldError(f"config.{name}", now, f"{there}: give its values or a new --workdir.")


def compute_identity(settings: Settings, train_files: str) -> str:
    """Returns a digest of what makes a run what it is: fields and training images. Its checkpoints carry it."""
    fields = json.dumps(settings.identity(), sort_keys=True)
    return hashlib.sha256(f"{fields}\n{train_files}".encode("utf-8", errors="surrogateescape")).hexdigest()
