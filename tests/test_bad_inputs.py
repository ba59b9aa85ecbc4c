"""What a user can get wrong: each mistake gets one sentence with its remedy and exit code 2, and nothing is lost."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.launching import TINY_FLAGS

CXR = ("--config=configs/cxr.py",)


@pytest.mark.parametrize(
    ("flags", "field", "value", "named"),
    [
        (["--config.data.imagesize=64"], "config.data.imagesize", None, "config.data.image_size"),
        (["--config.color=red"], "config.color", None, "--help"),
        (["--config.data.image_size=100"], "config.data.image_size", 100, "64, 128, 256 or 512"),
        (["--config.train.batch_size=63"], "config.train.batch_size", 63, "a multiple of 2"),
        (["--config.seed=-1"], "config.seed", -1, "0"),
        (["--config.data.holdout=1.0"], "config.data.holdout", 1.0, "less than 1"),
        (["--config.data.resize=cubic"], "config.data.resize", "cubic", "'antialias' or 'nearest'"),
        (["--config.eval.checkpoint=x"], "config.eval.checkpoint", "x", "best, latest"),
        (["--config=configs/none.py"], "--config", "configs/none.py", "cxr_best"),
        (["train"], "train", None, "--mode=train"),
    ],
)
def test_the_command_line(command_refused, flags, field, value, named):
    command_refused(*CXR, *flags, field=field, value=value, named=(named,))


@pytest.mark.parametrize(
    ("flag", "named"),
    [
        ("--config.train.batch_size=many", ["--config.train.batch_size=many"]),
        ("--config=configs/cxr.py:huge", ["huge", "configs/cxr.py:smoke"]),
        ("--config=LICENSE", ["--config=LICENSE"]),
        ("--mode=fly", ["--mode=fly", "train|prepare|generate|export"]),
        ("--batch_size=3", ["batch_size"]),
    ],
)
def test_flags_that_cannot_be_parsed(command_refused, flag, named):
    command_refused(*CXR, flag, named=tuple(named))


def test_no_configuration(command_refused):
    command_refused(field="--config", named=("--config=quickstart",))


def test_the_default_configuration_counts_where_it_is_named(command_refused):
    command_refused("--config=default", "--config.seed=-1", field="config.seed", value=-1)


@pytest.mark.parametrize(
    ("flag", "field", "value", "named"),
    [
        ("data.label=COVID", "config.data.label", "COVID", ["NORMAL, PNEUMONIA", "ALL"]),
        ("train.batch_size=32", "config.train.batch_size", 32, ["config.data.label=NORMAL", "16"]),
        ("train.batch_size=12", "config.train.batch_size", 12, ["4 devices", "8"]),
        ("model.minibatch_std=3", "config.model.minibatch_std", 3, ["config.train.batch_size=8", "4 devices", "24"]),
    ],
)
def test_fields_that_do_not_fit_the_data_or_the_devices(command_refused, flag, field, value, named):
    command_refused(*TINY_FLAGS, f"--config.{flag}", field=field, value=value, named=tuple(named))


def test_more_classes_than_the_data_have(command_refused):
    flags = ("--config.data.label=ALL", "--config.model.num_classes=3")
    named = ("2 classes (NORMAL, PNEUMONIA)",)
    command_refused(*TINY_FLAGS, *flags, field="config.model.num_classes", value=3, named=named)


def write_class_folders(folder: Path) -> Path:
    """Writes a few good X-rays; returns the folder of one class."""
    for label in ("NORMAL", "PNEUMONIA"):
        for index in range(4):
            path = folder / "train" / label / f"IM-{index:04d}-0001.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.random.default_rng(index).integers(0, 256, (70, 80), np.uint8)).save(path)
    return folder / "train" / "NORMAL"


def test_all_classes_of_a_folder_with_one(command_refused, tmp_path):
    shutil.rmtree(write_class_folders(tmp_path / "data").with_name("PNEUMONIA"))
    flags = (f"--config.data.dir={tmp_path / 'data'}", "--config.data.label=ALL")
    command_refused(*CXR, *flags, field="config.data.label", value="ALL", named=("NORMAL",))


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
def test_files_that_are_no_usable_images(command_refused, tmp_path, make):
    make(tmp_path / "data")
    flags = (f"--config.data.dir={tmp_path / 'data'}", "--config.train.batch_size=8")
    command_refused(*CXR, *flags, named=("train/NORMAL/bad",))


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
def test_folders_that_are_no_data_set(command_refused, tmp_path, make):
    make(tmp_path / "data")
    at_fault = {"field": "config.data.dir", "value": tmp_path / "data"}
    if make is make_no_classes:  # the layout within it
        at_fault = {"path": tmp_path / "data", "named": ("image.png",)}
    command_refused(*CXR, f"--config.data.dir={tmp_path / 'data'}", **at_fault)


def test_a_folder_that_phantoms_would_ignore(command_refused, tmp_path):
    named = ("config.data.source=phantom", "config.data.source=chest_xray")
    command_refused(*TINY_FLAGS, f"--config.data.dir={tmp_path}", field="config.data.dir", value=tmp_path, named=named)


def test_a_damaged_prepared_set(command_refused, cache):
    flags = (*TINY_FLAGS, "--config.data.phantom_count=9")  # a set of this test's own
    command_refused(*flags, "--config.train.batch_size=16", field="config.train.batch_size", value=16)
    damaged = None
    for report in (cache / "prepared").glob("*/report.json"):
        if "(9 training images" in json.loads(report.read_text())["source"]:
            records = report.parent / "records" / "train.npy"
            if not records.exists():  # of an older version, in a cache that outlives the tests
                continue
            records.write_bytes(records.read_bytes()[:-100])
            damaged = records
    assert damaged
    named = (f"delete the folder {damaged.parent.parent}",)
    command_refused(*flags, "--config.train.batch_size=8", path=damaged, named=named)
    shutil.rmtree(damaged.parent.parent)
