"""Scores of two sets of images - folders, saved statistics or features of one's own - and the record of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float32

from dcgan_jax.evaluation.features_file import read_features
from dcgan_jax.evaluation.folder import (
    FolderImages,
    Intensity,
    compute_folder_features,
    count_shared,
    find_images,
)
from dcgan_jax.evaluation.record import Scores
from dcgan_jax.evaluation.statistics_file import read_statistics
from dcgan_jax.evaluation.versions import collect_versions, describe_weights
from dcgan_jax.inception.features import FeatureExtractor
from dcgan_jax.inception.preprocess import Preprocess
from dcgan_jax.inception.weights import InceptionWeights
from dcgan_jax.metrics.comparison import Comparison, compare_features
from dcgan_jax.metrics.frechet import Gaussian, compute_frechet_distance, fit_gaussian
from dcgan_jax.storage.record import Record

STATISTICS_SUFFIX = ".npz"
_STATISTICS_ONLY = "Saved statistics hold no single images: only fid can be computed."
_NAMED = 3  # files in a warning


class SetScores(Scores, Record):
    """What `python -m dcgan_jax.evaluation --json` writes: scores by their names in `metrics.comparison.SCORES`, and
    all that has to be known to read them.

    Attributes:
      fid: Frechet distance; of images alone all others, None where there are too few or only statistics.
      dims: length of the features.
      num_real: images; None: of saved statistics.
      num_generated: images; None: of saved statistics.
      real: folder or file.
      generated: folder or file.
      warnings: sentences.
      preprocess: None: without images.
      resize_filter: of the preparation.
      intensity: how files deeper than 8 bits became 8 bits.
      weights: "official", "stand-in weights", "other weights", or None without images.
      weights_sha256: of the weights' file.
      features_sha256: of the files of features of one's own, real and generated.
      versions: of the packages that shape a score.
    """

    fid: float | None
    kid_subsets: float | None = None
    kid_subsets_std: float | None = None
    dims: int
    num_real: int | None
    num_generated: int | None
    real: str
    generated: str
    warnings: list[str]
    preprocess: str | None = None
    resize_filter: str | None = None
    intensity: Intensity | None = None
    weights: str | None = None
    weights_sha256: str | None = None
    features_sha256: tuple[str, str] | None = None
    versions: dict[str, str]


class Network(NamedTuple):
    """How images become features."""

    extractor: FeatureExtractor
    preprocess: Preprocess
    weights: InceptionWeights
    intensity: Intensity


_Side = Gaussian | Float32[np.ndarray, "_ dims"]
"""Statistics from a file, or the features of a folder's images."""


def is_statistics(path: Path) -> bool:
    """Tells whether a path is meant as a file of saved statistics."""
    return path.suffix == STATISTICS_SUFFIX and not path.is_dir()


def score_paths(real: Path, generated: Path, dims: int, network: Network | None) -> SetScores:
    """Scores two folders of images, or .npz files of statistics; without a network both must be statistics.

    Raises:
      UserError: a side can't be read or has too few images.
    """
    folders = [None if is_statistics(path) else find_images(path) for path in (real, generated)]
    sides = [
        _measure(path, folder, dims, network, is_cached=path is real)
        for path, folder in zip((real, generated), folders, strict=True)
    ]
    compared = _compare(*sides)
    of_network = describe_weights(network.weights) if network else []
    facts: dict[str, Any] = {**compared.scores, **(_describe_network(network) if network else {})}
    return SetScores(
        **facts,
        dims=dims,
        num_real=None if isinstance(sides[0], Gaussian) else len(sides[0]),
        num_generated=None if isinstance(sides[1], Gaussian) else len(sides[1]),
        real=str(real),
        generated=str(generated),
        warnings=[*_describe_folders(folders), *compared.warnings, *of_network],
        versions=collect_versions(),
    )


def score_features(files: Sequence[Path]) -> SetScores:
    """Scores features of one's own; see `features_file.read_features`, also for what it raises."""
    features = read_features(files)
    compared = compare_features(features.real, features.generated)
    facts: dict[str, Any] = {**compared.scores}
    return SetScores(
        **facts,
        dims=features.real.shape[1],
        num_real=len(features.real),
        num_generated=len(features.generated),
        real=str(files[0]),
        generated=str(files[-1]),
        warnings=compared.warnings,
        features_sha256=features.sha256,
        versions=collect_versions(),
    )


def _describe_network(network: Network) -> dict[str, Any]:
    return {
        "preprocess": network.preprocess.name,
        "resize_filter": network.preprocess.filter_label,
        "intensity": network.intensity,
        "weights": network.weights.label,
        "weights_sha256": network.weights.sha256,
    }


def _measure(path: Path, folder: FolderImages | None, dims: int, network: Network | None, is_cached: bool) -> _Side:
    if folder is None or network is None:
        return read_statistics(path, dims)
    extractor, preprocess, weights, intensity = network
    # Generated folders come and go; caching them would only fill the disk.
    cached_for = weights.sha256 if is_cached else None
    return compute_folder_features(folder, extractor, preprocess, intensity, cached_for)[dims]


def _compare(real: _Side, generated: _Side) -> Comparison:
    if not isinstance(real, Gaussian) and not isinstance(generated, Gaussian):
        return compare_features(real, generated)
    sides = [side if isinstance(side, Gaussian) else fit_gaussian(side) for side in (real, generated)]
    return Comparison({"fid": compute_frechet_distance(*sides)}, [_STATISTICS_ONLY])


def _describe_folders(folders: Sequence[FolderImages | None]) -> list[str]:
    found = [folder for folder in folders if folder is not None]
    warnings = []
    for images in found:
        if images.left_out:
            names = [file.name for file in images.left_out[:_NAMED]] + ["..."] * (len(images.left_out) > _NAMED)
            warnings.append(
                f"{images.folder}: left out {len(images.left_out):,} of {len(images.left_out) + len(images.files):,} "
                f"images, which the manifest beside them does not list ({', '.join(names)})."
            )
        if images.passed_over:
            kinds = ", ".join(f"{count:,} {kind}" for kind, count in images.passed_over.items())
            warnings.append(f"{images.folder}: passed over files that are not read as images: {kinds}.")
    if len(found) == 2 and (shared := count_shared(*found)):
        smaller = min(len(images.files) for images in found)
        warnings.append(
            f"{shared:,} of {smaller:,} images are on both sides, as real and as generated ones: the distance is too "
            "small; give two folders, neither inside the other."
        )
    return warnings
