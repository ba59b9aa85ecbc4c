"""What the page says of records: the scores with what stands beside them, warnings first, and which record is shown."""

import pytest

from dcgan_jax.evaluation.record import ClassesRecord, read_evaluation
from dcgan_jax.report.overview import list_commands, list_differences
from dcgan_jax.report.page import choose_evaluation, create_page
from dcgan_jax.report.records import Records
from dcgan_jax.report.scores import list_scores
from dcgan_jax.runs.starts import Start
from dcgan_jax.runs.summary import Summary
from dcgan_jax.settings import Settings
from dcgan_jax.trial.record import TrialRecord
from tests.evaluation.conftest import OLD_RECORD
from tests.trial.test_record import OLD_TRIAL


@pytest.fixture(scope="module")
def record():
    return read_evaluation(OLD_RECORD)


def summary(best_step):
    facts = {"step": 6, "state_sha256": "ab", "versions": {}, "devices": ["cpu"], "processes": 1, "scores": None}
    return Summary(**facts, images_per_second=1.0, seconds=2.0, num_train_images=3, best_step=best_step)


def test_a_score_stands_beside_that_of_real_images_at_the_same_counts(record):
    fid, kid, *rest = list_scores(record)
    baseline = record.baseline
    assert (fid.name, fid.value) == ("FID (64 features)", "6.14")
    assert fid.interval == f"{record.interval.low:.2f} to {record.interval.high:.2f}"
    assert fid.beside == (
        f"At {baseline.num_other} against {baseline.num_real} images: generated {baseline.generated.fid:.2f}, "
        f"other training images {baseline.fid:.2f}."
    )
    places = {mark.kind: mark.place for mark in fid.strip.marks}
    assert places["own"] / places["real"] == pytest.approx(record.fid / baseline.fid, rel=1e-3)
    assert fid.strip.interval[0] < places["own"] < fid.strip.interval[1]
    assert all(score.meaning.endswith((".", "?")) for score in (fid, kid, *rest))


def test_what_an_older_version_did_not_measure_is_open(record):
    open_ones = [score for score in list_scores(record) if not score.value]
    assert [score.name for score in open_ones] == ["Image retrieval score", "Trace ratio", "Vendi score"]
    assert all(score.strip is None for score in open_ones)


def test_the_best_step_is_shown_and_of_its_records_that_of_the_own_protocol(record):
    evaluations = {
        f"evaluation/step_{step:07d}_{protocol}_0.json": record.model_copy(update={"step": step, "protocol": protocol})
        for step in (2, 4, 6)
        for protocol in ("default", "paper")
    }
    paper = Settings().with_overrides({"eval.protocol": "paper"})
    for records, shown in (
        (Records("run", evaluations=evaluations), "step_0000006_default_0"),
        (Records("run", evaluations=evaluations, summary=summary(4)), "step_0000004_default_0"),
        (Records("run", evaluations=evaluations, summary=summary(4), settings=paper), "step_0000004_paper_0"),
        (Records("run", evaluations=evaluations, summary=summary(5)), "step_0000006_default_0"),
    ):
        assert choose_evaluation(records) == f"evaluation/{shown}.json"


def test_warnings_of_every_record_come_once_and_problems_first(record):
    warned = record.model_copy(update={"warnings": ["few images", "few images"]})
    trial = TrialRecord.read(OLD_TRIAL)
    records = Records(
        "run",
        settings=Settings(),
        total_steps=10,
        metrics=({"step": 4},),
        evaluations={"a": warned},
        trial=trial,
        problems=("x is damaged",),
    )
    listed = [(each.about, each.sentence) for each in create_page(records).warnings]
    assert listed[:3] == [
        ("Records", "x is damaged"),
        ("Scores", "few images"),
        ("Training", "Not finished: 4 of 10 steps."),
    ]
    assert listed[3:] == [("Classifier trial", note) for note in trial.notes]


def test_a_warning_of_several_classes_comes_once(record):
    classes = {
        "A": record.model_copy(update={"warnings": ["of all", "of two"]}),
        "B": record.model_copy(update={"warnings": ["of all", "of two"]}),
        "C": record.model_copy(update={"warnings": ["of all"]}),
    }
    together = ClassesRecord(step=12, fid=1.0, protocol="default", fingerprint="0", classes=classes)
    listed = create_page(Records("run", evaluations={"a": together})).warnings
    assert [tuple(each) for each in listed] == [("Scores", "of all"), ("Scores, A and B", "of two")]


def test_more_copies_than_chance_are_warned_of(record):
    found = record.memorization.model_copy(update={"memorised_share": 0.9})
    copied = record.model_copy(update={"memorised_share": 0.9, "memorization": found})
    assert "look like copies" in create_page(Records("run", evaluations={"a": copied})).warnings[0].sentence
    assert not any(
        "copies" in each.sentence for each in create_page(Records("run", evaluations={"a": record})).warnings
    )


def test_without_evidence_the_figures_at_the_top_are_not_measured():
    headlines = create_page(Records("run", settings=Settings())).headlines
    assert [each.value for each in headlines] == ["not measured"] * 4


def test_settings_tell_what_differs_and_paths_only_where_the_page_stays():
    settings = Settings().with_overrides({"data.dir": "/home/anna/x-rays", "train.batch_size": 8})
    (of_data, batch) = list_differences(settings, is_shared=False)
    assert (of_data.name, of_data.value, of_data.default) == ("data.dir", "/home/anna/x-rays", "empty")
    assert (batch.name, batch.value, batch.default) == ("train.batch_size", "8", "128")
    assert list_differences(settings, is_shared=True)[0].value == "..."


def test_a_command_is_listed_once_however_often_it_went_on():
    facts = {"version": "0.2.0", "python": "3.11", "devices": ("cpu",), "cpus": 2, "system": "Linux"}
    arguments = ("--config=cxr", "--workdir=/home/anna/a run", "--config.trial.runs=/a/one,/b/two")
    starts = [
        Start(mode="train", arguments=arguments, time=f"2026-01-0{day}T09:30:00+00:00", **facts) for day in (1, 2, 3)
    ]
    (command,) = list_commands(Records("run", starts=tuple(starts)), is_shared=False)
    assert command.words == (
        *("dcgan-jax", "--config=cxr", "'--workdir=/home/anna/a run'", "--config.trial.runs=/a/one,/b/two"),
    )
    assert command.when == "2026-01-01 09:30 UTC, again 2 times"
    (shared,) = list_commands(Records("run", starts=tuple(starts)), is_shared=True)
    assert shared.words == ("dcgan-jax", "--config=cxr", "--workdir=...", "--config.trial.runs=...")
