"""A run of all classes: trained once, stopped and streamed to the same state, drawn, scored and handed on by class."""

import csv
import json
from collections import Counter
from unittest.mock import Mock

import numpy as np
import pytest
from PIL import Image

from dcgan_jax.balance.run import balance
from dcgan_jax.runs import train as train_module
from dcgan_jax.runs.evaluate import evaluate
from dcgan_jax.runs.generate import generate
from dcgan_jax.runs.observer import draw_samples
from dcgan_jax.runs.train import train
from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.runtime.devices import create_mesh
from dcgan_jax.runtime.signals import Interrupted, StopRequest
from dcgan_jax.sampling import Sampler
from dcgan_jax.settings import Settings
from dcgan_jax.trial.run import trial
from dcgan_jax.trial.synthetic_folder import SyntheticFolder
from tests.refusals import refused

CLASSES = ("NORMAL", "PNEUMONIA")
OVERRIDES = {
    "data.label": "ALL",
    "data.holdout": 0.25,
    "checkpoint.keep": 2,
    "eval.every_steps": 3,
    "eval.dims": 64,
    "eval.num_samples": 24,
    "eval.seeds": 1,
}


@pytest.fixture(scope="module")
def settings(tiny_settings):
    return tiny_settings.with_overrides(OVERRIDES)


@pytest.fixture(scope="module", autouse=True)
def on_one_device(fake_inception):
    """Bit for bit on one device; test_recipe.py compares several."""
    mesh = create_mesh(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train_module, "create_mesh", lambda: mesh)
        yield


@pytest.fixture(scope="module")
def run(tmp_path_factory, settings):
    workdir = Workdir(tmp_path_factory.mktemp("classes") / "run")
    train(settings, workdir)
    return workdir


def summary(workdir):
    return json.loads(workdir.summary.read_text())


def record_path(workdir):
    (path,) = workdir.evaluation.glob(f"step_{summary(workdir)['best_step']:07d}_default_*.json")
    return path


def rows_of(folder):
    return list(csv.DictReader((folder / "manifest.csv").open()))


def test_how_many_classes_there_are_comes_from_the_data(run, settings):
    assert Settings.load(run.config).model.num_classes == 2
    assert Counter(row.split("\t")[1] for row in run.train_files.read_text().splitlines()[1:]) == {
        "NORMAL": 12,
        "PNEUMONIA": 12,
    }
    before = run.summary.read_bytes()
    train(settings, run)  # left open again: the same run, which is done
    assert run.summary.read_bytes() == before
    with refused(run.root, "2", field="config.model.num_classes", value=3):
        train(settings.with_overrides({"model.num_classes": 3}), run)
    with refused("2 classes", field="config.model.num_classes", value=3):
        train(settings.with_overrides({"model.num_classes": 3}), Workdir(run.root.parent / "new"))


def test_streamed_and_stopped_and_continued_it_ends_in_the_same_state(run, settings, tmp_path, monkeypatch):
    workdir, asked = Workdir(tmp_path / "run"), []

    def agreed(self):
        asked.append(True)
        return len(asked) == 4

    streamed = settings.with_overrides({"data.placement": "stream", "eval.every_steps": 0})
    with monkeypatch.context() as patch:
        patch.setattr(StopRequest, "agreed", agreed)
        with pytest.raises(Interrupted):
            train(streamed, workdir)
    train(streamed, workdir)
    assert summary(workdir)["state_sha256"] == summary(run)["state_sha256"]


def test_a_state_is_judged_by_the_mean_of_its_classes(run):
    rows = [json.loads(line) for line in run.metrics.read_text().splitlines()]
    scored = [row for row in rows if "fid" in row]
    assert [row["step"] for row in scored] == [3, 6]
    for row in scored:
        assert row["fid"] == pytest.approx((row["fid/NORMAL"] + row["fid/PNEUMONIA"]) / 2)
        assert row["fid/NORMAL"] != row["fid/PNEUMONIA"]
    assert summary(run)["best_step"] == min(scored, key=lambda row: row["fid"])["step"]


def test_the_record_has_the_scores_of_each_class(run):
    path = record_path(run)
    record = json.loads(path.read_text())
    assert record == summary(run)["scores"]
    assert "chooses the best checkpoint" in record["fid_is"]
    assert record["fid"] == pytest.approx(np.mean([record["classes"][label]["fid"] for label in CLASSES]))
    for label in CLASSES:
        own = record["classes"][label]
        assert (own["real_images"]["label"], own["num_real"], own["num_held_out"]) == (label, 12, 4)
        assert own["baseline"]["fid"] > 0
        pairs = own["memorization"]["closest"]
        assert pairs
        assert all(pair["file"].startswith(f"train/{label}/") for pair in pairs)
        assert path.with_name(f"{path.stem}_closest_with_real_images_{label}.png").exists()


def test_evaluate_writes_the_same_record(run, settings):
    path = record_path(run)
    path.unlink()
    evaluate(run.settings({}), run)
    after = json.loads(path.read_text())
    assert after["fid"] == pytest.approx(summary(run)["scores"]["fid"], rel=1e-3)  # on four devices now


def test_a_grid_has_the_same_latents_in_the_rows_of_each_class(run):
    grid = np.asarray(Image.open(run.samples / "step_0000006.png"))
    assert grid.shape == (8 * 66 - 2, 8 * 66 - 2)
    assert not np.array_equal(grid[: 4 * 66 - 2], grid[4 * 66 :])
    assert (run.figures / "comparison_with_real_images.png").exists()
    drawn = []

    def sample(params, seed, stream, count, label):
        drawn.append((seed, stream, count, label))
        return np.full((count, 1, 1, 1), label, np.uint8)

    settings = run.settings({})
    images = draw_samples(Mock(spec=Sampler, sample=sample), None, settings)
    assert drawn == [(settings.seed, "samples", 32, label) for label in (0, 1)]
    assert images.ravel().tolist() == [0] * 32 + [1] * 32


@pytest.fixture(scope="module")
def generated(run, tmp_path_factory):
    out = tmp_path_factory.mktemp("generated")
    generate(run.settings({"generate.out": str(out), "generate.count": 3, "generate.max_similarity": 1.0}), run)
    return out


def test_each_class_is_written_into_a_folder_of_its_own(generated):
    rows = rows_of(generated)
    assert [row["file"] for row in rows] == [f"{label}/0000{index}.png" for label in CLASSES for index in range(3)]
    for row in rows:
        label = row["file"].partition("/")[0]
        assert row["class"] == label
        assert row["nearest_training_file"].startswith("train/")  # of either class: the run has seen both
        assert f"class {label};" in Image.open(generated / row["file"]).text["Description"]
    beside = {"manifest.csv", "grid.png", "NOTICE.txt", "README.md", "croissant.json"}
    assert {path.name for path in generated.iterdir()} == {*CLASSES, *beside}
    assert Image.open(generated / "grid.png").size == (8 * 66 - 2, 2 * 66 - 2)


def test_a_trial_reads_what_was_written(generated, settings):
    source = SyntheticFolder(str(generated), settings.data, [], [])
    assert source.classes() == list(CLASSES)
    assert len(source.draw("PNEUMONIA", 1.0, 0, 3)) == 3


def test_one_class_is_written_as_a_run_of_it_writes(run, generated, tmp_path):
    asked = {"generate.out": str(tmp_path), "generate.count": 2}
    generate(run.settings(asked), run)
    generate(run.settings({**asked, "generate.label": "PNEUMONIA"}), run)
    assert [row["file"] for row in rows_of(tmp_path)] == ["PNEUMONIA/00000.png", "PNEUMONIA/00001.png"]
    assert not list(tmp_path.glob("NORMAL/*.png"))  # of the export before
    for name in ("00000.png", "00001.png"):
        alone, beside = (np.asarray(Image.open(path / "PNEUMONIA" / name)) for path in (tmp_path, generated))
        np.testing.assert_array_equal(alone, beside)


def test_an_unknown_class_is_answered_with_those_there_are(run):
    with refused("NORMAL, PNEUMONIA", field="config.generate.label", value="COVID"):
        generate(run.settings({"generate.label": "COVID"}), run)


def test_one_run_fills_every_class_of_a_balanced_set(run, tmp_path):
    own = run.settings({"balance.ratio": 1.25, "balance.out": str(tmp_path / "out"), "balance.max_similarity": 0.0})
    balance(own, run)
    made = [row for row in rows_of(tmp_path / "out") if row["synthetic"] == "synthetic"]
    assert Counter(row["class"] for row in made) == {"NORMAL": 4, "PNEUMONIA": 4}
    images = {label: np.asarray(Image.open(tmp_path / f"out/train/{label}/synthetic_00000.png")) for label in CLASSES}
    assert not np.array_equal(*images.values())
    card = (tmp_path / "out" / "README.md").read_text()
    assert "12 real against 24 generated images" in card  # the score of each class


def test_one_run_serves_a_trial_of_every_class(run, tmp_path):
    overrides = {
        "trial.arms": ("synthetic_all",),
        "trial.ratios": (0.5,),
        "trial.seeds": 1,
        "trial.generator_seeds": 1,
        "trial.steps": 2,
        "trial.batch_size": 4,
        "trial.base_channels": 8,
        "trial.runs": (str(run.root),),
    }
    workdir = Workdir(tmp_path / "trial")
    trial(run.settings(overrides), workdir)
    record = json.loads((workdir.root / "trial.json").read_text())
    assert (record["plan"]["label"], record["positive"]) == ("NORMAL", "PNEUMONIA")
    added = {row["name"]: row["num_added"] for row in record["arms"]}
    assert added == {"real": 0, "synthetic_all": 14}
