"""Balanced data sets: what is in them, that every loader reads them, that the source stays as it is."""

import csv
import json
import re
import shutil
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest
from PIL import Image

from dcgan_jax.balance.run import balance
from dcgan_jax.data import prepare as data_prepare
from dcgan_jax.data.phantom import draw_phantom
from dcgan_jax.data.prepare import prepare
from dcgan_jax.errors import UserError
from dcgan_jax.runs.copy_check import Nearest
from dcgan_jax.runs.labeling import create_notice
from dcgan_jax.runs.run import Drawn, Run
from dcgan_jax.runs.train import train
from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.trial.run import trial
from dcgan_jax.trial.synthetic_folder import SyntheticFolder

COUNTS = {"train/NORMAL": 3, "train/PNEUMONIA": 6, "test/NORMAL": 2, "test/PNEUMONIA": 2}


class DrawnRun:
    """A run whose images are drawn phantoms, every third one a near copy that is left out."""

    labels: ClassVar = ["NORMAL"]

    def __init__(self, settings, workdir):
        self.settings, self.workdir, self.step = settings, workdir, 40
        self.provenance = SimpleNamespace(labels=self.labels, rows=())

    def require_size(self, image_size):
        assert image_size == 64

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
    return open_drawn_run(settings, tmp_path / "run", monkeypatch)


def open_drawn_run(settings, root, monkeypatch):
    """A workdir with a run whose generator needs no training."""
    workdir = Workdir(root)
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


def pixels(path):
    return np.asarray(Image.open(path))


def test_with_the_sources_resolution_real_images_are_links_where_the_file_serves(settings, workdir, caplog):
    balance(settings.with_overrides({"balance.resolution": "source"}), workdir)
    assert (Path(settings.balance.out) / "train/NORMAL/p0/0.png").is_symlink()
    assert "size alone then tells a classifier the class of added images (NORMAL)" in caplog.text


def test_what_is_handed_on_names_neither_source_nor_patients(settings, workdir, source, tmp_path, monkeypatch):
    """Nor the home, nor the workdir: real images are numbers, and so are patients."""
    scored = workdir.root / "evaluation"
    monkeypatch.setattr(DrawnRun, "draw", renamed(DrawnRun.draw))
    balance(settings.with_overrides({"balance.real": "copy"}), workdir)
    out = tmp_path / "out"
    rows = rows_of(out)
    assert Counter(row["file"].rpartition("/")[0] for row in rows if row["synthetic"] == "real") == COUNTS
    assert rows[0]["file"] == "test/NORMAL/real_00000.png"
    assert len({row["patient"] for row in rows if row["synthetic"] == "real"}) == 6  # p0 to p5, in whatever class
    made = [row for row in rows if row["synthetic"] == "synthetic"]
    assert {row["run"] for row in made} == {workdir.root.name}
    assert {row["nearest_training_file"] for row in made} == {"train/NORMAL/real_00000.png"}
    content = [path.read_bytes() for path in out.rglob("*") if path.is_file()]
    for secret in (str(tmp_path), str(source), "/p0/", str(Path.home()), str(scored)):
        assert not any(secret.encode() in text for text in content), secret
    assert not any(path.is_symlink() for path in out.rglob("*"))


def renamed(draw):
    """Draws images whose nearest training file is the first of the source."""

    def draw_and_rename(*arguments):
        for drawn in draw(*arguments):
            yield drawn._replace(nearest=Nearest("train/NORMAL/p0/0.png", 0.75))

    return draw_and_rename


@pytest.mark.parametrize("resolution", ["model", "source"])
def test_deep_images_are_written_as_training_saw_them(tiny_settings, tmp_path, monkeypatch, resolution):
    """Twelve bits in files of sixteen: as bright as in the prepared records, and not nearly black."""
    source = tmp_path / "deep"
    for place, count in COUNTS.items():
        for index in range(count):
            path = source / place / f"p{index}" / f"{index}.png"
            path.parent.mkdir(parents=True)
            values = draw_phantom(96, len(place), index, "NORMAL").astype(np.uint16) * 16
            Image.fromarray(values).save(path)
    settings = tiny_settings.with_overrides(
        {
            "data.source": "chest_xray",
            "data.dir": str(source),
            "balance.out": str(tmp_path / "out"),
            "balance.resolution": resolution,
        }
    )
    workdir = open_drawn_run(settings, tmp_path / "run", monkeypatch)
    balance(settings, workdir)
    prepared = prepare(settings.data, 0)
    for example, trained in zip(prepared.examples, prepared.images(prepared.examples), strict=True):
        written = pixels(tmp_path / "out" / example.file)
        assert written.dtype == np.uint8
        assert written.shape == ((64, 64) if resolution == "model" else (96, 96))
        if resolution == "model":
            np.testing.assert_array_equal(written, trained[..., 0])
        assert written.mean() == pytest.approx(trained.mean(), abs=1.5)


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


def test_what_is_refused(settings, workdir, source, tmp_path, monkeypatch):
    assert "lie within each other" in refusal(settings, workdir, out=str(source / "balanced"))
    assert "lie within each other" in refusal(settings, workdir, out=str(source.parent))
    assert "adds nothing: every class has 3 training images" in refusal(settings, workdir, ratio=0.5)
    monkeypatch.setattr(DrawnRun, "labels", ["TB"])
    assert "no run of a class that lacks images (NORMAL stays 3 images short)" in refusal(settings, workdir)
    monkeypatch.setattr(DrawnRun, "labels", ["NORMAL"])
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


def test_classes_without_a_run_stay_short_and_are_named(settings, workdir, tmp_path, caplog):
    balance(settings.with_overrides({"balance.ratio": 2.0}), workdir)
    assert "PNEUMONIA stays 6 images short" in caplog.text
    counts = Counter(row["class"] for row in rows_of(tmp_path / "out") if row["synthetic"] == "synthetic")
    assert counts == {"NORMAL": 9}


@pytest.mark.parametrize("debris", [".balance.json.part", "..balance.json.part"])
def test_what_a_full_disk_left_is_no_other_data_set(settings, workdir, tmp_path, debris):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / debris).touch()
    balance(settings, workdir)
    assert len(rows_of(tmp_path / "out")) == 16
    assert not list((tmp_path / "out").rglob("*.part"))


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"runs": 3}', '{"schema_version": 7}'])
def test_a_damaged_plan_is_named(settings, workdir, tmp_path, content):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".balance.json").write_text(content)
    assert "balance.json is damaged" in refusal(settings, workdir)


def test_a_set_of_an_older_version_is_told_apart(settings, workdir, tmp_path):
    """Its real images are the files of the source."""
    balance(settings, workdir)
    plan = tmp_path / "out" / ".balance.json"
    values = json.loads(plan.read_text())
    old = {name: values[name] for name in ("source", "ratio", "seed", "max_similarity", "classes")}
    plan.write_text(json.dumps(old | {"runs": [[run["identity"], run["step"]] for run in values["runs"]]}))
    assert "a data set with another resolution, real, image_size" in refusal(settings, workdir)


def test_a_balanced_set_is_refused_before_it_is_decoded(settings, workdir, tmp_path, monkeypatch):
    balance(settings, workdir)
    balanced = settings.with_overrides({"data.dir": str(tmp_path / "out"), "balance.out": str(tmp_path / "again")})
    monkeypatch.setattr(data_prepare, "prepare", lambda *arguments: pytest.fail("decoded"))
    assert "holds 3 synthetic images" in refusal(balanced, workdir)


def test_notice_and_text_speak_of_the_data_at_hand(settings, workdir, tmp_path):
    balance(settings, workdir)
    out = tmp_path / "out"
    texts = [(out / name).read_text() for name in ("NOTICE.txt", "README.md")]
    texts.append(Image.open(out / "train/NORMAL/synthetic_00000.png").text["Description"])
    assert not any("Kermany" in text or "chest" in text for text in texts)
    assert "Kermany" in create_notice(settings.with_overrides({"data.dir": ""}).data)
