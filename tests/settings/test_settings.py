"""Settings refuse what cannot work, naming the field, the value and the remedy, and survive a round trip."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs import cxr, default
from dcgan_jax.errors import FieldError
from dcgan_jax.settings import RUN_SECTIONS, Settings, makes_the_run, replaced
from tests.refusals import refused


@pytest.fixture(scope="module")
def settings() -> Settings:
    return Settings.from_config(default.get_config())


def test_cxr_is_the_papers_recipe():
    settings = Settings.from_config(cxr.get_config())
    assert (settings.data.image_size, settings.train.epochs, settings.train.batch_size) == (128, 500, 128)
    assert (settings.model.base_channels, settings.model.latent_size) == (64, 100)
    assert settings.optimizer.generator_learning_rate == 1e-4
    assert settings.optimizer.discriminator_learning_rate == 2e-5
    assert (settings.optimizer.beta1, settings.optimizer.epsilon) == (0.5, 1e-7)
    assert settings.data.sampling == "replacement"
    assert settings.data.holdout == 0


@pytest.mark.parametrize(
    ("field", "value", "remedy"),
    [
        ("seed", -1, "greater than or equal to 0"),
        ("data.image_size", 100, "64, 128, 256 or 512"),
        ("data.image_size", "128", "64, 128, 256 or 512"),
        ("data.source", "mnist", "'chest_xray' or 'phantom'"),
        ("data.holdout", 1.0, "less than 1"),
        ("data.fraction", 0.0, "greater than 0"),
        ("data.test", 1.0, "less than 1"),
        ("data.patient_pattern", "p(", "a regular expression"),
        ("data.patient_pattern", r"p\d+", "one group"),
        ("data.columns", ("a", "b", "c", "d"), "at most 3"),
        ("data.sampling", "random", "'replacement', 'shuffle' or 'balanced'"),
        ("model.channels", 2, "1 or 3"),
        ("model.dtype", "float16", "'float32' or 'bfloat16'"),
        ("model.num_classes", 1, "0, or 2 or more"),
        ("optimizer.generator_learning_rate", float("nan"), "finite"),
        ("optimizer.beta1", 1.0, "less than 1"),
        ("train.batch_size", 7, "a multiple of 2"),
        ("train.batch_size", 0, "greater than or equal to 2"),
        ("train.steps_per_dispatch", 0, "greater than 0"),
        ("checkpoint.keep", 0, "greater than 0"),
        ("eval.num_samples", 1, "greater than or equal to 2"),
        ("eval.dims", 1000, "64, 192, 768 or 2048"),
        ("generate.count", 2.5, "a valid integer"),
    ],
)
def test_an_impossible_value_is_named_with_its_remedy(settings, field, value, remedy):
    with refused(remedy, field=f"config.{field}", value=value) as caught:
        settings.with_overrides({field: value})
    assert "\n" not in str(caught.value)


def test_an_unknown_field_is_refused():
    config = default.get_config()
    config.train.batchsize = 64
    with refused(field="config.train.batchsize"):
        Settings.from_config(config)


def test_all_fields_at_fault_are_listed_at_once(settings):
    with refused("config.seed=-1", "config.train.batch_size=3") as caught:
        settings.with_overrides({"seed": -1, "train.batch_size": 3})
    assert len(str(caught.value).splitlines()) == 2


@given(
    seed=st.integers(0, 2**31 - 1),
    batch=st.integers(1, 500),
    rate=st.floats(1e-8, 1.0),
    folder=st.text().filter(lambda text: "://" not in text),
)
def test_saved_settings_load_as_they_were(tmp_path_factory, settings, seed, batch, rate, folder):
    changed = settings.with_overrides(
        {"seed": seed, "train.batch_size": 2 * batch, "optimizer.epsilon": rate, "data.dir": folder}
    )
    path = tmp_path_factory.mktemp("settings") / "config.json"
    changed.save(path)
    assert Settings.load(path) == changed


def test_a_field_that_a_config_file_lacks_has_its_default(tmp_path, settings):
    values = settings.with_overrides({"seed": 3}).values()
    del values["generate"]["label"], values["trial"]
    path = tmp_path / "config.json"
    path.write_text(json.dumps(values))
    assert Settings.load(path) == settings.with_overrides({"seed": 3})


def test_a_field_that_never_was_is_named_with_the_config_file(tmp_path, settings):
    path = tmp_path / "config.json"
    path.write_text(json.dumps({**settings.values(), "train": {"length": 3}}))
    with refused("config.train.length", path=path):
        Settings.load(path)


def test_a_field_that_has_gone_hands_its_value_on_and_is_named(tmp_path, settings, monkeypatch):
    monkeypatch.setattr(replaced, "REPLACED", {"train.pictures": "train.batch_size", "train.gone": ""})
    values = settings.values()
    del values["train"]["batch_size"]
    values["train"] |= {"pictures": 32, "gone": True}
    path = tmp_path / "config.json"
    path.write_text(json.dumps(values))
    assert Settings.load(path) == settings.with_overrides({"train.batch_size": 32})
    with refused("config.train.batch_size", field="config.train.pictures"):
        settings.with_overrides({"train.pictures": 32})
    with refused(field="config.train.gone"):
        settings.with_overrides({"train.gone": True})


def test_sections_that_are_not_used_are_carried_along_as_they_are(tmp_path, settings, caplog):
    values = settings.values()
    values["trial"] |= {"steps": -1, "arms": "gan"}
    values["generate"] = 5
    path = tmp_path / "config.json"
    with caplog.at_level("INFO"):
        read = Settings.validated(values, RUN_SECTIONS)
    assert "config.trial.steps=-1 is not possible" in caplog.text
    assert read.train == settings.train
    read.with_overrides({"train.steps": 9}).save(path)
    kept = json.loads(path.read_text())
    assert (kept["trial"]["steps"], kept["trial"]["arms"], kept["train"]["steps"]) == (-1, "gan", 9)
    assert not Settings.load(path, RUN_SECTIONS).differences(read).keys() - {"train.steps"}
    with refused("config.trial.steps=-1", path=path):
        Settings.load(path, ("data", "trial"))


def test_what_is_wrong_in_a_section_that_is_used_is_refused_alone(settings):
    values = settings.values()
    values["trial"]["steps"] = values["train"]["steps"] = -1
    with refused(field="config.train.steps", value=-1):
        Settings.validated(values, RUN_SECTIONS)


def test_a_config_file_that_is_a_folder_is_named(tmp_path):
    (tmp_path / "config.json").mkdir()
    with refused("Is a directory", path=tmp_path / "config.json"):
        Settings.load(tmp_path / "config.json")


@pytest.mark.parametrize(
    ("field", "place"),
    [
        ("checkpoint.dir", "foo://bar"),
        ("checkpoint.dir", "://"),
        ("generate.out", "gs://bucket/x"),
        ("data.dir", "s3://x"),
    ],
)
def test_places_that_cannot_be_reached_are_refused(settings, field, place):
    with refused("path", field=f"config.{field}", value=place):
        settings.with_overrides({field: place})


@pytest.mark.parametrize("place", ["gs://bucket/run", "s3://bucket/run"])
def test_checkpoints_may_go_to_object_stores(settings, place):
    assert settings.with_overrides({"checkpoint.dir": place}).checkpoint.dir == place


def test_a_damaged_config_file_is_named(tmp_path, settings):
    path = tmp_path / "config.json"
    settings.save(path)
    path.write_text(path.read_text()[:50])
    with refused(path=path):
        Settings.load(path)


def test_differences_name_fields_and_both_values(settings):
    other = settings.with_overrides({"seed": 3, "train.steps": 10})
    assert settings.differences(other) == {"seed": (0, 3), "train.steps": (0, 10)}


def test_what_may_change_between_two_starts_of_a_run(settings):
    every_field = {
        f"{section}.{name}"
        for section, values in json.loads(settings.model_dump_json()).items()
        if isinstance(values, dict)
        for name in values
    }
    may_change = {name for name in every_field if not makes_the_run(name)}
    assert {name.split(".")[0] for name in may_change} == {
        *("data", "train", "checkpoint", "runtime", "eval", "generate", "balance", "export", "trial", "study", "report")
    }
    assert {name for name in may_change if name.startswith("data.")} == {
        "data.dir",
        "data.labels",
        "data.placement",
        "data.device_budget_mib",
    }
    assert "train.batch_size" not in may_change


@pytest.mark.parametrize("given", [("Path", "", "Who"), ["Path", "", "Who"], "Path,,Who", ("Path,, Who",)])
def test_columns_may_be_listed_in_any_way_and_a_blank_holds_its_place(settings, given):
    files = {"data.dir": "/data", "data.labels": "/data/table.csv"}
    assert settings.with_overrides({**files, "data.columns": given}).data.columns == ("Path", "", "Who")
    assert settings.with_overrides({**files, "data.columns": ""}).data.columns == ()


@pytest.mark.parametrize(
    ("fields", "needed"),
    [
        ({"data.labels": "/table.csv"}, "config.data.dir"),
        ({"data.patient_pattern": "(a)"}, "config.data.dir"),
        ({"data.dir": "/data", "data.exclude": ("Edema",)}, "config.data.labels"),
        ({"data.dir": "/data", "data.columns": ("a",)}, "config.data.labels"),
    ],
)
def test_a_field_that_would_not_be_read_is_refused(settings, fields, needed):
    with pytest.raises(FieldError, match=needed):
        settings.with_overrides(fields)


@pytest.mark.parametrize("given", [("classical", "both"), ["classical", "both"], "classical,both", ("classical,both",)])
def test_names_may_be_listed_in_any_way(settings, given):
    """As a configuration, config.json and the two readings of a command line give them."""
    assert settings.with_overrides({"trial.arms": given}).trial.arms == ("classical", "both")


@pytest.mark.parametrize(
    ("given", "field", "value", "named"),
    [
        ({"trial.ratios": ()}, "trial.ratios", (), "at least 1"),
        ({"trial.ratios": (1.0, 1.0)}, "trial.ratios", (1.0, 1.0), "once"),
        ({"trial.fractions": (1.0, 1.5)}, "trial.fractions.1", 1.5, "less than or equal to 1"),
        ({"trial.arms": "gan"}, "trial.arms.0", "gan", "'real', 'classical'"),
        ({"trial.base_channels": 12}, "trial.base_channels", 12, "a multiple of 8"),
        ({"trial.validation": 0.9}, "trial.validation", 0.9, "config.trial.test=0.2"),
    ],
)
def test_what_a_trial_cannot_be(settings, given, field, value, named):
    with refused(named, field=f"config.{field}", value=value):
        settings.with_overrides(given)


def test_one_class_has_no_others_to_tell_apart(settings):
    with refused("config.data.label=NORMAL", field="config.model.num_classes", value=2):
        settings.with_overrides({"model.num_classes": 2})


def test_synthetic_images_come_from_one_place(settings):
    with refused("config.trial.runs", field="config.trial.synthetic_dir", value="/a"):
        settings.with_overrides({"trial.synthetic_dir": "/a", "trial.runs": ("/b",)})


def test_runs_are_made_absolute(settings):
    assert all(path.startswith("/") for path in settings.with_overrides({"trial.runs": ("a", "b")}).trial.runs)


def test_pairs_need_an_update_of_both(settings):
    with refused("config.optimizer.discriminator_updates=joint", field="config.loss.kind", value="relativistic"):
        settings.with_overrides({"loss.kind": "relativistic"})
