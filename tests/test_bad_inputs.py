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
    ("flags", "sentence"),
    [
        (("--config.data.imagesize=64",), "config.data.imagesize is not a field: did you mean config.data.image_size?"),
        (("--config.color=red",), "config.color is not a field: --help lists all of them."),
        (("--config.train.batch_size=many",), "flag --config.train.batch_size=many: invalid literal"),
        (("--config.data.image_size=100",), "config.data.image_size=100 is not possible: give 64, 128 or 256."),
        (("--config.train.batch_size=63",), "config.train.batch_size=63 is not possible: give a multiple of 2."),
        (("--config.seed=-1",), "config.seed=-1 is not possible: give greater than or equal to 0."),
        (("--config.data.holdout=1.0",), "config.data.holdout=1.0 is not possible: give less than 1."),
        (("--config.data.resize=cubic",), "config.data.resize='cubic' is not possible: give 'antialias' or 'nearest'."),
        (("--config.eval.checkpoint=x",), "config.eval.checkpoint='x' is not possible: give best, latest or a step."),
        (("--config=configs/cxr.py:huge",), "variant 'huge' is unknown: use configs/cxr.py or configs/cxr.py:smoke"),
        (("--config=configs/none.py",), "--config=configs/none.py is no file: give a file that is there, or one of"),
        (("--config=LICENSE",), "--config=LICENSE cannot be loaded (unexpected indent"),
        (("--mode=fly",), "flag --mode=fly: value should be one of <train|prepare|generate|evaluate"),
        (("--batch_size=3",), "Unknown command line flag 'batch_size'"),
        (("train",), "'train' is not understood: options begin with --, as in --mode=train."),
    ],
)
def test_the_command_line(refused, flags, sentence):
    refused(sentence, *CXR, *flags)


def test_no_configuration(refused):
    refused("--config is missing: give a configuration, for example --config=quickstart.")


def test_the_default_configuration_counts_where_it_is_named(refused):
    refused("config.seed=-1 is not possible", "--config=default", "--config.seed=-1")


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (
            ("--config.data.label=COVID",),
            "data.label=COVID is no class with training images: choose one of NORMAL, PNEUMONIA, or ALL for all of "
            "them.",
        ),
        (
            ("--config.data.label=ALL", "--config.model.num_classes=3"),
            "config.model.num_classes=3 disagrees with the data, which have 2 classes (NORMAL, PNEUMONIA): give 2, or "
            "0 to take it from the data.",
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
        (
            ("--config.model.minibatch_std=3",),
            "config.model.minibatch_std=3 does not divide half of config.train.batch_size=8 on each of 4 devices: give "
            "a batch size that is a multiple of 24.",
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


def test_all_classes_of_a_folder_with_one(refused, tmp_path):
    shutil.rmtree(write_class_folders(tmp_path / "data").with_name("PNEUMONIA"))
    refused(
        "data.label=ALL tells classes apart, and there is NORMAL alone: give data.label=NORMAL.",
        *CXR,
        f"--config.data.dir={tmp_path / 'data'}",
        "--config.data.label=ALL",
    )


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


def test_a_folder_that_phantoms_would_ignore(refused, tmp_path):
    refused(
        f"config.data.dir={tmp_path} is not read with config.data.source=phantom: give config.data.source=chest_xray",
        *TINY_FLAGS,
        f"--config.data.dir={tmp_path}",
    )


def test_a_damaged_prepared_set(refused, cache):
    flags = (*TINY_FLAGS, "--config.data.phantom_count=9")  # a set of this test's own
    refused("larger than the data", *flags, "--config.train.batch_size=16")
    damaged = None
    for report in (cache / "prepared").glob("*/report.json"):
        if "(9 training images" in json.loads(report.read_text())["source"]:
            records = report.parent / "records" / "train.npy"
            if not records.exists():  # of an older version, in a cache that outlives the tests
                continue
            records.write_bytes(records.read_bytes()[:-100])
            damaged = report.parent
    assert damaged
    refused("is not as it was written: delete the folder", *flags, "--config.train.batch_size=8")
    shutil.rmtree(damaged)
