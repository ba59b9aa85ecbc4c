"""Scores two folders of images, the way pytorch-fid is called.

python -m dcgan_jax.evaluation REAL GENERATED --dims=768
python -m dcgan_jax.evaluation --save_stats FOLDER FILE.npz --dims=768
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import numpy as np
from jaxtyping import Float32

from dcgan_jax.errors import EXIT_USER_ERROR, UserError
from dcgan_jax.evaluation.folder import compute_folder_features, compute_folder_features_cached
from dcgan_jax.evaluation.statistics_file import read_statistics, write_statistics
from dcgan_jax.evaluation.versions import collect_versions, describe_weights
from dcgan_jax.inception.features import FeatureExtractor
from dcgan_jax.inception.network import DIMS
from dcgan_jax.inception.preprocess import Preprocess
from dcgan_jax.inception.weights import InceptionWeights, load_inception_weights
from dcgan_jax.metrics.comparison import SCORES, Comparison, compare_features
from dcgan_jax.metrics.frechet import Gaussian, compute_frechet_distance, fit_gaussian

_STATISTICS_SUFFIX = ".npz"
_STATISTICS_ONLY = "Saved statistics hold no single images: only fid can be computed."

_Side = Gaussian | Float32[np.ndarray, "image dims"]
"""Statistics from a file, or the features of a folder's images."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UserError(f"{message}; see python -m dcgan_jax.evaluation --help.")


class _Network(NamedTuple):
    extractor: FeatureExtractor
    preprocess: Preprocess
    weights: InceptionWeights


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
            _write_json(Path(options.json), record)
    except UserError as error:
        print(error, file=sys.stderr)
        return EXIT_USER_ERROR
    for warning in record["warnings"]:
        print(f"Warning: {warning}", file=sys.stderr)
    for name in SCORES:
        if record[name] is not None:
            print(f"{name:16}{record[name]:.6f}")
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = _Parser(
        prog="python -m dcgan_jax.evaluation",
        description="Scores generated images against real ones.",
        allow_abbrev=False,
    )
    parser.add_argument("real", help="folder of real images (searched recursively), or a .npz with mu and sigma")
    parser.add_argument("generated", help="the same of generated images; with --save_stats the file to write")
    parser.add_argument("--dims", type=int, choices=DIMS, default=2048, help="length of the features (default 2048)")
    parser.add_argument(
        "--weights", default="", help="Inception-V3 in pytorch-fid's format; default: the official file"
    )
    parser.add_argument("--preprocess", default="pytorch_fid", help="pytorch_fid (default), pillow or clean")
    parser.add_argument(
        "--resize_filter", default="bicubic", help="of --preprocess=pillow: bicubic (default) or nearest"
    )
    parser.add_argument("--batch_size", type=int, default=0, help="images at a time; default: what suits the device")
    parser.add_argument("--json", default="", help="file for the full record")
    parser.add_argument(
        "--save_stats", action="store_true", help="write mu and sigma of the first folder to the second path"
    )
    return parser.parse_args(arguments)


def _check_paths(options: argparse.Namespace) -> None:
    """Finds mistakes before the minutes that features take."""
    for path in (options.real, options.generated)[: 1 if options.save_stats else 2]:
        if not Path(path).exists():
            raise UserError(f"{path} does not exist: give a folder of images or a .npz with saved statistics.")
    target = options.generated if options.save_stats else options.json
    if target and not Path(target).absolute().parent.is_dir():
        raise UserError(f"{target} can't be written: its folder does not exist; create it or give another path.")


def _save_statistics(options: argparse.Namespace) -> None:
    network = _create_network(options)
    features = compute_folder_features(Path(options.real), network.extractor, network.preprocess)
    write_statistics(Path(options.generated), fit_gaussian(features[options.dims]))


def _score(options: argparse.Namespace) -> dict[str, Any]:
    paths = Path(options.real), Path(options.generated)
    # Two files of statistics need no network, and so no weights.
    network = None if all(map(_is_statistics, paths)) else _create_network(options)
    real, generated = (_measure(path, options.dims, network, is_real=path is paths[0]) for path in paths)
    comparison = _compare(real, generated)
    return {
        **comparison.scores,
        "dims": options.dims,
        "num_real": _count(real),
        "num_generated": _count(generated),
        "real": options.real,
        "generated": options.generated,
        "warnings": comparison.warnings + (describe_weights(network.weights) if network else []),
        **_describe_protocol(network),
    }


def _compare(real: _Side, generated: _Side) -> Comparison:
    if not isinstance(real, Gaussian) and not isinstance(generated, Gaussian):
        return compare_features(real, generated)
    sides = [side if isinstance(side, Gaussian) else fit_gaussian(side) for side in (real, generated)]
    return Comparison(dict.fromkeys(SCORES) | {"fid": compute_frechet_distance(*sides)}, [_STATISTICS_ONLY])


def _count(side: _Side) -> int | None:
    return None if isinstance(side, Gaussian) else len(side)


def _is_statistics(path: Path) -> bool:
    return path.suffix == _STATISTICS_SUFFIX and not path.is_dir()


def _create_network(options: argparse.Namespace) -> _Network:
    preprocess = Preprocess(options.preprocess, options.resize_filter)
    weights = load_inception_weights(options.weights)
    return _Network(FeatureExtractor(weights.params, (options.dims,), options.batch_size), preprocess, weights)


def _measure(path: Path, dims: int, network: _Network | None, is_real: bool) -> _Side:
    if network is None or _is_statistics(path):
        return read_statistics(path, dims)
    if is_real:
        measured = compute_folder_features_cached(path, network.extractor, network.preprocess, network.weights.sha256)
    else:  # generated folders come and go; caching them would only fill the disk
        measured = compute_folder_features(path, network.extractor, network.preprocess)
    return measured[dims]


def _describe_protocol(network: _Network | None) -> dict[str, Any]:
    """Returns what was done to the images of the folders; statistics keep no record of their own."""
    return {
        "preprocess": network and network.preprocess.name,
        "resize_filter": network and network.preprocess.filter_label,
        "weights": network and network.weights.label,
        "weights_sha256": network and network.weights.sha256,
        "versions": collect_versions(),
    }


def _write_json(path: Path, record: dict[str, Any]) -> None:
    try:
        path.write_text(json.dumps(record, indent=2) + "\n")
    except OSError as error:
        raise UserError(f"--json={path} can't be written: {error.strerror or error}; give another path.") from error


if __name__ == "__main__":
    sys.exit(main())
