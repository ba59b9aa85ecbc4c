"""Scores two folders of images, the way pytorch-fid is called.

python -m dcgan_jax.evaluation REAL GENERATED --dims=768
python -m dcgan_jax.evaluation --save_stats FOLDER FILE.npz --dims=768
python -m dcgan_jax.evaluation --features=FILE.npz
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn, get_args

from dcgan_jax.errors import EXIT_USER_ERROR, FileError, UserError
from dcgan_jax.evaluation.folder import Intensity, compute_folder_features, find_images
from dcgan_jax.evaluation.set_scores import Network, SetScores, is_statistics, score_features, score_paths
from dcgan_jax.evaluation.statistics_file import write_statistics
from dcgan_jax.inception.features import FeatureExtractor
from dcgan_jax.inception.network import DIMS
from dcgan_jax.inception.preprocess import Preprocess
from dcgan_jax.inception.weights import load_inception_weights
from dcgan_jax.metrics.comparison import SCORES
from dcgan_jax.metrics.frechet import fit_gaussian


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UserError(f"{message}; see python -m dcgan_jax.evaluation --help.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    try:
        options = _parse(arguments)
        _check_paths(options)
        if options.save_stats:
            _save_statistics(options)
            return 0
        record = _score(options)
        if options.json:
            record.write(Path(options.json))
    except UserError as error:
        print(error, file=sys.stderr)
        return EXIT_USER_ERROR
    except OSError as error:
        if error.filename is None:
            raise
        print(f"{error.filename} can't be used ({error.strerror}): permit it or choose another path.", file=sys.stderr)
        return EXIT_USER_ERROR
    for warning in record.warnings:
        print(f"Warning: {warning}", file=sys.stderr)
    for name in SCORES:
        if (score := getattr(record, name)) is not None:
            print(f"{name:16}{score:.6f}")
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = _Parser(
        prog="python -m dcgan_jax.evaluation",
        description="Scores generated images against real ones.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "real", nargs="?", help="folder of real images (searched recursively), or a .npz with mu and sigma"
    )
    parser.add_argument(
        "generated", nargs="?", help="the same of generated images; with --save_stats the file to write"
    )
    parser.add_argument("--dims", type=int, choices=DIMS, default=2048, help="length of the features (default 2048)")
    parser.add_argument(
        "--weights", default="", help="Inception-V3 in pytorch-fid's format; default: the official file"
    )
    parser.add_argument("--preprocess", default="pytorch_fid", help="pytorch_fid (default), pillow or clean")
    parser.add_argument(
        "--resize_filter", default="bicubic", help="of --preprocess=pillow: bicubic (default) or nearest"
    )
    parser.add_argument(
        "--intensity",
        choices=get_args(Intensity),
        default="dataset",
        help="which values of files deeper than 8 bits become black and white: of the whole folder (dataset, the "
        "default; DICOM files by the window they bring), of each image, the ends of the type (container), or equalize",
    )
    parser.add_argument("--batch_size", type=int, default=0, help="images at a time; default: what suits the device")
    parser.add_argument("--json", default="", help="file for the full record")
    parser.add_argument(
        "--save_stats", action="store_true", help="write mu and sigma of the first folder to the second path"
    )
    parser.add_argument(
        "--features",
        action="append",
        default=[],
        help="in place of folders: a .npz with arrays real and generated [image, dims] from any network; or, given "
        "twice, a .npz of one array for each side",
    )
    options = parser.parse_args(arguments)
    if options.features and (options.real or options.save_stats):
        parser.error("--features takes the place of the folders")
    if not options.features and options.generated is None:
        parser.error("two paths are needed: real and generated images")
    return options


def _check_paths(options: argparse.Namespace) -> None:
    """Finds mistakes before the minutes that features take."""
    read = [] if options.features else [options.real] if options.save_stats else [options.real, options.generated]
    for path in read:
        if not Path(path).exists():
            raise FileError(path, "does not exist: give a folder of images or a .npz with saved statistics.")
    target = options.generated if options.save_stats else options.json
    if target and not Path(target).absolute().parent.is_dir():
        raise FileError(target, "can't be written: its folder does not exist; create it or give another path.")


def _save_statistics(options: argparse.Namespace) -> None:
    network, images = _create_network(options), find_images(Path(options.real))
    features = compute_folder_features(images, network.extractor, network.preprocess, network.intensity)
    write_statistics(Path(options.generated), fit_gaussian(features[options.dims]))


def _score(options: argparse.Namespace) -> SetScores:
    if options.features:
        return score_features([Path(file) for file in options.features])
    paths = Path(options.real), Path(options.generated)
    # Two files of statistics need no network, and so no weights.
    network = None if all(map(is_statistics, paths)) else _create_network(options)
    return score_paths(*paths, options.dims, network)


def _create_network(options: argparse.Namespace) -> Network:
    preprocess = Preprocess(options.preprocess, options.resize_filter)
    weights = load_inception_weights(options.weights, named="--weights")
    extractor = FeatureExtractor(weights.params, (options.dims,), options.batch_size)
    return Network(extractor, preprocess, weights, options.intensity)


if __name__ == "__main__":
    sys.exit(main())
