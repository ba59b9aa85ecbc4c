"""Shared by the tests of modes: features without Inception-V3."""

import pytest

from dcgan_jax.evaluation import evaluate_class, featurizer, scorer
from dcgan_jax.inception.weights import InceptionWeights
from dcgan_jax.runs import scoring
from dcgan_jax.storage.cache import CACHE_VARIABLE
from tests.inception.fake_inception import FakeExtractor


@pytest.fixture(scope="module")
def fake_inception(cache):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(featurizer, "FeatureExtractor", FakeExtractor)
        for module in (evaluate_class, scorer):
            patch.setattr(module, "DEEPEST_DIMS", 192)  # Gaussians at 2048 take longer than the rest of the run
        patch.setattr(
            scoring, "load_inception_weights", lambda path: InceptionWeights({}, "ab" * 32, "stand-in weights", None)
        )
        patch.setenv(CACHE_VARIABLE, str(cache / "scoring"))
        yield
