"""A run of several classes is judged by the mean of their FIDs; a run of one class as it was."""

from types import SimpleNamespace

import pytest

from dcgan_jax.evaluation import class_scorer
from dcgan_jax.evaluation.class_scorer import ClassScorer
from dcgan_jax.evaluation.evaluate_class import Evaluation
from dcgan_jax.evaluation.record import record_of_class
from dcgan_jax.evaluation.scorer import Scorer
from dcgan_jax.evaluation.table import describe_record


class FixedScorer(Scorer):
    """Scores that are known, on the condition that images of the right class are drawn."""

    protocol = SimpleNamespace(name="default")

    def __init__(self, number, fingerprint, **scores):
        self.number, self.fingerprint, self.scores = number, fingerprint, scores

    def score(self, draw_fn, seed):
        assert draw_fn(self.number, seed) == (self.number, seed)
        return self.scores


def draw_fn(number, seed):
    return number, seed


NORMAL = FixedScorer(0, "0123456789ab", fid=1.0, kid=0.1, precision=0.5)
PNEUMONIA = FixedScorer(1, "ba9876543210", fid=4.0, kid=0.3)  # too few images for the precision


def test_each_class_counts_alike():
    scores = ClassScorer({"NORMAL": NORMAL, "PNEUMONIA": PNEUMONIA}).score(draw_fn, 3)
    assert scores == {
        "fid": 2.5,
        "kid": pytest.approx(0.2),
        "fid/NORMAL": 1.0,
        "kid/NORMAL": 0.1,
        "precision/NORMAL": 0.5,
        "fid/PNEUMONIA": 4.0,
        "kid/PNEUMONIA": 0.3,
    }


def test_one_class_has_the_scores_and_the_fingerprint_of_its_own():
    one = ClassScorer({"NORMAL": NORMAL})
    assert one.score(draw_fn, 3) is NORMAL.scores
    assert one.fingerprint == NORMAL.fingerprint


def test_whatever_moves_the_score_of_a_class_changes_the_fingerprint():
    usual = ClassScorer({"NORMAL": NORMAL, "PNEUMONIA": PNEUMONIA}).fingerprint
    other = ClassScorer({"NORMAL": NORMAL, "PNEUMONIA": FixedScorer(1, "000000000000")}).fingerprint
    assert len(usual) == len(other) == 12
    assert usual != other


def test_the_report_holds_that_of_each_class(monkeypatch, old_record):
    def evaluate_class(scorer, draw_fn, seed, step):
        assert draw_fn(scorer.number, seed) == (scorer.number, seed)
        record = old_record.model_copy(update={"fid": scorer.scores["fid"], "step": step})
        return Evaluation(record, f"images of {scorer.number}")

    monkeypatch.setattr(class_scorer, "evaluate_class", evaluate_class)
    record, images = ClassScorer({"NORMAL": NORMAL, "PNEUMONIA": PNEUMONIA}).evaluate(draw_fn, 7, 12)
    assert (record.fid, record.step, record.protocol) == (2.5, 12, "default")
    assert {label: of_class.fid for label, of_class in record.classes.items()} == {"NORMAL": 1.0, "PNEUMONIA": 4.0}
    assert record_of_class(record, "PNEUMONIA") is record.classes["PNEUMONIA"]
    assert images == {"NORMAL": "images of 0", "PNEUMONIA": "images of 1"}
    last = describe_record(record).splitlines()[-1]
    assert last.split()[:5] == ["FID", "of", "all", "classes", "2.5"]
    assert last.endswith("chooses the best checkpoint")
    record, images = ClassScorer({"NORMAL": NORMAL}).evaluate(draw_fn, 7, 12)
    assert record is record_of_class(record, "NORMAL")
    assert (record.fid, record.step) == (1.0, 12)
    assert images == {"NORMAL": "images of 0"}
