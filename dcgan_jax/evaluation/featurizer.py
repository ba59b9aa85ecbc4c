"""Pixels -> Inception features, under one preparation and one set of weights."""

from collections.abc import Iterable

import numpy as np
from jaxtyping import UInt8

from dcgan_jax.evaluation.real_images import RealImages, compute_real_features
from dcgan_jax.inception.features import FeatureExtractor, Features
from dcgan_jax.inception.preprocess import Preprocess
from dcgan_jax.inception.shared_features import compute_shared
from dcgan_jax.inception.weights import InceptionWeights
from dcgan_jax.models.onednn.library import Requested

Batch = UInt8[np.ndarray, "batch height width channel"]


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
        return compute_real_features(images, self._extractor(dims), self.preprocess, self.weights.sha256, description)

    def _extractor(self, dims: tuple[int, ...]) -> FeatureExtractor:
        if dims not in self._extractors:
            self._extractors[dims] = FeatureExtractor(self.weights.params, dims, convolutions=self._convolutions)
        return self._extractors[dims]
