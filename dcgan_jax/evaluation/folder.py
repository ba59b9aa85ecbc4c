"""The images of a folder and their features, kept in the cache under everything that shapes them."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float32

from dcgan_jax.data import image_files
from dcgan_jax.data.images import open_stored, read_color, read_file
from dcgan_jax.data.intensity import Depth, DepthGroup, group_depths, measure_depth
from dcgan_jax.data.synthetic_marks import list_exported
from dcgan_jax.errors import FileError
from dcgan_jax.inception.features import FeatureExtractor, Features, map_ahead
from dcgan_jax.inception.preprocess import Preprocess
from dcgan_jax.storage.array_file import read_cached, write_cached
from dcgan_jax.storage.cache import cache_dir

Intensity = Literal["dataset", "container", "image", "equalize"]
"""How files deeper than 8 bits become 8 bits, as `data.intensity`; "dataset": by ranges of the folder."""

_CACHE_VERSION = 3  # of what the key does not say: the code between files and features


@dataclass(frozen=True)
class FolderImages:
    """The images of a folder."""

    folder: Path
    files: tuple[Path, ...]  # sorted by path
    # Images in the folders of an export that its manifest does not list, such as its contact sheet.
    left_out: tuple[Path, ...]
    passed_over: Mapping[str, int]  # number of files that are no images or of kinds that are not read, by suffix


def find_images(folder: Path) -> FolderImages:
    """Finds every image file below a folder.

    Raises:
      UserError: the folder does not exist, or has fewer than two images, of which no score can be made.
    """
    if not folder.is_dir():
        raise FileError(folder, "is not a folder: give a folder of images or a .npz with saved statistics.")
    found = image_files.find_images(folder)
    paths = [folder / name for name in found.images]
    places = {place for path in paths for place in path.parents if place.is_relative_to(folder)}
    exported = {place: {place / name for name in list_exported(place)} for place in places}
    listed = set().union(*exported.values())
    of_exports = {file.parent for file in listed} | {place for place, names in exported.items() if names}
    left_out = [path for path in paths if path.parent in of_exports and path not in listed]
    files = [path for path in paths if path.parent not in of_exports or path in listed]
    if not files:
        raise FileError(folder, "has no image files: give a folder that holds some, at any depth.")
    if len(files) == 1:
        raise FileError(folder, f"has one image, {files[0].name}: a score needs at least two; add images.")
    return FolderImages(folder, tuple(files), tuple(left_out), found.passed_over)


def count_shared(a: FolderImages, b: FolderImages) -> int:
    """Returns how many files are in both, whatever links lead to them."""
    return len({file.resolve() for file in a.files} & {file.resolve() for file in b.files})


def compute_folder_features(
    images: FolderImages,
    extractor: FeatureExtractor,
    preprocess: Preprocess,
    intensity: Intensity = "dataset",
    cached_for: str | None = None,
) -> Features:
    """Returns the features of images, in their order; sizes and formats may differ.

    With `cached_for`, the SHA-256 of the weights' file, they are from the cache where the same images were seen before.

    Raises:
      UserError: one can't be read.
    """
    path = None
    if cached_for is not None:
        fingerprint = f"{compute_fingerprint(images.files)} {intensity}"
        path = features_path(fingerprint, cached_for, extractor.dims, preprocess)
        if (cached := read_cached(path)) is not None:
            return {dims: cached[str(dims)] for dims in extractor.dims}
    groups = find_depth_groups(images.files, color=True) if intensity == "dataset" else ()

    def read(file: Path) -> Float32[np.ndarray, "1 299 299 channel"]:
        return preprocess(read_color(read_file(file), str(file), intensity, groups))[None]

    features = extractor.compute(map_ahead(read, images.files), len(images.files), f"features of {images.folder}")
    if path:
        write_cached(path, {str(dims): values for dims, values in features.items()})
    return features


def features_path(images: str, weights_sha256: str, dims: tuple[int, ...], preprocess: Preprocess) -> Path:
    """Returns where features are cached: a name made of everything that shapes them.

    The first argument stands for the images' content and order: `compute_fingerprint`'s, or a prepared set's key.
    """
    key = [_CACHE_VERSION, images, weights_sha256, dims, preprocess.name, preprocess.resize_filter]
    return cache_dir("features") / f"{hashlib.sha256(json.dumps(key).encode()).hexdigest()}.npz"


def compute_fingerprint(files: Sequence[Path]) -> str:
    """Returns a hash of the files' contents in their order; names and dates do not matter."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(hashlib.sha256(read_file(file)).digest())
    return digest.hexdigest()


def find_depth_groups(files: Sequence[Path], color: bool = False, admit: Collection[str] = ()) -> list[DepthGroup]:
    """Returns the ranges that files deeper than 8 bits share; `color` and `admit` are those of `open_stored`."""

    def measure(file: Path) -> Depth | None:
        opened = open_stored(read_file(file), str(file), color, admit)
        stored = opened.load().as_displayed() if opened.may_be_deep else None
        return measure_depth(stored) if stored is not None and stored.is_deep else None

    return group_depths([depth for depth in map_ahead(measure, files) if depth])
