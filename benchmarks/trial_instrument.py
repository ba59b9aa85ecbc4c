"""Can the trial tell? Its "synthetic" images are real ones held back, noise, or real ones of the other class.

    python -m benchmarks.trial_instrument DATA_DIR OUT_DIR [--fraction=0.03] [--ratio=8] [--kinds held_back noise]

With few real images, held-back real ones of the rare class must help, and the other two must not. Prints the primary
comparison of each; docs/results.md has those on the published X-rays. A quarter of an hour on a CPU core. Each
trial is in a workdir of its own below OUT_DIR; the same command goes on with one that was stopped.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from configs import default
from dcgan_jax.data.prepare import prepare
from dcgan_jax.data.prepared import Example
from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.settings import Settings
from dcgan_jax.trial.run import trial
from dcgan_jax.trial.splits import split_for_trial

Pixels = UInt8[np.ndarray, "height width"]


def main() -> None:
    """Runs the three trials."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of X-rays with two classes")
    parser.add_argument("out", type=Path, help="folder for the trials")
    parser.add_argument(
        "--fraction", type=float, default=0.03, help="share of the training patients that is trained on"
    )
    parser.add_argument("--ratio", type=float, default=8.0, help="further images per real one of the rare class")
    parser.add_argument("--steps", type=int, default=200, help="updates of every classifier")
    parser.add_argument("--seeds", type=int, default=8, help="classifier seeds")
    parser.add_argument(
        "--kinds", nargs="+", choices=list(KINDS), default=list(KINDS), help="what stands for synthetic"
    )
    arguments = parser.parse_args()
    settings = Settings.from_config(default.get_config()).with_overrides(
        {
            "data.dir": str(arguments.data.resolve()),
            "data.image_size": 64,
            "trial.arms": ("synthetic",),
            "trial.fractions": (arguments.fraction,),
            "trial.ratios": (arguments.ratio,),
            "trial.seeds": arguments.seeds,
            "trial.generator_seeds": 1,
            "trial.steps": arguments.steps,
            "trial.base_channels": 8,
        }
    )
    for name in arguments.kinds:
        folder = arguments.out.resolve() / name
        if not (folder / "images").is_dir():
            KINDS[name](settings, folder / "images")
        own = settings.with_overrides({"trial.synthetic_dir": str(folder / "images")})
        trial(own, Workdir(folder / "trial"))
        result = json.loads((folder / "trial" / "trial.json").read_text())
        print(f"\n{name}: {result['primary']['verdict']} p = {result['primary']['p_value']:.2g}\n", flush=True)


def held_back(settings: Settings, folder: Path) -> None:
    """Writes real images of the rare class whose patients the arm does not train on."""
    label = settings.data.label
    _write(settings, folder, lambda example: example.label == label, lambda pixels, rng: pixels)


def mislabeled(settings: Settings, folder: Path) -> None:
    """Writes real images of the other class under the name of the rare one."""
    label = settings.data.label
    _write(settings, folder, lambda example: example.label != label, lambda pixels, rng: pixels)


def noise(settings: Settings, folder: Path) -> None:
    """Writes noise with the brightness of each held-back image of the rare class."""
    label = settings.data.label
    _write(settings, folder, lambda example: example.label == label, _scramble)


KINDS = {"held_back": held_back, "noise": noise, "mislabeled": mislabeled}


def _write(
    settings: Settings,
    folder: Path,
    is_wanted: Callable[[Example], bool],
    change: Callable[[Pixels, np.random.Generator], Pixels],
) -> None:
    prepared = prepare(settings.data, settings.seed)
    split = split_for_trial(prepared, settings.with_overrides({"trial.fractions": (1.0, *settings.trial.fractions)}))
    used = {example.patient for example in split.training[settings.trial.fractions[0]]}
    chosen = [example for example in split.training[1.0] if is_wanted(example) and example.patient not in used]
    place = folder / settings.data.label
    place.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for index, image in enumerate(prepared.images(chosen)):
        Image.fromarray(change(image[..., 0], rng)).save(place / f"{index:05d}.png")


def _scramble(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    return rng.permutation(pixels.ravel()).reshape(pixels.shape)


if __name__ == "__main__":
    main()
