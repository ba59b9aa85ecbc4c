"""The folder of one run: what lies where, and whether a command may continue in it."""

import logging
from dataclasses import dataclass
from pathlib import Path

from dcgan_jax.errors import UserError
from dcgan_jax.settings import Settings, makes_the_run

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Workdir:
    """One absolute folder per run, on a file system.

    Attributes:
      root: the folder.
    """

    root: Path

    @property
    def config(self) -> Path:
        """All settings of the run, resolved."""
        return self.root / "config.json"

    @property
    def train_files(self) -> Path:
        """Every image trained on: file, class, patient, sha256 of its pixels."""
        return self.root / "train_files.tsv"

    @property
    def metrics(self) -> Path:
        """Losses and accuracies, one JSON object a step."""
        return self.root / "metrics.jsonl"

    @property
    def summary(self) -> Path:
        """What the run came to."""
        return self.root / "summary.json"

    @property
    def samples(self) -> Path:
        """Grids of generated images, one for each step at which they were drawn."""
        return self.root / "samples"

    @property
    def figures(self) -> Path:
        """Curves, and real beside generated images."""
        return self.root / "figures"

    @property
    def evaluation(self) -> Path:
        """Records of scores, one for each checkpoint and protocol."""
        return self.root / "evaluation"

    @property
    def tensorboard(self) -> Path:
        """TensorBoard's event files."""
        return self.root / "tensorboard"

    def checkpoints(self, settings: Settings) -> str:
        """Returns where the run's checkpoints are: `checkpoint.dir`, or a folder in the workdir."""
        where = settings.checkpoint.dir
        if "://" in where:
            return where
        return str(Path(where).expanduser().resolve() if where else self.root / "checkpoints")

    def admit(self, settings: Settings, train_files: str) -> None:
        """Creates the folder or, where a run has been started in it, checks that the settings continue that run.

        Args:
          settings: of the run that is about to start or go on.
          train_files: what it trains on, the text of train_files.tsv.

        Raises:
          UserError: the folder cannot be written, a field that makes the run what it is has another value, or the
            training images are others.
        """
        try:
            for folder in (self.root, self.samples, self.figures):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(
                f"--workdir={self.root} cannot be written ({error.strerror}): choose another folder."
            ) from None
        if self.config.exists():
            _check_continuation(Settings.load(self.config), settings, self.root)
        if self.train_files.exists():
            self.check_train_files(train_files)
        settings.save(self.config)
        self.train_files.write_text(train_files, encoding="utf-8", errors="surrogateescape")

    def check_train_files(self, train_files: str) -> None:
        """Raises UserError unless this is the text of the run's train_files.tsv."""
        if self.train_files.read_text(encoding="utf-8", errors="surrogateescape") != train_files:
            raise UserError(
                f"The training images are not those of the run in {self.root} ({self.train_files.name} lists them): "
                "give the data of that run or a new --workdir."
            )


def _check_continuation(before: Settings, now: Settings, root: Path) -> None:
    differences = before.differences(now)
    refused = {name: values for name, values in differences.items() if makes_the_run(name)}
    if refused:
        fields = ", ".join(f"config.{name}={new!r} (the run has {old!r})" for name, (old, new) in refused.items())
        raise UserError(f"{root} holds a run with other settings: {fields}; give the run's values or a new --workdir.")
    for name, (old, new) in differences.items():
        logger.info("continuing with config.%s=%r instead of %r", name, new, old)
