"""A run of all classes, told apart: trained, drawn, scored and handed on class by class."""

import json

import numpy as np
import pytest
from PIL import Image

from dcgan_jax.data.prepare import prepare
from dcgan_jax.data.selection import number_classes, select_training
from dcgan_jax.devices import create_mesh
from dcgan_jax.errors import UserError
from dcgan_jax.modes.generate import generate
from dcgan_jax.modes.run_images import Run
from dcgan_jax.modes.train import train
from dcgan_jax.settings import Settings
from dcgan_jax.workdir import Workdir

CLASSES = ["NORMAL", "PNEUMONIA"]


@pytest.fixture(scope="module")
def settings(tiny_settings):
    scored = {"data.holdout": 0.25, "eval.every_steps": 6, "eval.dims": 64, "eval.num_samples": 24}
    return tiny_settings.with_overrides({"data.label": "ALL", "generate.count": 3, **scored})


@pytest.fixture(scope="module")
def run(tmp_path_factory, settings, fake_inception):
    workdir = Workdir(tmp_path_factory.mktemp("classes"))
    train(settings, workdir)
    return workdir


def summary(workdir):
    return json.loads(workdir.summary.read_text())


def test_their_number_comes_from_the_data(run, settings):
    assert Settings.load(run.config).model.num_classes == 2
    assert run.classes() == CLASSES
    before = run.summary.read_bytes()
    train(settings, run)  # with the number left open again: it is the same run, and done
    assert run.summary.read_bytes() == before


def test_each_class_has_the_images_that_a_run_of_its_own_has(settings):
    prepared = prepare(settings.data, settings.seed)
    training, held_out = select_training(prepared, settings.data, settings.seed)
    for label in CLASSES:
        own = settings.with_overrides({"data.label": label})
        alone = select_training(prepared, own.data, own.seed)
        for together, expected in zip((training, held_out), alone, strict=True):
            assert [one for one in together if one.label == label] == list(expected)


def test_scores_are_those_of_each_class_and_their_mean(run):
    rows = [json.loads(line) for line in run.metrics.read_text().splitlines()]
    (row,) = (row for row in rows if "fid" in row)
    assert row["fid"] == pytest.approx((row["fid/NORMAL"] + row["fid/PNEUMONIA"]) / 2)
    assert row["fid/NORMAL"] != row["fid/PNEUMONIA"]
    scores = summary(run)["scores"]
    for label in CLASSES:
        (path,) = run.evaluation.glob(f"step_0000006_*_{label}.json")
        record = json.loads(path.read_text())
        assert record == scores["classes"][label]
        assert record["real_images"]["label"] == label
        assert record["num_held_out"] == 4
    assert scores["fid"] == pytest.approx(np.mean([scores["classes"][label]["fid"] for label in CLASSES]))


def test_a_grid_shows_as_many_of_each_class_of_the_same_latents(run):
    grid = np.asarray(Image.open(run.samples / "step_0000006.png"))
    assert grid.shape == (8 * 66 - 2,) * 2
    assert not np.array_equal(grid[: 4 * 66 - 2], grid[4 * 66 :])


def test_images_of_each_class_are_written_and_drawn(run, settings):
    generate(run.settings({"generate.count": 3}), run)
    drawn = {}
    opened = Run.open(str(run.root), create_mesh(1), max_similarity=0.0)
    assert opened.classes == CLASSES
    for label in CLASSES:
        folder = run.root / "generated" / label
        names = sorted(path.name for path in folder.glob("0*.png"))
        assert names == ["00000.png", "00001.png", "00002.png"]
        with Image.open(folder / names[0]) as image:
            assert label in " ".join(image.text.values())
        drawn[label] = np.stack([np.asarray(Image.open(folder / name)) for name in names])
        again = np.stack([one.image[..., 0] for one in opened.draw(label, 0, "generate", 3)])
        assert np.abs(again.astype(int) - drawn[label]).max() <= 1  # of 255: other devices
    assert not np.array_equal(*drawn.values())


def test_one_class_alone_is_written_as_a_run_of_it_writes(run, tmp_path):
    asked = {"generate.label": "PNEUMONIA", "generate.out": str(tmp_path / "out"), "generate.count": 2}
    generate(run.settings(asked), run)
    assert {path.name for path in (tmp_path / "out").glob("0*.png")} == {"00000.png", "00001.png"}
    with pytest.raises(
        UserError, match=r"config.generate.label=COVID is no class of the run in .*: choose one of NORMAL, P"
    ):
        generate(run.settings({"generate.label": "COVID"}), run)


def test_another_number_than_the_data_have_is_refused(settings):
    prepared = prepare(settings.data, settings.seed)
    training, _ = select_training(prepared, settings.data, settings.seed)
    with pytest.raises(
        UserError, match=r"config.model.num_classes=3 is not what the data have, 2 \(NORMAL, PNEUMONIA\)"
    ):
        number_classes(settings.with_overrides({"model.num_classes": 3}), training)
    with pytest.raises(
        UserError, match=r"config.model.num_classes=2 goes with all classes, .* give config.data.label=ALL"
    ):
        settings.with_overrides({"data.label": "NORMAL", "model.num_classes": 2})
