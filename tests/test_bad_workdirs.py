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


def test_a_workdir_that_cannot_be_written(command_refused, tmp_path):
    (tmp_path / "file").touch()
    workdir = tmp_path / "file" / "run"
    named = ("Not a directory",)
    command_refused(*TINY_FLAGS, f"--workdir={workdir}", field="--workdir", value=workdir, named=named)


def test_a_full_workdir(command_refused, tmp_path):
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full, which only Linux has")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / ".summary.json.part").symlink_to("/dev/full")
    command_refused(*TINY_FLAGS, f"--workdir={tmp_path / 'run'}", named=("No space left on device",))


def test_checkpoints_that_cannot_be_kept(command_refused, tmp_path):
    (tmp_path / "file").touch()
    place = tmp_path / "file" / "a"
    command_refused(*TINY_FLAGS, f"--config.checkpoint.dir={place}", path=place, named=("config.checkpoint.dir",))


def test_a_workdir_with_another_run(command_refused, run):
    before = (run / "config.json").read_bytes()
    flags = (f"--workdir={run}", "--config.seed=1", "--config.model.latent_size=9")
    named = (run, "has 0", "config.model.latent_size=8 in place of 9")
    command_refused(*TINY_FLAGS, *flags, field="config.seed", value=1, named=named)
    assert (run / "config.json").read_bytes() == before


def test_a_workdir_with_other_training_images(command_refused, run):
    files = run / "train_files.tsv"
    files.write_text(files.read_text().replace("NORMAL", "OTHER", 1))
    command_refused(*TINY_FLAGS, f"--workdir={run}", path=files)


def test_fewer_steps_than_the_run_has(command_refused, run):
    flags = (f"--workdir={run}", "--config.train.steps=4")
    command_refused(*TINY_FLAGS, *flags, field="config.train.steps", value=4, named=("6 steps",))


def test_a_damaged_config_file_of_a_run(command_refused, run):
    (run / "config.json").write_text("{")
    command_refused(*TINY_FLAGS, f"--workdir={run}", path=run / "config.json")


@pytest.mark.parametrize("mode", ["train", "generate"])
def test_a_damaged_checkpoint(command_refused, run, mode):
    for file in (run / "checkpoints" / "6").rglob("*"):
        if file.is_file():
            file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    flags = (*TINY_FLAGS, "--config.train.steps=8")  # a run that is done would not read it
    command_refused(*flags, f"--workdir={run}", f"--mode={mode}", path=run / "checkpoints" / "6")
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


def test_a_folder_that_is_no_checkpoint(command_refused, run):
    (run / "checkpoints" / "99").mkdir()
    command_refused(*TINY_FLAGS, f"--workdir={run}", path=run / "checkpoints" / "99", named=("empty",))


def test_the_only_checkpoint_is_never_passed_over(command_refused, run):
    for step in ("2", "4"):
        shutil.rmtree(run / "checkpoints" / step)
    (run / "checkpoints" / "6" / "_CHECKPOINT_METADATA").write_text("{")
    flags = (*TINY_FLAGS, "--config.train.steps=8", "--config.checkpoint.on_damage=fall_back")
    command_refused(*flags, f"--workdir={run}", path=run / "checkpoints" / "6")


def test_a_workdir_whose_list_of_images_is_gone(command_refused, run):
    (run / "train_files.tsv").unlink()
    command_refused("--mode=generate", f"--workdir={run}", path=run / "train_files.tsv")


def test_a_workdir_that_is_no_folder(command_refused):
    command_refused(*TINY_FLAGS, "--workdir=gs://bucket/run", field="--workdir", value="gs://bucket/run")


def test_checkpoints_of_another_run(command_refused, run):
    place = run / "checkpoints"
    flags = (*TINY_FLAGS, f"--config.checkpoint.dir={place}")
    command_refused(*flags, field="config.checkpoint.dir", value=place, named=(run, place / "owner.json"))
    (place / "owner.json").unlink()
    command_refused(*flags, "--config.seed=1", path=place / "6", named=("config.checkpoint.dir",))


def test_checkpoints_that_have_moved_without_the_run_knowing(command_refused, run, tmp_path):
    """Neither is the run changed, nor is the other folder claimed for it."""
    before, other = (run / "metrics.jsonl").read_bytes(), tmp_path / "other"
    flags = (f"--workdir={run}", f"--config.checkpoint.dir={other}")
    command_refused(*TINY_FLAGS, *flags, field="config.checkpoint.dir", value=other)
    assert (run / "metrics.jsonl").read_bytes() == before
    assert not (other / "owner.json").exists()


def test_checkpoints_that_are_gone(command_refused, run):
    """A file system that is not mounted must not look like a run that has yet to begin."""
    before = (run / "metrics.jsonl").read_bytes()
    shutil.rmtree(run / "checkpoints")
    command_refused(*TINY_FLAGS, f"--workdir={run}", path=run / "checkpoints", named=(run,))
    assert (run / "metrics.jsonl").read_bytes() == before


def test_a_damaged_summary(command_refused, run):
    (run / "summary.json").write_text('{"step": ')
    command_refused(*TINY_FLAGS, f"--workdir={run}", "--config.train.steps=8", path=run / "summary.json")


def test_a_refused_command_leaves_the_settings_of_the_run_alone(command_refused, run):
    before = (run / "config.json").read_bytes()
    flags = (f"--workdir={run}", "--config.train.steps=4")
    command_refused(*TINY_FLAGS, *flags, field="config.train.steps", value=4)
    assert (run / "config.json").read_bytes() == before


def test_two_trainings_in_one_workdir(command_refused, run):
    with FileLock(run / ".lock"):
        command_refused(*TINY_FLAGS, f"--workdir={run}", field="--workdir", value=run)


def test_damaged_metrics(command_refused, run):
    rows = (run / "metrics.jsonl").read_text().splitlines(keepends=True)
    (run / "metrics.jsonl").write_text("".join([*rows[:2], "[1]\n", *rows[3:]]))
    flags = (f"--workdir={run}", "--config.train.steps=8")
    command_refused(*TINY_FLAGS, *flags, path=run / "metrics.jsonl", named=("line 3",))


@pytest.mark.parametrize("mode", ["generate", "evaluate"])
def test_taking_a_run_up_as_another_one(command_refused, run, mode):
    flags = (f"--mode={mode}", f"--workdir={run}", "--config.data.label=PNEUMONIA")
    command_refused(*flags, field="config.data.label", value="PNEUMONIA", named=(run, "has NORMAL"))


@pytest.mark.parametrize("listed", [False, True])
def test_generating_among_other_images(command_refused, run, tmp_path, listed):
    """Nothing of theirs is removed, not even what their own manifest lists."""
    theirs = tmp_path / "mine" / "train" / "a.jpeg"
    theirs.parent.mkdir(parents=True)
    Image.new("L", (8, 8)).save(theirs)
    out, culprit = theirs.parent, theirs
    if listed:
        out = tmp_path / "mine"
        culprit = out / "manifest.csv"
        culprit.write_text("file,patient\ntrain/a.jpeg,7\n")
    flags = (f"--workdir={run}", f"--config.generate.out={out}")
    command_refused("--mode=generate", *flags, path=culprit, named=("config.generate.out",))
    assert theirs.exists()
    assert culprit.exists()


def test_generating_without_a_checkpoint(command_refused, run):
    shutil.rmtree(run / "checkpoints")
    command_refused("--mode=generate", f"--workdir={run}", path=run / "checkpoints")
    assert not (run / "checkpoints").exists()


def test_generating_without_a_run(command_refused, tmp_path):
    command_refused("--mode=generate", path=tmp_path / "new" / "config.json", named=("--workdir",))


def test_generating_from_a_checkpoint_that_is_not_kept(command_refused, run):
    flags = (f"--workdir={run}", "--config.eval.checkpoint=5")
    named = (run / "checkpoints", "2, 4, 6")
    command_refused("--mode=generate", *flags, field="config.eval.checkpoint", value=5, named=named)


def test_generating_into_a_file(command_refused, run, tmp_path):
    (tmp_path / "file").touch()
    flags = (f"--workdir={run}", f"--config.generate.out={tmp_path / 'file'}")
    command_refused("--mode=generate", *flags, field="config.generate.out", value=tmp_path / "file")
