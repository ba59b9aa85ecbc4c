"""What makes a run what it is stays the same for older runs, whatever fields come."""

import pytest

from dcgan_jax.settings import ModelSettings, Settings, makes_the_run
from dcgan_jax.settings.reference import list_fields

SOME_FIELDS = {"seed": 0, "data.label": "NORMAL", "average.ramp_up": 0.05, "train.batch_size": 128}


class LaterModelSettings(ModelSettings):
    attention: bool = False


class LaterSettings(Settings):
    model: LaterModelSettings = LaterModelSettings()


@pytest.fixture
def settings() -> Settings:
    return Settings()


def test_all_fields_of_the_first_version_count(settings):
    identity = settings.identity()
    assert len(identity) == 48
    assert SOME_FIELDS.items() <= identity.items()
    assert not {"model.num_classes", "data.dir", "data.labels", "train.steps", "eval.dims"} & identity.keys()


def test_no_default_of_a_later_field_has_changed():
    """Runs made with it off would no longer be the runs that they were: a new field is added below, none is changed."""
    defaults = {field.name: field.default for _, _, fields in list_fields() for field in fields}
    later = {name for name in defaults if makes_the_run(name)} - Settings().identity().keys()
    assert {name: defaults[name] for name in later} == {
        "data.views": "",
        "data.admit": "",
        "data.columns": "",
        "data.exclude": "",
        "data.patient_pattern": "",
        "data.test": "0.2",
        "model.num_classes": "0",
        "model.pixel_norm": "False",
        "model.image_skips": "False",
        "model.excitation": "False",
        "model.blocks": "0",
        "loss.r2": "0.0",
        "loss.penalty_decay_to": "1.0",
        "loss.mode_seeking": "0.0",
        "loss.reconstruction": "0.0",
        "loss.imle": "0.0",
        "optimizer.decay_curve": "linear",
        "train.init_from": "",
    }


def test_a_field_that_is_added_changes_nothing_until_it_is_used(settings):
    later = LaterSettings.validated(settings.values())
    assert later.identity() == settings.identity()
    used = later.with_overrides({"model.attention": True})
    assert used.identity() == {**settings.identity(), "model.attention": True}
