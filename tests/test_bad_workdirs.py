"""What a user can get wrong about a run: one sentence with its remedy, exit code 2, and nothing of the run is lost."""

import json
import shutil
from pathlib import Path

import pytest
from filelock import FileLock
from PIL import Image

from tests.launching import TINY_FLAGS, launch


@pytest.fixture
def run(finished_run, tmp_path):
    """A finished run that may be damaged."""
    return Path(shutil.copytree(finished_run, tmp_path / "run"))


def test_a_workdir_that_cannot_be_written(refused, tmp_path):
    (tmp_path / "file").touch()
    refused(
        f"--workdir={tmp_path / 'file' / 'run'} cannot be written (Not a directory): choose another folder.",
        *TINY_FLAGS,
        f"--workdir={tmp_path / 'file' / 'run'}",
    )


def test_a_full_workdir(refused, tmp_path):
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full, which only Linux has")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / ".summary.json.part").symlink_to("/dev/full")
    refused("cannot be used (No space left on device): make room", *TINY_FLAGS, f"--workdir={tmp_path / 'run'}")


def test_checkpoints_that_cannot_be_kept(refused, tmp_path):
    (tmp_path / "file").touch()
    refused("set config.checkpoint.dir to a folder", *TINY_FLAGS, f"--config.checkpoint.dir={tmp_path / 'file' / 'a'}")


def test_a_workdir_with_another_run(refused, run):
    before = (run / "config.json").read_bytes()
    refused(
        f"{run} holds a run with other settings: config.seed=1 (the run has 0), config.model.latent_size=9 (the run "
        "has 8); give the run's values or a new --workdir.",
        *TINY_FLAGS,
        f"--workdir={run}",
        "--config.seed=1",
        "--config.model.latent_size=9",
    )
    assert (run / "config.json").read_bytes() == before


def test_a_workdir_with_other_training_images(refused, run):
    files = run / "train_files.tsv"
    files.write_text(files.read_text().replace("NORMAL", "OTHER", 1))
    refused(f"The training images are not those of the run in {run}", *TINY_FLAGS, f"--workdir={run}")


def test_fewer_steps_than_the_run_has(refused, run):
    refused(
        "The run has 6 steps already, more than the 4 asked for: give config.train.steps=6 or more",
        *TINY_FLAGS,
        f"--workdir={run}",
        "--config.train.steps=4",
    )


def test_a_damaged_config_file_of_a_run(refused, run):
    (run / "config.json").write_text("{")
    refused("config.json is damaged", *TINY_FLAGS, f"--workdir={run}")


@pytest.mark.parametrize("mode", ["train", "generate"])
def test_a_damaged_checkpoint(refused, run, mode):
    for file in (run / "checkpoints" / "6").rglob("*"):
        if file.is_file():
            file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    flags = (*TINY_FLAGS, "--config.train.steps=8")  # a run that is done would not read it
    refused(f"The checkpoint {run}/checkpoints/6 cannot be read", *flags, f"--workdir={run}", f"--mode={mode}")
    assert (run / "checkpoints" / "4").exists()


def test_a_damaged_checkpoint_is_passed_over_where_the_settings_say_so(run, finished_run, tmp_path):
    """The run ends in the state in which one without damage ends."""
    flags = (*TINY_FLAGS, "--config.train.steps=8")
    whole = shutil.copytree(finished_run, tmp_path / "whole")
    assert launch(*flags, f"--workdir={whole}", log=tmp_path / "log").code == 0
    (run / "checkpoints" / "99").mkdir()
    metadata = run / "checkpoints" / "6" / "_CHECKPOINT_METADATA"
    metadata.write_bytes(metadata.read_bytes()[:20])
    fall_back = "--config.checkpoint.on_damage=fall_back"
    outcome = launch(*flags, f"--workdir={run}", fall_back, log=tmp_path / "log")
    assert outcome.code == 0, outcome.output
    assert (
        f"WARNING: the checkpoint at step 6 is damaged. It was set aside as {run}/checkpoints/6.damaged"
        in outcome.output
    )
    assert "continuing from the checkpoint at step 4" in outcome.output
    told, expected = (json.loads((workdir / "summary.json").read_text()) for workdir in (run, whole))
    assert told["set_aside"] == ["6.damaged", "99.damaged"]
    assert told["state_sha256"] == expected["state_sha256"]


def test_a_folder_that_is_no_checkpoint(refused, run):
    (run / "checkpoints" / "99").mkdir()
    refused(f"The checkpoint {run}/checkpoints/99 cannot be read (it is empty", *TINY_FLAGS, f"--workdir={run}")


def test_the_only_checkpoint_is_never_passed_over(refused, run):
    for step in ("2", "4"):
        shutil.rmtree(run / "checkpoints" / step)
    (run / "checkpoints" / "6" / "_CHECKPOINT_METADATA").write_text("{")
    flags = (*TINY_FLAGS, "--config.train.steps=8", "--config.checkpoint.on_damage=fall_back")
    refused(f"The checkpoint {run}/checkpoints/6 cannot be read", *flags, f"--workdir={run}")


def test_a_workdir_whose_list_of_images_is_gone(refused, run):
    (run / "train_files.tsv").unlink()
    refused(f"{run}/train_files.tsv", "--mode=generate", f"--workdir={run}")


def test_a_workdir_that_is_no_folder(refused):
    refused("--workdir=gs://bucket/run is no folder of a file system", *TINY_FLAGS, "--workdir=gs://bucket/run")


def test_checkpoints_of_another_run(refused, run):
    where = f"--config.checkpoint.dir={run / 'checkpoints'}"
    refused("holds the checkpoints of the run in", *TINY_FLAGS, where)
    (run / "checkpoints" / "owner.json").unlink()
    refused("belongs to a run with other settings or training images", *TINY_FLAGS, "--config.seed=1", where)


def test_checkpoints_that_have_moved_without_the_run_knowing(refused, run, tmp_path):
    """Neither is the run changed, nor is the other folder claimed for it."""
    before, other = (run / "metrics.jsonl").read_bytes(), tmp_path / "other"
    refused("holds no checkpoints", *TINY_FLAGS, f"--workdir={run}", f"--config.checkpoint.dir={other}")
    assert (run / "metrics.jsonl").read_bytes() == before
    assert not (other / "owner.json").exists()


def test_checkpoints_that_are_gone(refused, run):
    """A file system that is not mounted must not look like a run that has yet to begin."""
    before = (run / "metrics.jsonl").read_bytes()
    shutil.rmtree(run / "checkpoints")
    refused(f"{run}/checkpoints holds no checkpoints, and the run in {run} has kept", *TINY_FLAGS, f"--workdir={run}")
    assert (run / "metrics.jsonl").read_bytes() == before


def test_a_damaged_summary(refused, run):
    (run / "summary.json").write_text('{"step": ')
    refused(f"{run}/summary.json is damaged", *TINY_FLAGS, f"--workdir={run}", "--config.train.steps=8")


def test_a_refused_command_leaves_the_settings_of_the_run_alone(refused, run):
    before = (run / "config.json").read_bytes()
    refused("more than the 4 asked for", *TINY_FLAGS, f"--workdir={run}", "--config.train.steps=4")
    assert (run / "config.json").read_bytes() == before


def test_two_trainings_in_one_workdir(refused, run):
    with FileLock(run / ".lock"):
        refused(f"Another process trains in {run}: wait for it", *TINY_FLAGS, f"--workdir={run}")


def test_damaged_metrics(refused, run):
    rows = (run / "metrics.jsonl").read_text().splitlines(keepends=True)
    (run / "metrics.jsonl").write_text("".join([*rows[:2], "[1]\n", *rows[3:]]))
    refused(f"Line 3 of {run}/metrics.jsonl is damaged", *TINY_FLAGS, f"--workdir={run}", "--config.train.steps=8")


@pytest.mark.parametrize("mode", ["generate", "evaluate"])
def test_taking_a_run_up_as_another_one(refused, run, mode):
    refused(
        "holds a run with other settings: config.data.label='PNEUMONIA' (the run has 'NORMAL')",
        f"--mode={mode}",
        f"--workdir={run}",
        "--config.data.label=PNEUMONIA",
    )


@pytest.mark.parametrize("listed", [False, True])
def test_generating_among_other_images(refused, run, tmp_path, listed):
    """Nothing of theirs is removed, not even what their own manifest lists."""
    theirs = tmp_path / "mine" / "train" / "a.jpeg"
    theirs.parent.mkdir(parents=True)
    Image.new("L", (8, 8)).save(theirs)
    out, culprit = theirs.parent, theirs
    if listed:
        out = tmp_path / "mine"
        culprit = out / "manifest.csv"
        culprit.write_text("file,patient\ntrain/a.jpeg,7\n")
    refused(
        f"config.generate.out: {culprit} is not from an export of this program",
        "--mode=generate",
        f"--workdir={run}",
        f"--config.generate.out={out}",
    )
    assert theirs.exists()
    assert culprit.exists()


def test_generating_without_a_checkpoint(refused, run):
    shutil.rmtree(run / "checkpoints")
    refused("There is no checkpoint in", "--mode=generate", f"--workdir={run}")
    assert not (run / "checkpoints").exists()


def test_generating_without_a_run(refused, tmp_path):
    refused("config.json does not exist: give the --workdir of a run that has been started.", "--mode=generate")


def test_generating_from_a_checkpoint_that_is_not_kept(refused, run):
    refused(
        f"config.eval.checkpoint=5 is not kept in {run}/checkpoints: choose best, latest or one of 2, 4, 6.",
        "--mode=generate",
        f"--workdir={run}",
        "--config.eval.checkpoint=5",
    )


def test_generating_into_a_file(refused, run, tmp_path):
    (tmp_path / "file").touch()
    refused("cannot be written", "--mode=generate", f"--workdir={run}", f"--config.generate.out={tmp_path / 'file'}")
