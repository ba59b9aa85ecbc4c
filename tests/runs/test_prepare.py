"""`--mode=prepare`, as a user gives it."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dcgan_jax.data.report import PreparedReport
from tests.launching import launch


@pytest.fixture
def folder(tmp_path):
    """A few good X-rays, in a layout that tells no patients."""
    for label in ("NORMAL", "PNEUMONIA"):
        (tmp_path / "xrays" / "train" / label).mkdir(parents=True)
        for index in range(3):
            pixels = np.random.default_rng(index).integers(0, 256, (70, 80), np.uint8)
            Image.fromarray(pixels).save(tmp_path / "xrays" / "train" / label / f"p{index}_1.png")
    return tmp_path / "xrays"


@pytest.fixture
def prepare(folder, tmp_path):
    """Runs the command on the folder."""

    def run(*flags):
        paths = (f"--workdir={tmp_path / 'run'}", f"--config.data.dir={folder}")
        return launch("--config=configs/cxr.py", "--mode=prepare", *paths, *flags, log=tmp_path / "log")

    return run


def test_all_bad_files_are_listed_with_reasons_and_the_remedy_in_one_message(folder, prepare):
    (folder / "train" / "NORMAL" / "empty.png").touch()
    (folder / "train" / "NORMAL" / "text.jpg").write_text("This is no image.")
    cut = folder / "train" / "PNEUMONIA" / "cut.jpeg"
    Image.effect_noise((200, 200), 50).save(cut)
    cut.write_bytes(cut.read_bytes()[:2000])
    outcome = prepare()
    assert outcome.code == 2
    assert "Traceback" not in outcome.output
    lines = outcome.output.splitlines()[-4:]
    assert lines[0] == (
        f"3 of 9 images of the folder {folder} can't be used: mend or remove them, or set "
        "config.data.on_bad_image=skip to leave them out."
    )
    assert lines[1:3] == [
        "  train/NORMAL/empty.png: it is empty",
        "  train/NORMAL/text.jpg: its content is not an image of a known format",
    ]
    assert lines[3].startswith("  train/PNEUMONIA/cut.jpeg: it is truncated or broken (")


def test_what_to_know_of_the_data_is_said(prepare):
    for _ in range(2):  # when it is prepared, and when it is found prepared
        outcome = prepare()
        assert outcome.code == 0, outcome.output
        assert "warning: no patient is known from the names of 6 of 6 files" in outcome.output
        assert "report.md" in outcome.output


def test_classes_and_patients_come_from_a_table(folder, tmp_path):
    table = folder / "Data_Entry.csv"
    rows = [f"p{index}_1.png,{finding},{index // 2}\n" for index, finding in enumerate(["Edema|Mass", "Mass"])]
    table.write_text("Image Index,Finding Labels,Patient ID\n" + "".join(rows) + "q.png,Mass,9\n")
    outcome = launch(
        *("--config=configs/cxr.py", "--mode=prepare", f"--workdir={tmp_path / 'run'}"),
        *(f"--config.data.dir={folder / 'train' / 'NORMAL'}", f"--config.data.labels={table}"),
        *("--config.data.label=Mass", "--config.data.exclude=Edema", "--config.data.test=0"),
        log=tmp_path / "log",
    )
    assert outcome.code == 0, outcome.output
    report = PreparedReport.read(Path(re.search(r"(/\S+/)report\.md", outcome.output)[1], "report.json"))
    assert report.images == {"train": {"Mass": 1}}
    assert report.patients.conservative.counts == {"train": {"Mass": 1}}
    assert report.labels.without_file == ["q.png"]
    assert report.labels.without_row == ["p2_1.png"]
    assert report.labels.left_out == {"excluded": ["p0_1.png"]}
    assert "1 of 3 rows have no file" in outcome.output
