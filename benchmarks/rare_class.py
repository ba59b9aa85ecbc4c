"""What do images of another class teach a generator of a rare one?

    python -m benchmarks.rare_class XRAYS OUT --weights=WEIGHTS [--rare=NORMAL] [--other=PNEUMONIA] [--images=64000]

For each share of the rare class's patients, generators see as many images: `alone` of the rare class alone; `all` of it
and of the other class, told apart by their labels; `balanced`, the same, but every class as often; `init_from`, of the
rare class alone, begins with the weights of a run of the other class, which saw as many images before. A tenth of each
class's patients is in no run. The images are compared with all others of the rare class, seen and unseen, and by KID
with those of its tenth. *Nearest is seen* is the share of the images whose nearest real one was trained on; beside
it, the share of real ones that were: what a generator that copies nothing has.

Runs are launch.py's, each in a workdir of its own below OUT: the same command goes on with one that was stopped.
"""

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.spatial.distance import cdist

from benchmarks.commands import run_and_wait
from benchmarks.recipes import config_flag, load_settings
from benchmarks.table import Table
from dcgan_jax import extract_features, open_run
from dcgan_jax.data.prepare import prepare
from dcgan_jax.data.prepared import Example, PreparedSet
from dcgan_jax.data.selection import select_training
from dcgan_jax.metrics.comparison import compute_scores
from dcgan_jax.metrics.kernel_distance import compute_kernel_distance
from dcgan_jax.settings import ALL_CLASSES, Settings

HOLDOUT = 0.1
COLUMNS = {
    "fraction": ("patients", ".0%"),
    "real": ("real images", ">6d"),
    "way": ("", "<9"),
    "fid": ("FID", ">6.3f"),
    "kid": ("KID x 1000, unseen", ">7.3f"),
    "irs": ("IRS", ">6.3f"),
    "trace_ratio": ("trace", ".3f"),
    "vendi": ("Vendi", ".1f"),
    "coverage": ("coverage", ".3f"),
    "precision": ("precision", ".3f"),
    "seen": ("nearest is seen", ".3f"),
    "expected": ("expected", ".3f"),
}


def main() -> None:
    """Trains and compares the generators, and prints a row for each."""
    arguments = parse_arguments()
    settings = load_settings(arguments.recipe).with_overrides(
        {
            "data.dir": str(arguments.data.resolve()),
            "data.label": arguments.rare,
            "data.image_size": arguments.size,
            "data.holdout": HOLDOUT,
            "data.split_seed": 0,
        }
    )
    prepared = prepare(settings.data, 0)
    whole, held_out = select_training(prepared, settings.data, 0)
    reference, unseen = (features_of(prepared, examples, arguments.weights) for examples in (whole, held_out))
    table = Table(COLUMNS)
    table.print_header()
    for fraction in arguments.fractions:
        own = settings.with_overrides({"data.fraction": fraction})
        training, _ = select_training(prepared, own.data, 0)
        is_seen = np.isin([example.file for example in whole], [example.file for example in training])
        for way in arguments.ways:
            workdir = arguments.out.resolve() / f"{way}-{fraction}"
            train(way, own, training, prepared, workdir, arguments)
            images = open_run(workdir).sample(arguments.generated, seed=0, label=arguments.rare)
            features = extract_features(images, weights=arguments.weights, preprocess="pillow")
            nearest = cdist(features, reference).argmin(axis=1)
            row = compute_scores(reference, features) | {
                "fraction": fraction,
                "real": len(training),
                "way": way,
                "kid": 1000 * compute_kernel_distance(unseen, features),
                "seen": is_seen[nearest].mean(),
                "expected": is_seen.mean(),
            }
            table.print_row(row)


def train(
    way: str,
    settings: Settings,
    training: Sequence[Example],
    prepared: PreparedSet,
    workdir: Path,
    arguments: argparse.Namespace,
) -> None:
    """Trains the generator of one way to the end, and the run that it begins with before it."""
    fields = {name: getattr(settings.data, name) for name in ("dir", "label", "holdout", "fraction", "split_seed")}
    if way in ("all", "balanced"):
        # All of the other class and a part of this one, whose held-out patients are not there.
        other = settings.with_overrides({"data.label": arguments.other, "data.fraction": 1.0})
        folder = workdir.parent / f"{settings.data.label}-{settings.data.fraction}-and-{arguments.other}"
        copy_images(settings.data.dir, folder, [*training, *select_training(prepared, other.data, 0)[0]])
        fields = {"dir": folder, "label": ALL_CLASSES, "sampling": "balanced" if way == "balanced" else "replacement"}
    begun_with = {}
    if way == "init_from":
        origin = workdir.parent / "origin"
        launch(origin, {**data_fields(fields), "data.label": arguments.other, "data.fraction": 1.0}, arguments)
        begun_with = {"train.init_from": origin}
    launch(workdir, data_fields(fields) | begun_with, arguments)


def data_fields(fields: dict[str, object]) -> dict[str, object]:
    """Returns fields of `config.data` by their dotted names."""
    return {f"data.{name}": value for name, value in fields.items()}


def copy_images(source: str, folder: Path, examples: Sequence[Example]) -> None:
    """Copies images of a source, so that their folder holds these alone."""
    for example in examples:
        target = folder / example.file
        if not target.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            begun = target.with_name(f"{target.name}.part")  # whole or not there, wherever this is stopped
            shutil.copyfile(Path(source) / example.file, begun)
            begun.replace(target)


def launch(workdir: Path, fields: dict[str, object], arguments: argparse.Namespace) -> None:
    """Runs launch.py to the end of a training; leaves with its exit code if it fails."""
    recipe = load_settings(arguments.recipe)
    steps, optimizer = arguments.images // recipe.train.batch_size, recipe.optimizer
    fields = fields | {
        "data.image_size": arguments.size,
        "model.base_channels": arguments.base_channels,
        "model.dtype": arguments.dtype,
        "seed": arguments.seed,
        "train.steps": steps,
        "optimizer.decay_start": steps * optimizer.decay_start // optimizer.decay_end,
        "optimizer.decay_end": steps,
        "eval.every_epochs": 0,
    }
    flags = [f"--config.{name}={value}" for name, value in fields.items()]
    command = [sys.executable, "launch.py", config_flag(arguments.recipe), f"--workdir={workdir}", *flags]
    if code := run_and_wait(command):
        sys.exit(code if code > 0 else 1)


def features_of(prepared: PreparedSet, examples: Sequence[Example], weights: str) -> np.ndarray:
    """Returns the 768 features of prepared images."""
    return extract_features(prepared.images(examples), weights=weights, preprocess="pillow")


def parse_arguments() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of X-rays with two classes")
    parser.add_argument("out", type=Path, help="folder for the runs")
    parser.add_argument("--weights", default="", help="Inception weights; empty: the official file")
    parser.add_argument("--recipe", default="cxr_best", help="configuration that all are trained with")
    parser.add_argument("--rare", default="NORMAL", help="the class of which there are few")
    parser.add_argument("--other", default="PNEUMONIA", help="the class of which there are many")
    parser.add_argument("--fractions", type=float, nargs="+", default=[0.03, 0.1, 1.0], help="of the rare patients")
    parser.add_argument("--ways", nargs="+", default=["alone", "all", "balanced", "init_from"])
    parser.add_argument("--images", type=int, default=64_000, help="images that each generator sees")
    parser.add_argument("--size", type=int, default=64, help="pixels a side")
    parser.add_argument("--base_channels", type=int, default=8, help="width of the networks")
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], default="bfloat16")
    parser.add_argument("--generated", type=int, default=500, help="images that are compared")
    parser.add_argument("--seed", type=int, default=0, help="of the runs")
    return parser.parse_args()


if __name__ == "__main__":
    main()
