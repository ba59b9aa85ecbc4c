"""What each of the compared generators is trained on."""

import argparse

import numpy as np
import pytest
from PIL import Image

from benchmarks import rare_class
from benchmarks.table import Table
from dcgan_jax.data.prepare import prepare
from dcgan_jax.data.selection import select_training

RARE, OTHER = 10, 6


@pytest.fixture
def launched(monkeypatch):
    """Workdirs and fields of the trainings that were asked for."""
    calls = []
    monkeypatch.setattr(rare_class, "launch", lambda workdir, fields, _: calls.append((workdir.name, fields)))
    return calls


@pytest.fixture
def settings(tiny_settings, tmp_path):
    rng = np.random.default_rng(0)
    for label, count in (("NORMAL", RARE), ("PNEUMONIA", OTHER)):
        folder = tmp_path / "xrays" / "train" / label
        folder.mkdir(parents=True)
        for number in range(count):
            pixels = rng.integers(0, 256, (64, 64), np.uint8)
            Image.fromarray(pixels).save(folder / f"{label.lower()}{number}.png")
    data = {"source": "chest_xray", "dir": str(tmp_path / "xrays"), "label": "NORMAL", "holdout": 0.1, "fraction": 0.3}
    return tiny_settings.with_overrides({f"data.{name}": value for name, value in (data | {"split_seed": 0}).items()})


def train(way, settings, workdir):
    prepared = prepare(settings.data, 0)
    training, held_out = select_training(prepared, settings.data, 0)
    rare_class.train(way, settings, training, prepared, workdir, argparse.Namespace(other="PNEUMONIA"))
    return {example.file for example in training}, {example.file for example in held_out}


@pytest.mark.parametrize(("way", "sampling"), [("all", "replacement"), ("balanced", "balanced")])
def test_all_classes_are_a_folder_without_held_out_and_left_out_images(settings, launched, tmp_path, way, sampling):
    training, held_out = train(way, settings, tmp_path / "run")
    ((_, fields),) = launched
    folder = fields["data.dir"]
    files = {str(path.relative_to(folder)) for path in folder.rglob("*.png")}
    assert {file for file in files if "NORMAL" in file} == training
    assert len(training) == 3  # of the nine that are not held out
    assert len(held_out) == 1
    assert sum("PNEUMONIA" in file for file in files) == OTHER - 1  # one is held out of this class, too
    assert (fields["data.label"], fields["data.sampling"]) == ("ALL", sampling)


def test_a_run_that_begins_with_weights_comes_after_one_of_the_other_class(settings, launched, tmp_path):
    train("init_from", settings, tmp_path / "run")
    (first, origin), (second, own) = launched
    assert (first, second) == ("origin", "run")
    assert (origin["data.label"], origin["data.fraction"]) == ("PNEUMONIA", 1.0)
    assert (own["data.label"], own["data.fraction"]) == ("NORMAL", 0.3)
    assert own["train.init_from"] == tmp_path / "origin"
    assert own["data.holdout"] == origin["data.holdout"] == 0.1


def test_a_row_can_be_printed(capsys):
    table = Table(rare_class.COLUMNS)
    table.print_header()
    table.print_row(dict.fromkeys(rare_class.COLUMNS, 0.5) | {"real": 28, "way": "alone"})
    header, row = capsys.readouterr().out.splitlines()
    assert len(header) == len(row)
    assert row.split() == ["50%", "28", "alone", *["0.500"] * 4, "0.5", *["0.500"] * 4]
