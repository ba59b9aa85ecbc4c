"""What a trial that was stopped finds again."""

import numpy as np
import pytest

from dcgan_jax.trial.arms import Arm, Unit
from dcgan_jax.trial.plan_record import Plan, PlannedClassifier
from dcgan_jax.trial.store import Store, Trained
from tests.refusals import refused

UNIT = Unit(Arm("synthetic", 0.5, 0.1), 3, 1)


TRAINED = Trained(
    {"dense": {"kernel": np.arange(6, dtype=np.float32).reshape(2, 3)}}, 40, [[20, 0.5, 0.75]], 0.25, 7, 3
)
PLAN = Plan(
    fields={"trial.steps": 4, "data.label": "NORMAL"},
    arms=(Arm("real", 0.0, 1.0),),
    primary=None,
    classifier=PlannedClassifier(image_size=64, steps=4, batch_size=4, base_channels=8),
    label="NORMAL",
    positive="PNEUMONIA",
    test_split="the source's test split",
    images_sha256="0" * 64,
    synthetic=None,
)


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "trial")
    store.begin(PLAN, is_finished=False)
    return store


def test_a_classifier_comes_back_as_it_was(store):
    assert not store.has(UNIT)
    store.write(UNIT, TRAINED)
    found = store.read(UNIT)
    np.testing.assert_array_equal(found.params["dense"]["kernel"], TRAINED.params["dense"]["kernel"])
    assert found[1:] == TRAINED[1:]
    assert store.has(UNIT)


def test_the_same_plan_goes_on_and_another_one_is_refused(store, tmp_path):
    store.begin(PLAN, is_finished=False)
    other = PLAN.model_copy(update={"fields": PLAN.fields | {"trial.steps": 5}})
    with refused("config.trial.steps", path=tmp_path):
        store.begin(other, is_finished=False)
    with refused("images_sha256, arms", path=tmp_path):
        store.begin(PLAN.model_copy(update={"images_sha256": "1" * 64, "arms": ()}), is_finished=True)


def test_no_flipped_bit_of_a_classifier_passes(store, tmp_path, caplog):
    """Each is said, and the classifier counts as one to be trained again."""
    store.write(UNIT, TRAINED)
    path = tmp_path / "trial" / f"{UNIT.name}.msgpack"
    whole = path.read_bytes()
    for bit in range(0, 8 * len(whole), 5):
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        assert not store.has(UNIT), bit
        with refused(path=tmp_path / "trial" / "synthetic_r0.5_f0.1_s3_g1.msgpack"):
            store.read(UNIT)
    assert "is damaged" in caplog.text
    path.write_bytes(whole[:-1])
    assert not store.has(UNIT)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"schema_version": 9}', '{"arms": 3}'])
def test_a_damaged_plan_is_named(tmp_path, content):
    (tmp_path / "trial").mkdir()
    (tmp_path / "trial" / "plan.json").write_text(content)
    with refused(path=tmp_path / "trial" / "plan.json"):
        Store(tmp_path / "trial").begin(PLAN, is_finished=False)
