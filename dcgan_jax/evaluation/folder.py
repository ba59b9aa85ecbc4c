"""The features of a folder of images, kept in the cache under everything that shapes them."""

import hashlib
import json
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from dcgan_jax.data.image_files import list_image_files
from dcgan_jax.data.images import read_color
from dcgan_jax.errors import UserError
from dcgan_jax.inception.features import FeatureExtractor, Features, map_ahead
from dcgan_jax.inception.preprocess import Preprocess
from dcgan_jax.storage.array_file import read_cached, write_cached
from dcgan_jax.storage.cache import cache_dir

_CACHE_VERSION = 2  # of what the key does not say: the code between files and features


def list_images(folder: Path) -> list[Path]:
    """Returns every image file below a folder, sorted.

    Raises:
      UserError: the folder does not exist or has no image.
    """
    if not folder.is_dir():
        raise UserError(f"{folder} is not a folder: give a folder of images or a .npz with saved statistics.")
    files = [folder / name for name in list_image_files(folder)]
    if not files:
        raise UserError(f"{folder} has no image files: give a folder that holds some, at any depth.")
    return files


def compute_folder_features(folder: Path, extractor: FeatureExtractor, preprocess: Preprocess) -> Features:
    """Returns the features of every image below a folder, sorted by path; sizes and formats may differ.

    Raises:
      UserError: no folder, no images, or one that can't be read.
    """
    files = list_images(folder)

    def read(file: Path) -> Float32[np.ndarray, "1 299 299 channel"]:
        return preprocess(read_color(file.read_bytes(), str(file), "container"))[None]

    return extractor.compute(map_ahead(read, files), len(files), f"features of {folder}")


def compute_folder_features_cached(
    folder: Path, extractor: FeatureExtractor, preprocess: Preprocess, weights_sha256: str
) -> Features:
    """As `compute_folder_features`, from the cache when the same images were seen before."""
    fingerprint = compute_fingerprint(list_images(folder))
    path = features_path(fingerprint, weights_sha256, extractor.dims, preprocess)
    if (cached := read_cached(path)) is not None:
        return {dims: cached[str(dims)] for dims in extractor.dims}
    features = compute_folder_features(folder, extractor, preprocess)
    write_cached(path, {str(dims): values for dims, values in features.items()})
    return features


def features_path(images: str, weights_sha256: str, dims: tuple[int, ...], preprocess: Preprocess) -> Path:
    """Returns where features are cached: a name made of everything that shapes them.

    Args:
      images: stands for their content and order, for example `compute_fingerprint`'s or a prepared set's key.
      weights_sha256: of the weights.
      dims: lengths of the features.
      preprocess: how the images are prepared.
    """
    key = [_CACHE_VERSION, images, weights_sha256, dims, preprocess.name, preprocess.resize_filter]
    return cache_dir("features") / f"{hashlib.sha256(json.dumps(key).encode()).hexdigest()}.npz"


def compute_fingerprint(files: list[Path]) -> str:
    """Returns a hash of the files' contents in their order; names and dates do not matter."""
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as content:
            digest.update(hashlib.file_digest(content, "sha256").digest())
    return digest.hexdigest()
