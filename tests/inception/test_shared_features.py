"""Processes that share the images among them get the features that one process computes."""

import numpy as np
import pytest

from dcgan_jax.inception import shared_features
from dcgan_jax.inception.preprocess import Preprocess
from dcgan_jax.inception.shared_features import compute_shared
from dcgan_jax.runtime import processes
from tests.inception.fake_inception import FakeExtractor

IMAGES = np.random.default_rng(0).integers(0, 256, (11, 16, 16, 1), np.uint8)
BATCHES = [IMAGES[:4], IMAGES[4:5], IMAGES[5:]]


def compute():
    extractor = FakeExtractor(None, (64, 192))
    return compute_shared(extractor, Preprocess("pytorch_fid"), iter(BATCHES), len(IMAGES), "features"), extractor


@pytest.mark.parametrize(("count", "sizes"), [(2, [6, 5]), (3, [4, 4, 3]), (4, [3, 3, 3, 2]), (11, [1] * 11)])
def test_contiguous_shares_make_up_the_whole(monkeypatch, count, sizes):
    alone = compute()[0]
    monkeypatch.setattr(processes, "count", lambda: count)
    monkeypatch.setattr(processes, "wait_for_all", lambda: None)
    shares = []
    monkeypatch.setattr(shared_features, "_gather", lambda values, size: shares.append((values, size)) or values)
    for position in range(count):
        monkeypatch.setattr(processes, "position", lambda position=position: position)
        compute()
    for index, dims in enumerate((64, 192)):
        ours = shares[index::2]
        assert [len(values) for values, _ in ours] == sizes
        assert {size for _, size in ours} == {sizes[0]}
        np.testing.assert_array_equal(np.concatenate([values for values, _ in ours]), alone[dims])


def test_too_few_images_for_all_are_measured_by_each(monkeypatch):
    alone = compute()[0]
    monkeypatch.setattr(processes, "count", lambda: 8)  # two each would leave none for the last two
    monkeypatch.setattr(processes, "position", lambda: 7)
    features, extractor = compute()
    assert extractor.calls == ["features"]
    np.testing.assert_array_equal(features[64], alone[64])
