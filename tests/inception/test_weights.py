import hashlib
import os

import numpy as np
import pytest

from dcgan_jax.errors import UserError
from dcgan_jax.inception import weights
from dcgan_jax.inception.torch_file import TorchFileError
from dcgan_jax.inception.weights import (
    OFFICIAL_NAME,
    WeightsUnavailableError,
    convert_weights,
    expected_shapes,
    load_inception_weights,
)
from dcgan_jax.storage.cache import CACHE_VARIABLE
from tests.inception.torch_writer import write_old
from tests.refusals import refused


@pytest.fixture(scope="module")
def state():
    state = {name: np.zeros(shape, np.float32) for name, shape in expected_shapes().items()}
    state["Conv2d_1a_3x3.bn.running_var"] += 1
    return state


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_a_file_is_converted_once(tmp_path, own_cache, state, monkeypatch):
    path = write_old(tmp_path / "weights.pth", state)
    first = load_inception_weights(str(path))
    assert first.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setattr(weights, "read_torch_file", None)
    second = load_inception_weights(str(path))
    kernel = first.params["Mixed_6b"]["branch7x7_2"]["kernel"]
    assert kernel.shape == (1, 7, 128, 128)
    np.testing.assert_array_equal(second.params["Mixed_6b"]["branch7x7_2"]["kernel"], kernel)
    assert {file.suffix for file in own_cache.rglob("*") if file.is_file()} == {".npz"}


def test_a_damaged_cache_is_made_again(tmp_path, own_cache, state):
    path = write_old(tmp_path / "weights.pth", state)
    load_inception_weights(str(path))
    (converted,) = own_cache.rglob("*.npz")
    converted.write_bytes(b"PK\x03\x04 half a file")
    assert load_inception_weights(str(path)).params


def test_a_classifier_of_zeros_is_none(tmp_path, own_cache, state):
    found = load_inception_weights(str(write_old(tmp_path / "weights.pth", state)))
    assert (found.label, found.classifier) == ("other weights", None)


@pytest.mark.parametrize(
    ("sha256", "label"),
    [
        ("6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2", "official"),
        ("37ee0810e5d891b3520465f56c6ad88afd5b2998fedd066dd3935dad94a7f356", "stand-in weights"),
        ("37ee0810e5d891b3520465f56c6ad88afd5b2998fedd066dd3935dad94a7f357", "other weights"),
    ],
)
@pytest.mark.parametrize("classifier", [0, 2])
def test_weights_are_named_by_their_hash(tmp_path, own_cache, state, monkeypatch, sha256, label, classifier):
    monkeypatch.setattr(weights, "compute_sha256", lambda file: sha256)
    state = state | {"fc.weight": np.full((1008, 2048), classifier, np.float32)}
    assert load_inception_weights(str(write_old(tmp_path / "weights.pth", state))).label == label


def test_other_weights_keep_their_classifier(tmp_path, own_cache, state):
    state = state | {"fc.weight": np.full((1008, 2048), 2, np.float32)}
    found = load_inception_weights(str(write_old(tmp_path / "weights.pth", state)))
    assert found.label == "other weights"
    assert found.classifier[0].shape == (2048, 1008)


def test_batch_normalization_is_folded_in(state):
    layer = "Conv2d_1a_3x3"
    state = state | {
        f"{layer}.conv.weight": np.full((32, 3, 3, 3), 2, np.float32),
        f"{layer}.bn.weight": np.full(32, 3, np.float32),
        f"{layer}.bn.bias": np.full(32, 5, np.float32),
        f"{layer}.bn.running_mean": np.full(32, 7, np.float32),
        f"{layer}.bn.running_var": np.full(32, 4 - 1e-3, np.float32),
    }
    arrays = convert_weights(state, "here")
    np.testing.assert_allclose(arrays[f"{layer}/kernel"], 2 * 3 / 2, rtol=1e-6)
    np.testing.assert_allclose(arrays[f"{layer}/bias"], 5 - 7 * 3 / 2, rtol=1e-6)


def test_a_file_that_claims_to_be_official_must_be(tmp_path, own_cache, state):
    path = write_old(tmp_path / OFFICIAL_NAME, {"x": np.zeros(1, "<f4")})
    with refused(weights.OFFICIAL_SHA256, path=path):
        load_inception_weights(str(path))
    path = tmp_path / "renamed.pth"
    path.touch()
    os.truncate(path, weights.OFFICIAL_SIZE)
    with refused(weights.OFFICIAL_SHA256, path=path):
        load_inception_weights(str(path))


def test_wrong_entries_are_named(state):
    wrong = {name: array for name, array in state.items() if name != "Mixed_5b.branch1x1.conv.weight"}
    wrong["Mixed_9z.surprise"] = np.zeros(3, np.float32)
    wrong["fc.bias"] = np.zeros(1000, np.float32)
    wrong["Mixed_7c.branch_pool.bn.bias"] = np.full(192, np.nan, np.float32)
    with pytest.raises(TorchFileError) as caught:
        convert_weights(wrong, "weights.pth")
    for part in (
        "missing: Mixed_5b.branch1x1.conv.weight",
        "unknown: Mixed_9z.surprise",
        "fc.bias (1000,) instead of (1008,)",
        "not finite: Mixed_7c.branch_pool.bn.bias",
    ):
        assert part in str(caught.value)


def test_counters_and_the_auxiliary_classifier_are_left_out(state):
    extra = {"Mixed_5b.branch1x1.bn.num_batches_tracked": np.array(1), "AuxLogits.fc.bias": np.zeros(1000, np.float32)}
    assert convert_weights(state | extra, "here").keys() == convert_weights(state, "here").keys()


def test_an_impossible_variance_is_named(state):
    wrong = state | {"Mixed_5b.branch1x1.bn.running_var": np.full(64, -1, np.float32)}
    with pytest.raises(TorchFileError, match=r"Mixed_5b\.branch1x1\.bn\.running_var"):
        convert_weights(wrong, "here")


def test_without_network_and_weights_the_way_to_get_them_is_told(own_cache, monkeypatch):
    def fail(*_):
        raise UserError("no network; put it there.")

    monkeypatch.setattr(weights, "download", fail)
    with pytest.raises(WeightsUnavailableError, match=r"put it there\. Or give any file.*: --weights=FILE\.$"):
        load_inception_weights(named="--weights")


def test_an_absent_file_is_a_mistake(own_cache):
    with refused(field="config.eval.weights", value="nowhere.pth"):
        load_inception_weights("nowhere.pth")
