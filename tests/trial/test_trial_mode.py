"""The trial as a whole, on drawn phantoms: what it leaves, that a stop changes nothing, and what it refuses."""

import dataclasses
import json
import shutil

import numpy as np
import pytest
from PIL import Image

from dcgan_jax.data.phantom import draw_phantom
from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.trial.plan import choose_arms, choose_label, choose_positive
from dcgan_jax.trial.run import trial
from dcgan_jax.trial.scores import METRICS
from dcgan_jax.trial.splits import TrialSplit
from dcgan_jax.trial.store import PLAN, Store
from dcgan_jax.trial.synthetic_folder import SyntheticSource
from tests.launching import TINY_FLAGS
from tests.refusals import refused
from tests.trial.examples import patients

OVERRIDES = {
    "trial.arms": ("synthetic",),
    "trial.ratios": (0.5,),
    "trial.fractions": (1.0,),
    "trial.seeds": 2,
    "trial.generator_seeds": 1,
    "trial.steps": 2,
    "trial.batch_size": 4,
    "trial.base_channels": 8,
}
UNITS = 4


@pytest.fixture(scope="module")
def settings(tiny_settings, tmp_path_factory):
    folder = tmp_path_factory.mktemp("synthetic")
    (folder / "NORMAL").mkdir()
    for index in range(8):
        Image.fromarray(draw_phantom(64, 1, index, "NORMAL")).save(folder / "NORMAL" / f"{index}.png")
    return tiny_settings.with_overrides(OVERRIDES | {"trial.synthetic_dir": str(folder)})


@pytest.fixture(scope="module")
def finished(settings, tmp_path_factory, cache):
    workdir = Workdir(tmp_path_factory.mktemp("trial"))
    trial(settings, workdir)
    return workdir


def record(workdir):
    return json.loads((workdir.root / "trial.json").read_text())


def test_every_classifier_is_in_the_record(finished):
    rows = record(finished)["arms"]
    assert [(row["name"], row["ratio"], row["fraction"], row["seed"]) for row in rows] == [
        (name, ratio, 1.0, seed) for name, ratio in (("real", 0.0), ("synthetic", 0.5)) for seed in (0, 1)
    ]
    assert all(0 <= row[metric] <= 1 for row in rows for metric in METRICS)
    real = rows[0]["num_real"]
    assert {row["num_added"] for row in rows} == {0, round(0.5 * real / 2)}


def test_comparisons_carry_their_uncertainty(finished):
    rows = record(finished)["comparisons"]
    assert {row["metric"] for row in rows} == set(METRICS)
    for row in rows:
        assert row["interval"][0] <= row["difference"] <= row["interval"][1]
        assert row["p_value"] <= row["p_adjusted"] <= 1
    assert record(finished)["primary"]["endpoint"].startswith("area under the ROC curve, synthetic at ratio 0.5")


def test_the_report_and_the_figures_are_there(finished):
    report = (finished.root / "report.md").read_text()
    assert record(finished)["primary"]["verdict"] in report
    assert "Nothing says what the generator" in report
    assert "| synthetic | 0.5 | 1 | synthetic images of one class | " in report
    assert "`synthetic` adds images of NORMAL." in report
    for absent in ("`both`", "`duplicated`", "synthetic_all"):
        assert absent not in report
    assert "over test patients; 2 classifier seeds; for synthetic images one choice among the images of one" in report
    for name in ("differences", "roc_1", "learning_1", "calibration_1"):
        assert f"figures/{name}.png" in report
        assert Image.open(finished.figures / f"{name}.png").size[0] > 100


def test_the_probabilities_of_the_test_images_are_kept(finished):
    kept = np.load(finished.root / "test_predictions.npz")
    assert kept["probabilities"].shape == (UNITS, len(kept["labels"]))
    scores = record(finished)["arms"][0]
    called = kept["probabilities"][0] >= kept["thresholds"][0]
    assert scores["accuracy"] == pytest.approx(np.mean(called == (kept["labels"] == "PNEUMONIA")))


def test_a_trial_that_was_killed_gives_the_same_numbers(settings, finished, tmp_path, monkeypatch):
    """It is stopped while the third of four classifiers is kept; the second start trains two."""
    written = []
    write = Store.write

    def write_or_die(store, unit, trained):
        written.append(unit)
        if len(written) == 3:
            raise KeyboardInterrupt
        write(store, unit, trained)

    monkeypatch.setattr(Store, "write", write_or_die)
    workdir = Workdir(tmp_path / "trial")
    with pytest.raises(KeyboardInterrupt):
        trial(settings, workdir)
    assert not (workdir.root / "trial.json").exists()
    trial(settings, workdir)
    assert len(written) == 3 + 2
    for part in ("arms", "summaries", "comparisons", "primary"):
        assert record(workdir)[part] == record(finished)[part]


def test_a_finished_trial_started_again_changes_nothing(settings, finished):
    before = (finished.root / "trial.json").read_bytes()
    trial(settings, finished)
    assert (finished.root / "trial.json").read_bytes() == before


def test_a_trial_goes_on_with_the_class_that_an_older_version_chose(settings, finished, tmp_path):
    begun = shutil.copytree(finished.root, tmp_path / "trial")
    plan = begun / "trial" / PLAN
    plan.write_text(plan.read_text().replace('"positive": "PNEUMONIA"', '"positive": "NORMAL"'))
    assert '"positive": "NORMAL"' in plan.read_text()
    trial(settings, Workdir(begun))
    with refused("positive", path=begun):
        trial(settings.with_overrides({"trial.positive": "PNEUMONIA"}), Workdir(begun))


def test_another_trial_in_the_same_workdir_is_refused(settings, finished):
    with refused("config.trial.steps", path=finished.root):
        trial(settings.with_overrides({"trial.steps": 3}), finished)


def test_a_run_that_saw_validation_patients_is_refused(command_refused, finished_run, tmp_path):
    """A run without held-out patients has trained on all."""
    command_refused(
        *TINY_FLAGS,
        "--mode=trial",
        f"--workdir={tmp_path / 'trial'}",
        f"--config.trial.runs={finished_run}",
        "--config.trial.base_channels=8",
        path=finished_run,
        named=("config.data.holdout=0.1",),
    )


def test_runs_are_absolute_paths_with_commas_between(command_refused, finished_run, tmp_path):
    command_refused(
        *TINY_FLAGS,
        "--mode=trial",
        f"--workdir={tmp_path / 'trial'}",
        f"--config.trial.runs={finished_run},{tmp_path}/2-nd",
        path=tmp_path / "2-nd" / "config.json",
    )


def split_of(*labels):
    images = tuple(image for label in labels for image in patients(label, 2))
    return TrialSplit({1.0: images}, images, images, "", frozenset(), (), frozenset())


@dataclasses.dataclass
class Source(SyntheticSource):
    """Synthetic images of some classes."""

    names: list

    def classes(self):
        return self.names


TWO = split_of("NORMAL", "PNEUMONIA")


def test_arms_that_have_no_images_are_left_out_or_refused_by_name(tiny_settings):
    of_one = choose_arms(tiny_settings, TWO, Source(["NORMAL"]))
    assert "synthetic" in of_one
    assert "synthetic_all" not in of_one
    assert "synthetic_all" in choose_arms(tiny_settings, TWO, Source(["NORMAL", "PNEUMONIA"]))
    with refused("PNEUMONIA", field="config.trial.arms", value="synthetic_all"):
        choose_arms(tiny_settings.with_overrides({"trial.arms": ("synthetic_all",)}), TWO, Source(["NORMAL"]))
    with refused("config.trial.runs", field="config.data.label", value="NORMAL"):
        choose_arms(tiny_settings, TWO, None)
    assert choose_arms(tiny_settings.with_overrides({"trial.arms": "weighted"}), TWO, None) == ("weighted",)


def test_of_all_classes_the_smallest_is_filled_up(tiny_settings):
    of_all = tiny_settings.with_overrides({"data.label": "ALL", "model.num_classes": 3})
    images = split_of("NORMAL", "NORMAL", "PNEUMONIA", "TB", "TB")
    assert choose_label(of_all, images).data.label == "PNEUMONIA"
    assert choose_positive(choose_label(of_all, TWO), TWO) == "PNEUMONIA"  # of equal ones the first
    assert choose_label(tiny_settings, images) == tiny_settings
    assert choose_label(tiny_settings.with_overrides({"data.label": "normal"}), images) == tiny_settings


def test_the_class_to_be_recognized(tiny_settings):
    for label in ("NORMAL", "PNEUMONIA"):
        assert choose_positive(tiny_settings.with_overrides({"data.label": label}), TWO) == "PNEUMONIA"
    edema = tiny_settings.with_overrides({"data.label": "Edema"})
    for other in ("not Edema", "No Finding", "healthy"):
        assert choose_positive(edema, split_of("Edema", other)) == "Edema"
    assert choose_positive(edema, split_of("Edema", "COVID")) == "Edema"  # both are ill
    assert choose_positive(edema.with_overrides({"trial.positive": "covid"}), split_of("Edema", "COVID")) == "COVID"
    three = split_of("NORMAL", "PNEUMONIA", "TB")
    assert choose_positive(tiny_settings.with_overrides({"trial.positive": "TB"}), three) == "TB"
    with refused("3 classes", "NORMAL, PNEUMONIA, TB", field="config.trial.positive", value=""):
        choose_positive(tiny_settings, three)
    with refused("NORMAL, PNEUMONIA", field="config.trial.positive", value="COVID"):
        choose_positive(tiny_settings.with_overrides({"trial.positive": "COVID"}), TWO)
