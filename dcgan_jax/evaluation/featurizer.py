"""Pixels -> Inception features, under one preparation and one set of weights; of real images once."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

from dcgan_jax.data.prepared import Example, PreparedSet
from dcgan_jax.evaluation.folder import features_path
from dcgan_jax.inception.features import FeatureExtractor, Features
from dcgan_jax.inception.preprocess import Preprocess
from dcgan_jax.inception.shared_features import compute_shared
from dcgan_jax.inception.weights import InceptionWeights
from dcgan_jax.models.onednn.library import Requested
from dcgan_jax.runtime import processes
from dcgan_jax.storage.array_file import read_cached, write_cached

Batch = UInt8[np.ndarray, "batch height width channel"]


@dataclass(frozen=True)
class RealImages:
    """Real images in a fixed order."""

    pixels: UInt8[np.ndarray, "image height width 1"]
    files: tuple[str, ...]  # where each comes from
    patients: tuple[str, ...]  # whose each is

    def __len__(self) -> int:
        return len(self.pixels)


def read_real_images(prepared: PreparedSet, examples: Sequence[Example]) -> RealImages:
    """Reads examples of a prepared set, in their order; raises UserError where the records can't be read."""
    return RealImages(
        prepared.images(examples),
        tuple(example.file for example in examples),
        tuple(example.patient for example in examples),
    )


class Featurizer:
    """Measures images for all scorers of a run, so that the network is compiled once for each choice of lengths.

    Attributes:
      weights: of Inception-V3.
      preprocess: from pixels to the network's input.
    """

    def __init__(self, weights: InceptionWeights, preprocess: Preprocess, convolutions: Requested = "auto"):
        """Compiles nothing yet; features depend on what computes the convolutions by rounding alone."""
        self.weights, self.preprocess = weights, preprocess
        self._convolutions: Requested = convolutions
        self._extractors: dict[tuple[int, ...], FeatureExtractor] = {}

    def measure(self, batches: Iterable[Batch], count: int, dims: tuple[int, ...], description: str) -> Features:
        """Returns the features of `count` images by their length, in order."""
        return compute_shared(self._extractor(dims), self.preprocess, batches, count, description)

    def measure_real(self, images: RealImages, dims: tuple[int, ...], description: str) -> Features:
        """Returns the same of real images, from the cache where their pixels were seen before."""
        fingerprint = hashlib.sha256(repr(images.pixels.shape).encode() + images.pixels.tobytes()).hexdigest()
        # One file for each length, so that a run that needs one and a report that needs several share them.
        paths = {one: features_path(fingerprint, self.weights.sha256, (one,), self.preprocess) for one in dims}
        found = {one: read_cached(path) for one, path in paths.items()}
        features = {one: cached["features"] for one, cached in found.items() if cached is not None}
        if not all(processes.gather(len(features) == len(paths))):  # what one has to compute, all compute together
            features = self.measure([images.pixels], len(images), dims, description)
            for one, values in features.items():
                write_cached(paths[one], {"features": values})
        return features

    def _extractor(self, dims: tuple[int, ...]) -> FeatureExtractor:
        if dims not in self._extractors:
            self._extractors[dims] = FeatureExtractor(self.weights.params, dims, convolutions=self._convolutions)
        return self._extractors[dims]
