"""Balanced data sets: what is in them, that every loader reads them, that the source stays as it is."""

import csv
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dcgan_jax.balance.run import balance
from dcgan_jax.data.phantom import draw_phantom
from dcgan_jax.data.prepare import prepare
from dcgan_jax.runs.labeling import create_notice
from dcgan_jax.runs.run import Nearest
from dcgan_jax.runs.train import train
from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.trial.run import trial
from dcgan_jax.trial.synthetic_folder import SyntheticFolder
from tests.balance.drawn_runs import COUNTS, DrawnRun, open_drawn_run
from tests.dicom_files import make_dicom
from tests.refusals import refused


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
    synthetic = SyntheticFolder(str(tmp_path / "out"), data, [], [])
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


def test_a_dicom_file_is_never_handed_on(settings, workdir, source, tmp_path):
    """Not as a link either, and whatever it is called; the picture that it shows is."""
    folder = tmp_path / "own"
    shutil.copytree(source, folder)
    stored = draw_phantom(64, 0, 0, "NORMAL").astype(int)
    (folder / "train/NORMAL/p0/0.png").write_bytes(make_dicom(stored, 8))
    own = settings.with_overrides({"data.dir": str(folder), "balance.resolution": "source"})
    balance(own, workdir)
    out = tmp_path / "out"
    assert not any(b"DICM" in path.read_bytes()[:200] for path in out.rglob("*") if path.is_file())
    (image,) = (out / "train/NORMAL").glob("*.dcm.png")
    assert not image.is_symlink()
    np.testing.assert_array_equal(pixels(image), stored)


def test_what_is_handed_on_names_neither_source_nor_patients(settings, workdir, source, tmp_path, monkeypatch):
    """Nor the home, nor the workdir: real images are numbers, and so are patients."""
    scored = workdir.root / "evaluation"
    monkeypatch.setattr(DrawnRun, "draw_without_copies", renamed(DrawnRun.draw_without_copies))
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
    for mode in (train, trial, balance):
        with refused("3", "train/NORMAL/synthetic_00000.png", field="config.data.dir", value=str(out)):
            mode(balanced, Workdir(tmp_path / mode.__name__))


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


def test_notice_and_text_speak_of_the_data_at_hand(settings, workdir, tmp_path):
    balance(settings, workdir)
    out = tmp_path / "out"
    texts = [(out / name).read_text() for name in ("NOTICE.txt", "README.md")]
    texts.append(Image.open(out / "train/NORMAL/synthetic_00000.png").text["Description"])
    assert not any("Kermany" in text or "chest" in text for text in texts)
    assert "Kermany" in create_notice(settings.with_overrides({"data.dir": ""}).data)
