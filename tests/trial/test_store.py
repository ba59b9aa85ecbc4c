"""What a trial that was stopped finds again."""

import numpy as np
import pytest

from dcgan_jax.errors import UserError
from dcgan_jax.trial.arms import Arm, Unit
from dcgan_jax.trial.store import Store, Trained

UNIT = Unit(Arm("synthetic", 0.5, 0.1), 3, 1)


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "trial")
    store.begin({"config.trial.steps": 4, "arms": ["real"]})
    return store


def test_a_classifier_comes_back_as_it_was(store):
    trained = Trained(
        {"dense": {"kernel": np.arange(6, dtype=np.float32).reshape(2, 3)}}, 40, [[20, 0.5, 0.75]], 0.25, 7, 3
    )
    assert not store.has(UNIT)
    store.write(UNIT, trained)
    found = store.read(UNIT)
    np.testing.assert_array_equal(found.params["dense"]["kernel"], trained.params["dense"]["kernel"])
    assert found[1:] == trained[1:]
    assert store.has(UNIT)


def test_the_same_plan_goes_on_and_another_one_is_refused(store, tmp_path):
    store.begin({"config.trial.steps": 4, "arms": ["real"]})
    with pytest.raises(UserError, match=r"holds a trial with another config.trial.steps"):
        store.begin({"config.trial.steps": 5, "arms": ["real"]})


def test_a_damaged_classifier_is_named(store, tmp_path):
    path = tmp_path / "trial" / f"{UNIT.name}.msgpack"
    path.write_bytes(b"\xc1")
    with pytest.raises(UserError, match=r"synthetic_r0.5_f0.1_s3_g1.msgpack is damaged .*: delete it"):
        store.read(UNIT)
