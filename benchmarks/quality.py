"""How good the images of several configurations are, after the same number of images and on the same seeds.

    python benchmarks/quality.py --configs=cxr,cxr_best --scale=small --out=runs/quality --data_dir=XRAYS

Each run is `launch.py` with a workdir of its own under --out, so the command can be stopped at any time and given
again: finished runs are not run again, a started one continues. Records go to results.json, tables of them into
results.md, and curves of the scores and grids of generated images beside it, in --docs. The scale says how many images
are seen and what every configuration has in common; what they differ in is theirs.
"""

import hashlib
import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from absl import app, flags

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it runs as a script

from benchmarks.commands import run_and_wait
from benchmarks.quality_curves import save_history
from benchmarks.quality_page import update_page
from benchmarks.quality_records import QualityRecord, create_record, load_records, save_record
from benchmarks.recipes import config_flag, load_settings
from dcgan_jax.errors import EXIT_USER_ERROR, FieldError, FileError, UserError
from dcgan_jax.evaluation.record import EvaluationRecord, read_evaluation, record_of_class
from dcgan_jax.runtime.progress import track

CONFIGS = flags.DEFINE_list("configs", ["cxr", "cxr_best"], "Files of configs/, without .py; `ablation:average` works.")
SEEDS = flags.DEFINE_list("seeds", ["0", "1", "2"], "Seeds of the runs.")
SCALE = flags.DEFINE_enum(
    "scale",
    "small",
    ["small", "eighth", "full"],
    "small: minutes to hours on a CPU; eighth: the paper's run at an "
    "eighth of its width, a day on a CPU; full: the paper's, for a GPU.",
)
OUT = flags.DEFINE_string("out", "runs/quality", "Folder of the runs.")
DOCS = flags.DEFINE_string("docs", "docs", "Folder of results.json, results.md and the grids.")
DATA_DIR = flags.DEFINE_string("data_dir", "", "Folder of X-rays; empty: the published archive.")
WEIGHTS = flags.DEFINE_string("weights", "", "Inception weights; empty: the official file.")
LATENT_SEEDS = flags.DEFINE_integer("latent_seeds", 10, "Generated sets a score is the mean of; 10 give intervals.")
DTYPE = flags.DEFINE_enum(
    "dtype",
    "float32",
    ["float32", "bfloat16"],
    "Compute type of the networks; CPUs with AMX and accelerators are faster in bfloat16.",
)
IMAGES = flags.DEFINE_integer("images", 0, "Images seen by each run; 0: what the scale says.")

EXIT_CODES = {2: "has to be mended first", 75: "was stopped: give the same command again"}


@dataclass(frozen=True)
class Scale:
    """What runs of one scale have in common.

    Attributes:
      images_seen: steps times batch size.
      overrides: fields that are the same for all configurations.
      scores: how many times a run is scored while it trains; 0: as its configuration says.
    """

    images_seen: int
    overrides: dict[str, Any]
    scores: int = 0


SCALES = {
    "small": Scale(
        images_seen=25_600,
        overrides={
            "data.image_size": 64,
            "data.holdout": 0.1,
            "model.base_channels": 8,
            "eval.every_epochs": 0,
            "eval.preprocess": "pillow",
            "eval.num_samples": 500,
        },
    ),
    "eighth": Scale(
        images_seen=640_000,
        overrides={
            "data.holdout": 0.1,
            "model.base_channels": 8,
            "eval.every_epochs": 0,
            "eval.preprocess": "pillow",
            "eval.num_samples": 500,
        },
        scores=10,
    ),
    "full": Scale(images_seen=640_000, overrides={"eval.protocol": "paper"}),  # 500 epochs of 10 steps of 128
}


@dataclass(frozen=True)
class Run:
    """One configuration at one scale with one seed."""

    config: str
    scale: str
    seed: int
    images_seen: int

    @property
    def workdir(self) -> Path:
        """Where the run lives."""
        name = f"{self.config.replace(':', '_')}-{self.images_seen}-{self.seed}"
        if DTYPE.value != "float32":
            name += f"-{DTYPE.value}"
        return Path(OUT.value).absolute() / self.scale / name

    def fields(self) -> dict[str, Any]:
        """Returns what the run overrides of its configuration.

        Rates that fall in a part of a run fall in the same part of a shorter one.

        Raises:
          UserError: its batch size does not divide the number of images.
        """
        settings = load_settings(self.config)
        batch_size, optimizer = settings.train.batch_size, settings.optimizer
        if self.images_seen % batch_size:
            raise FieldError(
                "--images",
                self.images_seen,
                f"is no multiple of the batch size of {self.config}: give a multiple of {batch_size}.",
            )
        scale, steps = SCALES[self.scale], self.images_seen // batch_size
        scored = {"eval.every_steps": max(steps // scale.scores, 1)} if scale.scores else {}
        fall = {}
        if optimizer.decay_end:
            start = steps * optimizer.decay_start // optimizer.decay_end
            fall = {"optimizer.decay_start": start, "optimizer.decay_end": steps}
        computed = {"model.dtype": DTYPE.value} if DTYPE.value != "float32" else {}
        return scale.overrides | {"seed": self.seed, "train.steps": steps} | computed | scored | fall

    def flags(self) -> list[str]:
        """Returns launch.py's flags but for paths, which differ from machine to machine."""
        return [f"--config.{name}={value}" for name, value in self.fields().items()]

    def settings_sha256(self) -> str:
        """Returns a digest of what makes the run what it is, so that a changed configuration is another run."""
        settings = load_settings(self.config).with_overrides(self.fields())
        identity = {**settings.identity(), "train.steps": settings.train.steps}
        return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()

    def train(self) -> None:
        """Trains to the end; continues where it was stopped."""
        paths = [f"--config.data.dir={_absolute(DATA_DIR.value)}", f"--config.eval.seeds={LATENT_SEEDS.value}"]
        self._launch("train", [config_flag(self.config), *self.flags(), *paths])

    def evaluate(self) -> EvaluationRecord:
        """Scores the best checkpoint, or the last where none was chosen, and returns the record."""
        records = self.workdir / "evaluation"
        if not any(records.glob("step_*.json")):
            self._launch("evaluate", [f"--config.eval.seeds={LATENT_SEEDS.value}"])
        newest = max(records.glob("step_*.json"), key=lambda path: path.stat().st_mtime)
        return record_of_class(read_evaluation(newest), load_settings(self.config).data.label)

    def _launch(self, mode: str, arguments: Sequence[str]) -> None:
        weights = f"--config.eval.weights={_absolute(WEIGHTS.value)}"
        # The configuration comes before what overrides it.
        command = [sys.executable, "launch.py", f"--mode={mode}", f"--workdir={self.workdir}", *arguments, weights]
        code = run_and_wait(command)
        if code:
            print(f"{self.workdir} {EXIT_CODES.get(code, 'has failed')} (exit code {code}).", file=sys.stderr)
            sys.exit(code if code > 0 else 1)


def main(argv: Sequence[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"Unknown argument {argv[1]!r}.")
    images_seen = IMAGES.value or SCALES[SCALE.value].images_seen
    docs = Path(DOCS.value)
    try:
        runs = [Run(config, SCALE.value, int(seed), images_seen) for seed in SEEDS.value for config in CONFIGS.value]
        finished = [find_record(docs, run) is not None for run in runs]
    except (UserError, ImportError, ValueError) as error:
        print(error, file=sys.stderr)
        sys.exit(EXIT_USER_ERROR)
    for run, is_finished in track(list(zip(runs, finished, strict=True)), len(runs), "Runs", "runs"):
        if not is_finished:
            run.train()
            record = create_record(run.evaluate(), run.workdir, describe(run))
            if run.seed == int(SEEDS.value[0]):
                copy_grid(run, docs)
            save_record(docs / "results.json", record)
            records = load_records(docs / "results.json")
            update_page(docs / "results.md", records)
            save_history(
                [known for known in records if known.scale == run.scale],
                docs / "images" / "results" / f"{run.scale}_scores.png",
            )


def find_record(docs: Path, run: Run) -> QualityRecord | None:
    """Returns the record of a run that is finished, or None.

    Raises:
      UserError: there is one of the same name whose configuration has changed since.
    """
    same, digest = (run.scale, run.config, run.images_seen, run.seed), run.settings_sha256()
    found = next((record for record in load_records(docs / "results.json") if record.run == same), None)
    if found and found.settings_sha256 != digest:
        raise FileError(
            docs / "results.json",
            f"holds a record of {run.config} (seed {run.seed}) from before its configuration changed: remove that "
            "record and its workdir, or give another --docs and --out.",
        )
    return found


def describe(run: Run) -> dict[str, Any]:
    """Returns what a record says of its run; paths in the command are for the reader to fill in."""
    paths = ["--config.data.dir=XRAYS"] if DATA_DIR.value else []
    command = ["python", "launch.py", config_flag(run.config), *run.flags(), *paths, "--workdir=WORKDIR"]
    return {
        "config": run.config,
        "scale": run.scale,
        "seed": run.seed,
        "images_seen": run.images_seen,
        "settings_sha256": run.settings_sha256(),
        "command": " ".join(command),
    }


def copy_grid(run: Run, docs: Path) -> None:
    """Copies the last grid of generated images; real images stay in the workdir."""
    grid = max((run.workdir / "samples").glob("step_*.png"))
    name = f"{run.scale}_{run.config.replace(':', '_')}_{run.images_seen}.png"
    target = docs / "images" / "results" / name
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(grid, target)


def _absolute(path: str) -> str:
    return str(Path(path).absolute()) if path else ""


if __name__ == "__main__":
    app.run(main)
