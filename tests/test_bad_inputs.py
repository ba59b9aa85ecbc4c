"""What a user can get wrong: each mistake gets one sentence with its remedy and exit code 2, and nothing is lost."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from PIL import Image

from tests.launching import TINY_FLAGS, launch

CXR = ("--config=configs/cxr.py",)


@pytest.fixture
def run(finished_run, tmp_path):
    """A finished run that may be damaged."""
    return Path(shutil.copytree(finished_run, tmp_path / "run"))


@pytest.fixture
def refused(tmp_path):
    """Runs a command that must be refused, with exactly this sentence among what it prints."""

    def check(sentence: str, *flags: str) -> None:
        if not any(flag.startswith("--workdir") for flag in flags):
            flags = (*flags, f"--workdir={tmp_path / 'new'}")
        outcome = launch(*flags, log=tmp_path / "log")
        assert outcome.code == 2, outcome.output
        assert "Traceback" not in outcome.output
        assert sentence in " ".join(outcome.output.split()), outcome.output

    return check


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (("--config.data.imagesize=64",), "config.data.imagesize is not a field: did you mean config.data.image_size?"),
        (("--config.colour=red",), "config.colour is not a field: see configs/default.py for all of them."),
        (("--config.train.batch_size=many",), "flag --config.train.batch_size=many: invalid literal"),
        (("--config.data.image_size=100",), "config.data.image_size=100 is not possible: give one of 64, 128, 256."),
        (("--config.train.batch_size=63",), "config.train.batch_size=63 is not possible: give a multiple of 2."),
        (("--config.seed=-1",), "config.seed=-1 is not possible: give greater than or equal to 0."),
        (("--config.data.holdout=1.0",), "config.data.holdout=1.0 is not possible: give less than 1."),
        (("--config.data.resize=cubic",), "config.data.resize='cubic' is not possible: give 'antialias' or 'nearest'."),
        (("--config.eval.checkpoint=x",), "config.eval.checkpoint='x' is not possible: give best, latest or a step."),
        (("--config=configs/cxr.py:huge",), "variant 'huge' is unknown: use configs/cxr.py or configs/cxr.py:smoke"),
        (("--config=configs/none.py",), "No such file or directory: 'configs/none.py'"),
        (("--config=LICENSE",), "The command line cannot be understood: unexpected indent"),
        (("--mode=fly",), "flag --mode=fly: value should be one of <train|prepare|generate|evaluate>"),
        (("--batch_size=3",), "Unknown command line flag 'batch_size'"),
        (("train",), "'train' is not understood: options begin with --, as in --mode=train."),
    ],
)
def test_the_command_line(refused, flags, sentence):
    refused(sentence, *CXR, *flags)


def test_no_configuration(refused):
    refused("--config is missing: give a configuration, for example --config=configs/quickstart.py.")


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (
            ("--config.data.label=COVID",),
            "data.label=COVID is no class with training images: choose one of NORMAL, PNEUMONIA.",
        ),
        (
            ("--config.train.batch_size=32",),
            "config.train.batch_size=32 is larger than the data: there are 16 training images of "
            "config.data.label='NORMAL'; choose at most 16.",
        ),
        (
            ("--config.train.batch_size=12",),
            "config.train.batch_size=12 cannot be divided over 4 devices: half a batch is real images, so give a "
            "multiple of 8.",
        ),
    ],
)
def test_fields_that_do_not_fit_the_data_or_the_devices(refused, flags, sentence):
    refused(sentence, *TINY_FLAGS, *flags)


def write_class_folders(folder: Path) -> Path:
    """Writes a few good X-rays; returns the folder of one class."""
    for label in ("NORMAL", "PNEUMONIA"):
        for index in range(4):
            path = folder / "train" / label / f"IM-{index:04d}-0001.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.random.default_rng(index).integers(0, 256, (70, 80), np.uint8)).save(path)
    return folder / "train" / "NORMAL"


def make_truncated(folder: Path) -> None:
    path = write_class_folders(folder) / "bad.jpeg"
    Image.effect_noise((200, 200), 50).save(path)
    path.write_bytes(path.read_bytes()[:2000])


def make_empty_file(folder: Path) -> None:
    (write_class_folders(folder) / "bad.png").touch()


def make_text(folder: Path) -> None:
    (write_class_folders(folder) / "bad.jpg").write_text("This is no image.")


def make_bomb(folder: Path) -> None:
    Image.new("1", (15_000, 15_000)).save(write_class_folders(folder) / "bad.png")


def make_nan(folder: Path) -> None:
    pixels = np.full((64, 64), np.nan, np.float32)
    Image.fromarray(pixels).save(write_class_folders(folder) / "bad.tiff")


@pytest.mark.parametrize("make", [make_truncated, make_empty_file, make_text, make_bomb, make_nan])
def test_files_that_are_no_usable_images(refused, tmp_path, make):
    make(tmp_path / "data")
    refused("train/NORMAL/bad", *CXR, f"--config.data.dir={tmp_path / 'data'}", "--config.train.batch_size=8")


def make_nothing(folder: Path) -> None:
    pass


def make_empty_folder(folder: Path) -> None:
    folder.mkdir()


def make_file(folder: Path) -> None:
    folder.write_text("")


def make_no_classes(folder: Path) -> None:
    folder.mkdir()
    Image.new("L", (64, 64)).save(folder / "image.png")


@pytest.mark.parametrize("make", [make_nothing, make_empty_folder, make_file, make_no_classes])
def test_folders_that_are_no_data_set(refused, tmp_path, make):
    make(tmp_path / "data")
    refused(f"data.dir={tmp_path / 'data'}", *CXR, f"--config.data.dir={tmp_path / 'data'}")


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
    (tmp_path / "run" / "summary.json.part").symlink_to("/dev/full")
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


def test_a_damaged_prepared_set(refused, cache):
    flags = (*TINY_FLAGS, "--config.data.phantom_count=9")  # a set of this test's own
    refused("larger than the data", *flags, "--config.train.batch_size=16")
    damaged = 0
    for report in (cache / "prepared").glob("*/report.json"):
        if "(9 training images" in json.loads(report.read_text())["source"]:
            records = next((report.parent / "records").rglob("*array_record*"))
            records.write_bytes(records.read_bytes()[:-100])
            damaged += 1
    assert damaged == 1
    refused("is not as it was written: delete the folder", *flags, "--config.train.batch_size=8")


def test_a_folder_that_phantoms_would_ignore(refused, tmp_path):
    refused(
        f"config.data.dir={tmp_path} is not read with config.data.source=phantom: give config.data.source=chest_xray",
        *TINY_FLAGS,
        f"--config.data.dir={tmp_path}",
    )


def test_a_workdir_that_is_no_folder(refused):
    refused("--workdir=gs://bucket/run is no folder of a file system", *TINY_FLAGS, "--workdir=gs://bucket/run")


def test_checkpoints_of_another_run(refused, run):
    refused(
        "belongs to a run with other settings or training images",
        *TINY_FLAGS,
        "--config.seed=1",
        f"--config.checkpoint.dir={run / 'checkpoints'}",
    )


def test_checkpoints_that_have_moved_without_the_run_knowing(refused, run, tmp_path):
    before = (run / "metrics.jsonl").read_bytes()
    refused("holds no checkpoints", *TINY_FLAGS, f"--workdir={run}", f"--config.checkpoint.dir={tmp_path / 'other'}")
    assert (run / "metrics.jsonl").read_bytes() == before


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


def test_generating_among_other_images(refused, run, tmp_path):
    (tmp_path / "mine").mkdir()
    Image.new("L", (8, 8)).save(tmp_path / "mine" / "a.png")
    refused(
        "holds images of something else",
        "--mode=generate",
        f"--workdir={run}",
        f"--config.generate.out={tmp_path}/mine",
    )


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
