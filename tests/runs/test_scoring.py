"""Scores in a whole run: taken when due, kept with the checkpoints, reported at the end, skipped where impossible."""

import json
import logging
from unittest.mock import Mock

import pytest
from PIL import Image

from dcgan_jax.data.prepared import Example, PreparedSet
from dcgan_jax.evaluation import protocol
from dcgan_jax.inception.weights import WeightsUnavailableError
from dcgan_jax.runs import scoring
from dcgan_jax.runs.evaluate import evaluate
from dcgan_jax.runs.train import train
from dcgan_jax.runs.training_data import TrainingData
from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.training.checkpoints import Checkpoints
from tests.refusals import refused

OVERRIDES = {
    "data.holdout": 0.25,
    "eval.every_steps": 2,
    "eval.dims": 64,
    "eval.num_samples": 24,
    "checkpoint.keep": 1,
}


@pytest.fixture(scope="module")
def settings(tiny_settings):
    return tiny_settings.with_overrides(OVERRIDES)


@pytest.fixture(scope="module")
def run(tmp_path_factory, settings, fake_inception):
    workdir = Workdir(tmp_path_factory.mktemp("scored"))
    train(settings, workdir)
    return workdir


def rows_with(workdir, name):
    rows = [json.loads(line) for line in workdir.metrics.read_text().splitlines()]
    return {row["step"]: row[name] for row in rows if name in row}


def summary(workdir):
    return json.loads(workdir.summary.read_text())


def record_of(workdir, step, protocol_name):
    (path,) = workdir.evaluation.glob(f"step_{step:07d}_{protocol_name}_*.json")
    return path


def test_a_class_of_one_image_is_refused_before_training(settings):
    training = [
        Example("train", number, f"{number}.png", label, f"{number}", f"{number}", f"{number}", 8, 8)
        for number, label in enumerate(("NORMAL", "NORMAL", "TB"))
    ]
    with refused("config.eval.every_epochs=0", field="config.data.label", value="TB"):
        scoring.create_scorer(settings, TrainingData(Mock(spec=PreparedSet), tuple(training), ()))


def test_scores_are_logged_when_due(run):
    fids = rows_with(run, "fid")
    assert sorted(fids) == [2, 4, 6]
    assert all(fid > 0 for fid in fids.values())
    assert sorted(rows_with(run, "kid")) == [2, 4, 6]


def test_the_best_checkpoint_is_kept_and_named(run, settings):
    fids = rows_with(run, "fid")
    best = min(fids, key=fids.get)
    with Checkpoints(run.checkpoints(settings), run.identity(settings), read_only=True) as checkpoints:
        assert checkpoints.steps() == sorted({best, 6})
        assert checkpoints.scores(best)["fid"] == fids[best]
    assert summary(run)["best_step"] == best
    assert summary(run)["scores"]["step"] == best


def test_the_report_carries_its_protocol(run):
    best = summary(run)["best_step"]
    report = json.loads(record_of(run, best, "default").read_text())
    assert report == summary(run)["scores"]
    assert report["weights"] == "stand-in weights"
    assert (report["num_real"], report["num_generated"], report["dims"]) == (12, 24, 64)
    assert len(report["seeds"]) >= 10
    assert report["memorization"]["num_held_out"] == 4
    (closest,) = run.evaluation.glob(f"step_{best:07d}_default_*_closest_with_real_images.png")
    assert Image.open(closest).width > 100


def test_the_report_uses_latents_that_the_choice_never_saw(run):
    best = summary(run)["best_step"]
    assert summary(run)["scores"]["by_seed"]["fid"][0] != rows_with(run, "fid")[best]


def test_scoring_does_not_change_the_run(run, tmp_path, settings, tiny_settings):
    unscored = Workdir(tmp_path / "unscored")
    train(tiny_settings.with_overrides({"data.holdout": 0.25}), unscored)
    assert summary(unscored)["state_sha256"] == summary(run)["state_sha256"]
    assert summary(unscored)["best_step"] is None
    assert summary(unscored)["scores"] is None


def test_evaluate_scores_any_kept_checkpoint_under_another_protocol(run, settings, monkeypatch):
    monkeypatch.setattr(protocol, "PAPER_GENERATED", 30)  # of the paper's 1,000
    evaluate(settings.with_overrides({"eval.checkpoint": "latest", "eval.protocol": "paper"}), run)
    report = json.loads(record_of(run, 6, "paper").read_text())
    assert (report["step"], report["dims"], report["preprocess"], report["num_generated"]) == (6, 768, "pillow", 30)
    assert any("1,341" in warning for warning in report["warnings"])


def test_evaluate_refuses_other_data_than_the_runs(run, settings):
    with refused("config.checkpoint.dir", path=run.root / "checkpoints" / "2"):
        evaluate(settings.with_overrides({"data.holdout": 0.5}), run)


def refuse_weights(path):
    raise WeightsUnavailableError("No weights: put them here.")


def test_without_weights_training_goes_on_and_says_so_once(tmp_path, settings, monkeypatch, caplog, fake_inception):
    monkeypatch.setattr(scoring, "load_inception_weights", refuse_weights)
    with caplog.at_level(logging.WARNING):
        train(settings, Workdir(tmp_path / "run"))
    assert [row.message for row in caplog.records].count("Scores are skipped. No weights: put them here.") == 1
    assert summary(Workdir(tmp_path / "run"))["step"] == 6


def test_without_weights_evaluate_stops_with_the_same_sentence(run, settings, monkeypatch):
    monkeypatch.setattr(scoring, "load_inception_weights", refuse_weights)
    with pytest.raises(WeightsUnavailableError, match="No weights: put them here"):
        evaluate(settings, run)
