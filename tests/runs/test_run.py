"""Which run the synthetic images of an arm are drawn from, and which of its images."""

import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from dcgan_jax.data.train_files import TrainFile
from dcgan_jax.evaluation.record import ClassesRecord, read_evaluation
from dcgan_jax.runs.provenance import Provenance
from dcgan_jax.runs.run import MOST_DRAWS, Drawn, Nearest, Run
from dcgan_jax.runs.training_data import read_training_data
from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.trial.run_images import RunImages
from dcgan_jax.trial.selection import Selection
from tests.refusals import refused


class Made(Run):
    """A run that was trained on some images and makes flat ones of its number."""

    step = 10

    def __init__(self, number, examples, labels=("NORMAL",)):
        self.__dict__.update(number=number, examples=examples, labels=labels)

    @property
    def provenance(self):
        rows = tuple(TrainFile(e.file, e.label, e.patient, e.sha256) for e in self.examples if e.label in self.labels)
        return Provenance(f"run{self.number}", rows)

    @property
    def workdir(self):
        return SimpleNamespace(root=f"run{self.number}", identity=lambda settings: f"identity{self.number}")

    settings = None

    def require_size(self, size):
        assert size == 64

    def draw_without_copies(self, label, seed, stream, count):
        value = 100 * self.labels.index(label) + 10 * self.number + seed
        return [SimpleNamespace(image=np.full((64, 64, 1), value, np.uint8))] * count


def level(images, fraction, seed=0, label="NORMAL"):
    drawn = images.draw(label, fraction, seed, 3)
    assert drawn.shape == (3, 64, 64, 1)
    return int(drawn[0, 0, 0, 0])


def test_each_fraction_has_the_run_that_saw_most_and_no_more(halved_split, halved_settings):
    runs = [Made(number=1, examples=halved_split.training[0.5]), Made(number=2, examples=halved_split.training[1.0])]
    images = RunImages(runs, halved_split, halved_settings)
    assert images.classes() == ["NORMAL"]
    assert level(images, 0.5) == 10
    assert level(images, 1.0) == 20


def test_generator_seeds_take_turns_among_equal_runs_and_draw_other_latents(halved_split, halved_settings):
    runs = [Made(number=number, examples=halved_split.training[1.0]) for number in (1, 2)]
    images = RunImages(runs, halved_split, halved_settings)
    assert [level(images, 1.0, seed) for seed in range(3)] == [10, 21, 12]
    assert images.count_generators("NORMAL", 1.0) == 2


def test_each_selected_image_is_chosen_among_candidates_of_its_own(halved_split, halved_settings):
    class Numbered(Made):
        def draw_without_copies(self, label, seed, stream, count):
            return [SimpleNamespace(image=np.full((64, 64, 1), number, np.uint8)) for number in range(count)]

    def take_last(run, label, fraction, images):
        return np.arange(2, len(images), 3)

    runs = [Numbered(number=1, examples=halved_split.training[1.0])]
    images = RunImages(runs, halved_split, halved_settings, Selection(candidates=3, choose=take_last))
    assert images.draw("NORMAL", 1.0, 0, 4, is_selected=True)[:, 0, 0, 0].tolist() == [2, 5, 8, 11]
    assert images.draw("NORMAL", 1.0, 0, 4)[:, 0, 0, 0].tolist() == [0, 1, 2, 3]


def test_a_run_and_its_copy_are_one_generator(halved_split, halved_settings):
    runs = [Made(number=1, examples=halved_split.training[1.0]) for _ in range(2)]
    assert RunImages(runs, halved_split, halved_settings).count_generators("NORMAL", 1.0) == 1


def test_a_fraction_without_a_run_of_its_own_is_refused(halved_split, halved_settings):
    images = RunImages([Made(number=1, examples=halved_split.training[1.0])], halved_split, halved_settings)
    with refused("0.5", path="run1"):
        images.draw("NORMAL", 0.5, 0, 3)
    with refused("PNEUMONIA", field="config.trial.runs"):
        images.draw("PNEUMONIA", 1.0, 0, 3)


BOTH = ("NORMAL", "PNEUMONIA")


def test_a_run_of_all_classes_serves_each(halved_split, halved_settings):
    images = RunImages(
        [Made(number=1, examples=halved_split.training[1.0], labels=BOTH)], halved_split, halved_settings
    )
    assert images.classes() == ["NORMAL", "PNEUMONIA"]
    assert [level(images, 1.0, seed=2, label=label) for label in BOTH] == [12, 112]


def test_a_run_of_all_classes_and_one_of_as_many_images_of_the_class_take_turns(halved_split, halved_settings):
    runs = [
        Made(number=1, examples=halved_split.training[1.0], labels=BOTH),
        Made(number=2, examples=halved_split.training[1.0]),
    ]
    images = RunImages(runs, halved_split, halved_settings)
    assert [level(images, 1.0, seed) for seed in range(2)] == [10, 21]


def test_a_run_that_saw_test_patients_of_another_class_is_refused(halved_split, halved_settings):
    tested = [example for example in halved_split.test if example.label == "PNEUMONIA"]
    with refused("config.data.holdout=0.3", path="run1"):
        RunImages(
            [Made(number=1, examples=[*halved_split.training[1.0], *tested], labels=BOTH)],
            halved_split,
            halved_settings,
        )


def test_a_run_that_saw_test_patients_is_refused_at_once(halved_split, halved_settings):
    with refused("config.data.holdout=0.3", path="run1"):
        RunImages(
            [Made(number=1, examples=[*halved_split.training[0.5], *halved_split.test])], halved_split, halved_settings
        )


@pytest.fixture
def run(tiny_settings, tmp_path):
    return Run(Workdir(tmp_path), tiny_settings, max_similarity=0.9)


def test_the_search_for_copies_finds_them_and_does_not_describe_the_data_again(run, caplog):
    data = read_training_data(run.settings, run.workdir)
    run.workdir.train_files.write_text(data.train_files)
    caplog.clear()
    caplog.set_level("INFO")
    (nearest,) = run.find_nearest(data.spread(data.labels[0], 1))
    assert nearest.file == data.training[0].file
    assert nearest.similarity == pytest.approx(1, abs=1e-3)
    assert "prepared images" not in caplog.text


def test_near_copies_are_left_out(run, monkeypatch):
    drawn = [Drawn(f"image{number}", number, Nearest("a.png", 0.95 if number % 2 else 0.5)) for number in range(10)]
    monkeypatch.setattr(Run, "draw_seed", lambda self, label, seed, stream, count, compared: iter(drawn))
    assert [(drawn.image, drawn.number) for drawn in run.draw_without_copies("NORMAL", 0, "s", 3)] == [
        ("image0", 0),
        ("image2", 2),
        ("image4", 4),
    ]


def test_a_generator_of_copies_is_named(run, monkeypatch):
    def copies(self, label, seed, stream, count, compared):
        assert count == MOST_DRAWS * 2
        return iter([Drawn("image", 0, Nearest("a.png", 0.95))] * count)

    monkeypatch.setattr(Run, "draw_seed", copies)
    with refused("20 images", "only 0", path=run.workdir.root):
        list(run.draw_without_copies("NORMAL", 0, "s", 2))


def test_a_run_of_another_image_size_is_refused(run):
    run.require_size(64)
    with refused(run.workdir.root, "64", field="config.data.image_size", value=128):
        run.require_size(128)


OLD_RECORD = Path(__file__).parent.parent / "evaluation" / "record_v0.json"


def test_records_are_those_of_every_version_and_kind_the_newest_first(run):
    assert run.records == []
    folder = run.workdir.evaluation
    folder.mkdir()
    old = read_evaluation(OLD_RECORD)
    classes = ClassesRecord(
        step=7, fid=old.fid, protocol=old.protocol, fingerprint=old.fingerprint, classes={"NORMAL": old}
    )
    shutil.copy(OLD_RECORD, folder / "step_0000020_own_1.json")
    classes.write(folder / "step_0000007_own_1.json")
    (folder / "step_0000007_own_1_closest_NORMAL.png").touch()
    for name, seconds in (("step_0000020_own_1.json", 1), ("step_0000007_own_1.json", 2)):
        os.utime(folder / name, (seconds, seconds))
    assert run.records == [classes, old]


def test_a_damaged_record_is_named(run):
    run.workdir.evaluation.mkdir()
    (run.workdir.evaluation / "step_0000007_own_1.json").write_text('{"step": 7')
    with refused(path=run.workdir.evaluation / "step_0000007_own_1.json"):
        _ = run.records
