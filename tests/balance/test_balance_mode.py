"""Balanced data sets: what is in them, that every loader reads them, that the source stays as it is."""

import csv
import re
import shutil
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from dcgan_jax.balance.run import balance
from dcgan_jax.data.phantom import draw_phantom
from dcgan_jax.data.prepare import prepare
from dcgan_jax.errors import UserError
from dcgan_jax.runs.copy_check import Nearest
from dcgan_jax.runs.run import Drawn, Run
from dcgan_jax.runs.train import train
from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.trial.run import trial
from dcgan_jax.trial.synthetic_folder import SyntheticFolder

COUNTS = {"train/NORMAL": 3, "train/PNEUMONIA": 6, "test/NORMAL": 2, "test/PNEUMONIA": 2}


class DrawnRun:
    """A run whose images are drawn phantoms, every third one a near copy that is left out."""

    def __init__(self, settings, workdir):
        self.settings, self.workdir, self.step = settings, workdir, 40
        self.provenance = SimpleNamespace(labels=["NORMAL"], rows=())

    def draw(self, label, seed, stream, count):
        assert label == "NORMAL"
        numbers = [number for number in range(2 * count) if number % 3][:count]
        for number in numbers:
            pixels = draw_phantom(64, seed, 100 + number, "NORMAL")
            yield Drawn(pixels[..., None], number, Nearest("train/NORMAL/p0/0.png", 0.75))


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "source"
    for place, count in COUNTS.items():
        for index in range(count):
            path = folder / place / f"p{index}" / f"{index}.png"
            path.parent.mkdir(parents=True)
            Image.fromarray(draw_phantom(64, len(place), index, "NORMAL")).save(path)
    return folder


@pytest.fixture
def settings(tiny_settings, source, tmp_path):
    return tiny_settings.with_overrides(
        {"data.source": "chest_xray", "data.dir": str(source), "balance.out": str(tmp_path / "out")}
    )


@pytest.fixture
def workdir(settings, tmp_path, monkeypatch):
    """A workdir with a run whose generator needs no training."""
    workdir = Workdir(tmp_path / "run")
    workdir.root.mkdir()
    settings.save(workdir.config)
    monkeypatch.setattr(Run, "open", lambda path, mesh, limit: DrawnRun(settings, workdir))
    monkeypatch.setattr(Workdir, "identity", lambda self, settings: "identity")
    return workdir


def rows_of(folder):
    return list(csv.DictReader((folder / "manifest.csv").open()))


def snapshot(folder):
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file()}


def test_the_smaller_class_is_filled_in_training_only(settings, workdir, source, tmp_path):
    before = snapshot(source)
    balance(settings, workdir)
    out = tmp_path / "out"
    rows = rows_of(out)
    counts = Counter((row["file"].rpartition("/")[0].partition("/p")[0], row["synthetic"]) for row in rows)
    assert counts == {(place, "real"): count for place, count in COUNTS.items()} | {("train/NORMAL", "synthetic"): 3}
    made = [row for row in rows if row["synthetic"] == "synthetic"]
    assert [(row["file"], row["latent_seed"]) for row in made] == [
        ("train/NORMAL/synthetic_00000.png", "0/1"),
        ("train/NORMAL/synthetic_00001.png", "0/2"),
        ("train/NORMAL/synthetic_00002.png", "0/4"),
    ]
    assert {(row["class"], row["run"], row["checkpoint_step"], row["distance"]) for row in made} == {
        ("NORMAL", str(workdir.root), "40", "0.2500")
    }
    assert all((out / row["file"]).is_file() for row in rows)
    assert "synthetic" in Image.open(out / made[0]["file"]).text["Description"]
    card = (out / "README.md").read_text()
    assert "| train | NORMAL | 3 | 3 |" in card
    assert "Not for diagnosis" in card
    assert snapshot(source) == before


def test_it_is_a_data_set_like_the_source(settings, workdir, tmp_path):
    balance(settings, workdir)
    data = settings.with_overrides({"data.dir": str(tmp_path / "out")}).data
    examples = prepare(data, 0).examples
    assert Counter((example.split, example.label) for example in examples) == {
        ("train", "NORMAL"): 6,
        ("train", "PNEUMONIA"): 6,
        ("test", "NORMAL"): 2,
        ("test", "PNEUMONIA"): 2,
    }
    synthetic = SyntheticFolder(str(tmp_path / "out"), data, [])
    assert synthetic.classes() == ["NORMAL"]
    assert synthetic.runs == [str(workdir.root)]
    # As Keras and torchvision see it: the folders of a split are the classes, and all images below count.
    train = tmp_path / "out" / "train"
    assert sorted(path.name for path in train.iterdir()) == ["NORMAL", "PNEUMONIA"]


def test_real_images_are_linked_or_copied(settings, workdir, source, tmp_path):
    balance(settings, workdir)
    name = "train/NORMAL/p0/0.png"
    assert (tmp_path / "out" / name).is_symlink()
    balance(settings.with_overrides({"balance.out": str(tmp_path / "copies"), "balance.real": "copy"}), workdir)
    assert not (tmp_path / "copies" / name).is_symlink()
    assert (tmp_path / "copies" / name).read_bytes() == (source / name).read_bytes()


def test_one_that_was_stopped_goes_on_and_comes_out_the_same(settings, workdir, tmp_path):
    balance(settings, workdir)
    whole = {path: content for path, (content, _) in snapshot(tmp_path / "out").items()}
    for name in ("manifest.csv", "README.md", "train/NORMAL/synthetic_00001.png", "test/NORMAL/p1/1.png"):
        (tmp_path / "out" / name).unlink()
    untouched = (tmp_path / "out" / "train/NORMAL/synthetic_00000.png").stat().st_mtime_ns
    balance(settings, workdir)
    assert {path: content for path, (content, _) in snapshot(tmp_path / "out").items()} == whole
    assert (tmp_path / "out" / "train/NORMAL/synthetic_00000.png").stat().st_mtime_ns == untouched


@pytest.mark.parametrize("forgotten", ["nothing", "manifest.csv", "text"])
def test_its_synthetic_images_do_not_count_as_real_ones(settings, workdir, tmp_path, forgotten):
    """Whether the manifest says so, or the images, or both."""
    balance(settings, workdir)
    out = tmp_path / "out"
    if forgotten == "manifest.csv":
        (out / "manifest.csv").unlink()
    if forgotten == "text":
        for path in out.glob("train/NORMAL/synthetic_*.png"):
            Image.fromarray(np.asarray(Image.open(path))).save(path)
    balanced = settings.with_overrides({"data.dir": str(out), "balance.out": str(tmp_path / "again")})
    sentence = f"config.data.dir={out} holds 3 synthetic images (train/NORMAL/synthetic_00000.png for one)"
    for mode in (train, trial, balance):
        with pytest.raises(UserError, match=re.escape(sentence)):
            mode(balanced, Workdir(tmp_path / mode.__name__))


def refusal(settings, workdir, **overrides):
    with pytest.raises(UserError) as error:
        balance(settings.with_overrides({f"balance.{name}": value for name, value in overrides.items()}), workdir)
    return str(error.value)


def test_what_is_refused(settings, workdir, source, tmp_path):
    assert "lie within each other" in refusal(settings, workdir, out=str(source / "balanced"))
    assert "lie within each other" in refusal(settings, workdir, out=str(source.parent))
    assert "adds nothing: every class has 3 training images" in refusal(settings, workdir, ratio=0.5)
    assert "There is no run of class PNEUMONIA, which lacks 6 images" in refusal(settings, workdir, ratio=2.0)
    assert re.search(r"2 runs of class NORMAL \(.*, .*\): leave all but one", refusal(settings, workdir, runs="/a,/b"))
    shutil.copytree(source, tmp_path / "other")
    assert "holds something else" in refusal(settings, workdir, out=str(tmp_path / "other"))
    assert not (source / "balanced").exists()


def test_another_data_set_in_the_same_folder_is_refused(settings, workdir):
    balance(settings, workdir)
    assert "holds a data set with another seed: choose" in refusal(settings, workdir, seed=1)


def test_a_run_that_saw_test_images_is_refused(settings, workdir, monkeypatch):
    tested = next(e for e in prepare(settings.data, 0).examples if e.file == "test/NORMAL/p0/0.png")
    run = DrawnRun(settings, workdir)
    run.provenance.rows = (tested,)
    monkeypatch.setattr(Run, "open", lambda path, mesh, limit: run)
    assert "was trained on test/NORMAL/p0/0.png, which is not in the training split" in refusal(settings, workdir)
