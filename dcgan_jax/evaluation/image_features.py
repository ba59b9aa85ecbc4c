"""Inception features and the Frechet distance from Python, of arrays of images or of folders."""

from functools import lru_cache
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from dcgan_jax.errors import FieldError
from dcgan_jax.evaluation.folder import compute_folder_features, find_images
from dcgan_jax.inception.features import FeatureExtractor, prepare_images
from dcgan_jax.inception.preprocess import Preprocess
from dcgan_jax.inception.weights import load_inception_weights
from dcgan_jax.metrics import frechet

Images = np.ndarray | str | Path
"""Gray or RGB images of one size, uint8 [image, height, width] or with 1 or 3 channels behind; or a folder of files of
images of any sizes, searched recursively."""


def extract_features(
    images: Images, dims: int = 768, *, weights: str = "", preprocess: str = "pytorch_fid"
) -> Float32[np.ndarray, "image dims"]:
    """Returns the Inception-V3 features of images, in their order; those of a folder are sorted by path.

    Args:
      images: uint8 [image, height, width], the same with 1 or 3 channels behind, or a folder.
      dims: 64, 192, 768 or 2048.
      weights: a file in pytorch-fid's format; empty: the official one, downloaded once.
      preprocess: how images become the network's input: "pytorch_fid", "pillow" or "clean".

    Raises:
      UserError: other arrays, no image, one that can't be read, unknown dims or preparation, or no weights.

    >>> import numpy as np
    >>> images = np.random.default_rng(0).integers(0, 256, (4, 64, 64), dtype=np.uint8)
    >>> extract_features(images, dims=768).shape
    (4, 768)
    """
    extractor, prepared = _create_extractor(weights, dims), Preprocess(preprocess)
    if isinstance(images, str | Path):
        return compute_folder_features(find_images(Path(images)), extractor, prepared)[dims]
    array = np.asarray(images)
    if array.dtype != np.uint8 or array.ndim not in (3, 4) or (array.ndim == 4 and array.shape[-1] not in (1, 3)):
        shape = ", ".join(map(str, array.shape))
        raise FieldError(
            "images",
            None,
            f"of {array.dtype} [{shape}] are not possible: give uint8 [image, height, width], the same with 1 or 3 "
            "channels behind, or a folder.",
        )
    with_channels = array.reshape(*array.shape[:3], -1)
    return extractor.compute(prepare_images([with_channels], prepared), len(array), "features of images")[dims]


def compute_fid(a: Images, b: Images, dims: int = 768, *, weights: str = "", preprocess: str = "pytorch_fid") -> float:
    """Returns the Frechet distance of two sets of images (Heusel et al. 2017), at least 0; 0 between equal sets.

    Distances compare only at the same dims, counts, weights and preparation; 768 needs more than 768 images a side.

    The arguments are those of `extract_features`; the two sets may have images of other sizes.

    Raises:
      UserError: as `extract_features`, or fewer than two images on a side.

    >>> import numpy as np
    >>> images = np.random.default_rng(0).integers(0, 256, (8, 64, 64), dtype=np.uint8)
    >>> round(compute_fid(images, images), 6)
    0.0
    >>> compute_fid(images, images // 2) > 0
    True
    """
    features = [extract_features(images, dims, weights=weights, preprocess=preprocess) for images in (a, b)]
    return frechet.compute_fid(*features)


@lru_cache(maxsize=2)
def _create_extractor(weights: str, dims: int) -> FeatureExtractor:
    """Compiled once for calls that follow each other."""
    return FeatureExtractor(load_inception_weights(weights, named="weights").params, (dims,))
