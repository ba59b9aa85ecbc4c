"""Reports of studies whose answers are known: what is computed, written, and refused."""

import csv
import json
from collections import Counter

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from dcgan_jax.study.opened import OpenedStudy
from dcgan_jax.study.plan import Key
from dcgan_jax.study.report import write_report
from dcgan_jax.study.report_record import StudyReport
from tests.refusals import refused
from tests.study.studies import make_study

QUESTION = "NORMAL / PNEUMONIA"


def read_study(folder, judge, until=None, readers=None):
    """Answers a study without a server; `judge` is told the truth, the number of the reader, and of the image."""
    key = Key.read(folder / "key.json")
    study = OpenedStudy.open(folder)
    for reader in readers or study.store.steps:
        for number, step in enumerate(study.store.steps[reader]):
            if until is not None and number >= until:
                break
            answer = {}
            if step.kind == "remark":
                answer = {"noticed": True, "text": "ribs | too <b>smooth</b>"}
            elif step.images:
                truth = key.rows[step.images[0]].kind == "generated"
                answer = {"milliseconds": 2000, **judge(truth, reader, number)}
            assert study.store.add(reader, step.item, answer) == "saved"
    return study


def rate(choice, confidence=3, option=None):
    return {"choice": choice, "confidence": confidence, "option": option}


def test_by_hand(tmp_path):
    """Reader 1 is always right; reader 2 says real of everything, and of generated images less surely."""
    make_study(tmp_path / "study", images=10)

    def judge(truth, reader, number):
        return rate("generated" if truth and reader == 1 else "real", 5 if reader == 1 or not truth else 2)

    study = read_study(tmp_path / "study", judge)
    report = write_report(study, tmp_path / "study", False)
    study.close()
    first, second = report.readers
    assert (first.reader, first.answered, first.accuracy, first.sensitivity, first.auc) == ("R1", 20, 1, 1, 1)
    assert first.interval == pytest.approx((0.8389, 1.0), abs=1e-4)  # Wilson's of 20 of 20
    assert (second.accuracy, second.sensitivity, second.specificity, second.auc) == (0.5, 0, 1, 1)
    assert first.d_prime == pytest.approx(2 * 1.690622, abs=1e-5)  # z of 10.5 of 11, twice
    assert second.d_prime == pytest.approx(0)
    assert second.criterion == pytest.approx(1.690622, abs=1e-5)
    assert first.median_seconds == 2
    assert (first.repeats.share, first.repeats.images) == (1, 5)
    assert report.pooled.accuracy == pytest.approx(0.75)
    assert report.pooled.balanced_accuracy.reader_mean_square == pytest.approx(0.125)
    assert report.agreement.share == pytest.approx(0.5)  # they agree on the real ones
    assert [(each.kind, each.readers, each.of) for each in report.fooled] == [("generated", 1, 2)] * 10
    assert report.drift.quarters == pytest.approx([0.75] * 4, abs=0.26)
    assert StudyReport.read(tmp_path / "study" / "report.json") == report


def test_pairs_point_at_the_real_one(tmp_path):
    make_study(tmp_path / "study", design="pairs", images=12)
    study = read_study(tmp_path / "study", lambda left_is_generated, *_: rate("right" if left_is_generated else "left"))
    report = write_report(study, tmp_path / "study", False)
    study.close()
    assert [each.accuracy for each in report.readers] == [1, 1]
    assert report.pooled.images == 12
    assert report.primary.verdict == "told apart"
    assert not report.fooled


@pytest.mark.parametrize(
    ("shares", "verdict"), [((0.9, 0.88, 0.92, 0.9), "told apart"), ((0.1, 0.12, 0.1, 0.08), "mistaken")]
)
def test_verdicts(tmp_path, shares, verdict):
    make_study(tmp_path / "study", images=15, readers=4, repeats=0.0)
    rng = np.random.default_rng(0)

    def judge(truth, reader, number):
        right = rng.random() < shares[reader - 1]
        return rate("generated" if truth == right else "real", int(rng.integers(1, 6)))

    study = read_study(tmp_path / "study", judge)
    report = write_report(study, tmp_path / "study", False)
    study.close()
    assert report.primary.verdict == verdict


def test_who_guesses_on_many_images_is_within_the_margin(tmp_path):
    make_study(tmp_path / "study", images=40, readers=5, repeats=0.0, margin=0.2)
    seen: Counter[tuple[str, str]] = Counter()

    def alternate(truth, reader, number):  # right of half of each kind, in whichever order they come
        seen[str(truth), str(reader)] += 1
        return rate(("real", "generated")[seen[str(truth), str(reader)] % 2])

    study = read_study(tmp_path / "study", alternate)
    report = write_report(study, tmp_path / "study", False)
    study.close()
    assert report.primary.verdict == "like guessing"
    assert report.primary.p_value > 0.05 > report.primary.equivalence_p


def test_files_for_others(tmp_path):
    make_study(tmp_path / "study", images=8, naive=2, question=QUESTION)
    rng = np.random.default_rng(2)

    def judge(truth, reader, number):
        if number < 3:
            return {"option": 1}
        return rate(str(rng.choice(["real", "generated"])), int(rng.integers(1, 6)), option=0)

    folder = tmp_path / "study"
    study = read_study(folder, judge)
    report = write_report(study, folder, False)
    study.close()
    rows = list(csv.DictReader((folder / "answers.csv").open()))
    assert len(rows) == 2 * (2 + 16 + 4)
    told = [row for row in rows if row["phase"] == "told" and row["is_repeat"] == "0"]
    own = [row for row in told if row["reader"] == "R1"]
    assert np.mean([int(row["correct"]) for row in own]) == pytest.approx(report.readers[0].accuracy)
    assert {row["reader"] for row in rows} == {"R1", "R2"}
    assert {row["answer"] for row in told} == {"NORMAL"}

    lines = (folder / "answers.imrmc").read_text().splitlines()
    data = [line.split(",") for line in lines[lines.index("BEGIN DATA:") + 1 :]]
    truth = {case: int(score) for reader, case, _, score in data if reader == "-1"}
    assert sorted(truth.values()) == [0] * 8 + [1] * 8
    for reader in report.readers:
        scores = {case: float(score) for who, case, _, score in data if who == reader.reader.removeprefix("R")}
        assert roc_auc_score([truth[case] for case in scores], list(scores.values())) == pytest.approx(reader.auc)
    frame = list(csv.DictReader((folder / "mrmcaov.csv").open()))
    assert [row["rating"] for row in frame] == [f"{float(score):g}" for reader, _, _, score in data if reader != "-1"]

    text = (folder / "report.md").read_text()
    assert "ribs \\| too \\<b\\>smooth\\</b\\>" in text
    assert report.plan_sha256 in text
    counted = {(each.phase, each.option): each.real + each.generated for each in report.options}
    assert counted == {("naive", "PNEUMONIA"): 4, ("told", "NORMAL"): 32}
    for figure in ("roc", "readers", "confidence", "fooled_with_real_images"):
        assert (folder / "figures" / f"{figure}.png").stat().st_size > 2000


def test_unfinished_readers_are_waited_for_or_named(tmp_path):
    make_study(tmp_path / "study", images=8)
    folder = tmp_path / "study"
    study = read_study(folder, lambda truth, *_: rate("generated" if truth else "real"), readers=[1])
    study.close()
    study = read_study(folder, lambda *_: rate("real"), until=14, readers=[2])
    with refused("R2 14 of 22 steps", path=folder):
        write_report(study, folder, False)
    assert not (folder / "report.json").exists()
    report = write_report(study, folder, True)
    study.close()
    assert (report.is_interim, report.unfinished) == (True, ("R2",))
    assert 8 <= report.pooled.images < 16
    assert report.readers[0].answered == 16
    assert "An interim report" in (folder / "report.md").read_text()


def test_nobody_has_begun(planned):
    folder, _ = planned
    study = OpenedStudy.open(folder)
    with refused(path=folder):
        write_report(study, folder, True)
    study.close()


@pytest.mark.parametrize("name", ["key.json", "images.bin", "study.json", "instructions.md"])
def test_a_changed_file_stops_the_report(planned, name):
    folder, _ = planned
    read_study(folder, lambda *_: rate("real")).close()
    path = folder / name
    path.write_bytes(path.read_bytes() + b" ")
    with refused(path=path):
        write_report(OpenedStudy.open(folder), folder, False)


def test_the_names_that_others_rely_on(tmp_path):
    make_study(tmp_path / "study", images=4)
    study = read_study(tmp_path / "study", lambda truth, *_: rate("generated" if truth else "real"))
    write_report(study, tmp_path / "study", False)
    study.close()
    report = json.loads((tmp_path / "study" / "report.json").read_text())
    assert {"accuracy", "interval", "sensitivity", "specificity", "auc", "d_prime"} <= report["readers"][0].keys()
    assert {"accuracy", "interval", "p_value", "equivalence_p"} <= report["pooled"].keys()
    assert "agreement" in report
