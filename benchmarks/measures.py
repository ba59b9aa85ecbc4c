"""Can a measure rank? Every score on sets of images whose order is known.

    python -m benchmarks.measures XRAYS --weights=FILE [--grids docs/images/results/small_cxr*_128000.png]

Real images that were not trained on have to come before 50 training images repeated, blurred training images and
images of the other class; and none of those may be near what the held-out images score. Three divisions of the
patients; features are kept in the cache. Minutes on a GPU, a quarter of an hour on a CPU core.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image, ImageFilter

from benchmarks.checkerboard import read_grid
from configs import default
from dcgan_jax.data.prepare import prepare
from dcgan_jax.data.prepared import Example, PreparedSet
from dcgan_jax.data.selection import select_training
from dcgan_jax.evaluation.featurizer import Featurizer, RealImages
from dcgan_jax.inception.preprocess import Preprocess
from dcgan_jax.inception.weights import load_inception_weights
from dcgan_jax.metrics.comparison import compute_scores
from dcgan_jax.settings import Settings

DIMS, SIZE = 768, 64
COUNT = 500
"""Images that stand where generated ones would."""

REPEATED = 50
BLUR = 1.0  # pixels, standard deviation
HOLDOUT = 0.42  # of the patients: 500 images and more
SEEDS = (0, 1, 2)
HELD_OUT, COPIES, BLURRED, OTHER = "held-out real images", "50 images repeated", "blurred by 1 pixel", "the other class"

Vectors = Float[np.ndarray, "image dims"]
Scores = dict[str, float]


class Measured:
    """Features of images by their file, computed once for all divisions."""

    def __init__(self, prepared: PreparedSet, weights: str):
        self._featurizer = Featurizer(load_inception_weights(weights), Preprocess("pillow"))
        self._prepared = prepared

    def of_examples(self, examples: Sequence[Example], name: str, blur: float = 0.0) -> dict[str, Vectors]:
        """Returns the features of each image by its file."""
        pixels = self._prepared.images(examples)
        if blur:
            pixels = np.stack([_blur(image, blur) for image in pixels])
        features = self.of_pixels(pixels, name)
        return {example.file: of_image for example, of_image in zip(examples, features, strict=True)}

    def of_pixels(self, pixels: UInt8[np.ndarray, "n size size 1"], name: str) -> Vectors:
        """Returns the features of images, from the cache where they were seen before."""
        return self._featurizer.measure_real(RealImages(pixels, (), ()), (DIMS,), f"features: {name}")[DIMS]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of X-rays with the classes NORMAL and PNEUMONIA")
    parser.add_argument("--weights", default="", help="Inception weights; empty: the official file")
    parser.add_argument("--grids", type=Path, nargs="*", default=[], help=f"grids of generated images, {SIZE}x{SIZE}")
    arguments = parser.parse_args()
    settings = Settings.from_config(default.get_config()).with_overrides(
        {"data.dir": str(arguments.data.resolve()), "data.image_size": SIZE, "data.holdout": HOLDOUT}
    )
    prepared = prepare(settings.data, 0)
    measured = Measured(prepared, arguments.weights)
    normal = [example for example in prepared.examples if (example.split, example.label) == ("train", "NORMAL")]
    other = [example for example in prepared.examples if (example.split, example.label) == ("train", "PNEUMONIA")]
    order = np.random.default_rng(0)
    plain = measured.of_examples(normal, "NORMAL")
    blurred = measured.of_examples([normal[i] for i in order.permutation(len(normal))[:1000]], "blurred", BLUR)
    unlike = measured.of_examples([other[i] for i in order.permutation(len(other))[: 3 * COUNT // 2]], "PNEUMONIA")
    by_seed: list[dict[str, Scores]] = []
    grids = {path.stem: measured.of_pixels(read_grid(path, SIZE)[..., None], path.stem) for path in arguments.grids}
    of_grids: list[dict[str, Scores]] = []
    for seed in SEEDS:
        training, held_out = ([one.file for one in part] for part in select_training(prepared, settings.data, seed))
        rng = np.random.default_rng(seed)
        real = np.stack([plain[file] for file in training])
        sets = {
            HELD_OUT: _choose(rng, [plain[file] for file in held_out], COUNT),
            COPIES: np.tile(_choose(rng, list(real), REPEATED), (COUNT // REPEATED, 1)),
            BLURRED: _choose(rng, [blurred[file] for file in training if file in blurred], COUNT),
            OTHER: _choose(rng, list(unlike.values()), COUNT),
        }
        by_seed.append({name: compute_scores(real, features) for name, features in sets.items()})
        for name, features in grids.items():
            sets[name] = features
        count = min(map(len, grids.values()), default=0)
        if count:
            alike = {HELD_OUT: sets[HELD_OUT][:count], **grids}
            of_grids.append({name: compute_scores(real, features[:count]) for name, features in alike.items()})
    print(f"{len(real):,} training images against {COUNT}, dims {DIMS}, {len(SEEDS)} divisions of the patients:\n")
    print_scores(by_seed)
    if of_grids:
        print(f"\n{len(real):,} training images against {count} of one grid each:\n")
        print_scores(of_grids)


def print_scores(by_seed: Sequence[Mapping[str, Scores]]) -> None:
    """Prints a row for each set of images: the lowest and the highest score over the divisions."""
    names = list(by_seed[0][HELD_OUT])
    print("| " + " | ".join(["", *names]) + " |\n" + "|---" * (len(names) + 1) + "|")
    for kind in by_seed[0]:
        cells = [_format([scores[kind][name] for scores in by_seed]) for name in names]
        print("| " + " | ".join([kind, *cells]) + " |")


def _format(values: Sequence[float]) -> str:
    return f"{min(values):.3g} to {max(values):.3g}"


def _choose(rng: np.random.Generator, features: Sequence[Vectors], count: int) -> Vectors:
    return np.stack([features[position] for position in rng.permutation(len(features))[:count]])


def _blur(image: UInt8[np.ndarray, "h w 1"], width: float) -> UInt8[np.ndarray, "h w 1"]:
    return np.asarray(Image.fromarray(image[..., 0]).filter(ImageFilter.GaussianBlur(width)))[..., None]


if __name__ == "__main__":
    main()
