"""Who may continue in a workdir, and what makes a run the same run."""

import logging
from pathlib import Path

import pytest

from dcgan_jax.runs.summary import Summary
from dcgan_jax.runs.workdir import Workdir, compute_identity
from tests.refusals import refused

SUMMARY = Summary(
    step=6,
    state_sha256="ab" * 32,
    versions={"jax": "0.10.2"},
    devices=["cpu"],
    processes=1,
    images_per_second=None,
    seconds=1.0,
    num_train_images=16,
    best_step=None,
    scores=None,
)
FILES = "file\tclass\tpatient\tsha256\na.png\tNORMAL\t1\tab\n"


@pytest.fixture
def workdir(tmp_path, tiny_settings):
    """A workdir in which a run was started."""
    workdir = Workdir(tmp_path / "run")
    with workdir.locked():
        assert workdir.check_settings(tiny_settings) is None
        workdir.record(tiny_settings, FILES)
    return workdir


def test_the_same_settings_continue(workdir, tiny_settings):
    assert workdir.check_settings(tiny_settings) == tiny_settings
    workdir.check_train_files(FILES)


def test_what_may_change_is_logged(workdir, tiny_settings, caplog):
    with caplog.at_level(logging.INFO):
        workdir.check_settings(tiny_settings.with_overrides({"train.steps": 9}))
    assert "continuing with config.train.steps=9 instead of 6" in caplog.text


def test_another_run_is_refused_with_both_values(workdir, tiny_settings):
    with refused(workdir.root, "has 0", field="config.seed", value=4):
        workdir.check_settings(tiny_settings.with_overrides({"seed": 4}))
    with refused(workdir.root, "has 0", field="config.seed", value=4):
        workdir.settings({"seed": 4})


def test_other_images_are_refused(workdir):
    with refused(path=workdir.train_files):
        workdir.check_train_files(FILES.replace("ab", "cd"))


def test_modes_that_take_a_run_up_may_override_the_rest(workdir, tiny_settings):
    assert workdir.settings({"generate.count": 7}) == tiny_settings.with_overrides({"generate.count": 7})


def test_only_one_process_trains_in_it(workdir):
    with workdir.locked(), refused(field="--workdir", value=workdir.root), workdir.locked():
        pass
    with workdir.locked():
        pass


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with (
        refused("Not a directory", field="--workdir", value=tmp_path / "file" / "run"),
        Workdir(tmp_path / "file" / "run").locked(),
    ):
        pass


def test_identity_follows_what_makes_the_run_and_nothing_else(tiny_settings):
    identity = compute_identity(tiny_settings, FILES)
    for same in ({"train.steps": 9}, {"data.placement": "stream"}, {"eval.dims": 64}, {"generate.count": 1}):
        assert compute_identity(tiny_settings.with_overrides(same), FILES) == identity
    for other in ({"seed": 1}, {"train.batch_size": 16}, {"model.dtype": "bfloat16"}, {"data.holdout": 0.1}):
        assert compute_identity(tiny_settings.with_overrides(other), FILES) != identity
    assert compute_identity(tiny_settings, FILES.replace("ab", "cd")) != identity


def test_paths_are_kept_absolute(tiny_settings):
    settings = tiny_settings.with_overrides({"generate.out": "here", "checkpoint.dir": "gs://bucket/x"})
    assert settings.generate.out == str(Path.cwd() / "here")
    assert settings.checkpoint.dir == "gs://bucket/x"


def test_complete_means_all_steps_and_the_report(workdir):
    assert not workdir.is_complete(6, scored=False)
    SUMMARY.write(workdir.summary)
    assert workdir.is_complete(6, scored=False)
    assert not workdir.is_complete(6, scored=True)
    assert not workdir.is_complete(8, scored=False)
    SUMMARY.model_copy(update={"scores": {"fid": 1.0}}).write(workdir.summary)
    assert workdir.is_complete(6, scored=True)
