"""The whole way from a file to features, against what pytorch-fid itself computed."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dcgan_jax.data.images import read_color
from dcgan_jax.inception.features import FeatureExtractor
from dcgan_jax.inception.network import DIMS
from dcgan_jax.inception.preprocess import Preprocess
from dcgan_jax.inception.weights import load_inception_weights

INCEPTION, DATA = (os.environ.get(name, "") for name in ("DCGAN_JAX_TEST_INCEPTION", "DCGAN_JAX_TEST_DATA"))

pytestmark = pytest.mark.skipif(
    not (INCEPTION and DATA),
    reason="DCGAN_JAX_TEST_INCEPTION (standin-pt_inception.pth, golden_features.npz) and DCGAN_JAX_TEST_DATA "
    "(chest_xray/) are not set",
)


@pytest.fixture(scope="module")
def golden():
    with np.load(Path(INCEPTION) / "golden_features.npz") as arrays:
        return dict(arrays)


@pytest.fixture(scope="module")
def images(golden):
    files = [Path(DATA) / "chest_xray/train" / name for name in golden["files"]]
    return [read_color(file.read_bytes(), str(file), "container") for file in files]


@pytest.fixture(scope="module")
def extractor(form):
    weights = load_inception_weights(str(Path(INCEPTION) / "standin-pt_inception.pth"))
    return FeatureExtractor(weights.params, DIMS, convolutions=form)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("pytorch_fid", "bilinear_in_network"),
        ("pillow", "pillow_bicubic_first"),
        ("pytorch_fid", "gray128_then_bilinear_in_network"),
    ],
)
def test_features_equal_those_of_pytorch_fid(golden, images, extractor, name, path):
    if path.startswith("gray128"):
        small = (Image.fromarray(image[..., 0]).resize((128, 128), Image.Resampling.BICUBIC) for image in images)
        images = [np.asarray(image)[..., None] for image in small]
    preprocess = Preprocess(name)
    found = extractor.compute((preprocess(image)[None] for image in images), len(images), path)
    for dims in DIMS:
        expected = golden[f"{path}/{dims}"]
        errors = np.linalg.norm(found[dims] - expected, axis=1) / np.linalg.norm(expected, axis=1)
        assert errors.max() <= 1e-5, dims
