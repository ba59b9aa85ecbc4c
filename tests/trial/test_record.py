"""The records of a trial, as this version and as older ones wrote them."""

import json
from pathlib import Path

import pytest

from dcgan_jax.report.trials import describe_trial as describe_on_page
from dcgan_jax.trial.arms import Arm
from dcgan_jax.trial.plan_record import Plan
from dcgan_jax.trial.record import TrialRecord
from dcgan_jax.trial.report import describe_trial
from dcgan_jax.trial.store import Store
from tests.refusals import refused
from tests.trial.examples import OVER_COPIES

OLD = Path(__file__).parent / "records"
OLD_TRIAL, OLD_PLAN = OLD / "trial_0.json", OLD / "plan_0.json"


@pytest.fixture
def begun(tmp_path):
    """The folder of a trial that an older version began."""
    (tmp_path / "trial").mkdir()
    (tmp_path / "trial" / "plan.json").write_bytes(OLD_PLAN.read_bytes())
    return Store(tmp_path / "trial")


def test_a_record_of_version_0_is_read(tmp_path):
    record = TrialRecord.read(OLD_TRIAL)
    assert [(counts.fraction, counts.images) for counts in record.splits.training] == [(1.0, 28), (0.5, 14)]
    assert record.splits.test.classes == {"NORMAL": 4, "PNEUMONIA": 4}
    assert record.primary.difference == 0.03125
    assert record.variance_sources.startswith("Intervals and tests are over test patients; 2 classifier seeds")
    assert record.plan.positive == "PNEUMONIA"
    assert record.plan.classifier.base_channels == 8
    assert record.plan.synthetic.folder == "/data/synthetic"
    assert record.generators[0].label == "NORMAL"
    record.write(tmp_path / "trial.json")
    assert TrialRecord.read(tmp_path / "trial.json") == record
    assert "No difference of the area" in describe_trial(record, [])


def test_what_is_added_over_copies_and_whose_fractions_they_are_is_said_in_the_report_and_on_the_page():
    old = TrialRecord.read(OLD_TRIAL)
    assert old.over_copies == ()
    assert "more than their number" not in describe_trial(old, [])
    plan = old.plan.model_copy(update={"fields": {**old.plan.fields, "trial.fractions_of": "label"}})
    record = old.model_copy(update={"over_copies": (OVER_COPIES,), "plan": plan})
    assert "- synthetic, ratio 0.5, fraction 0.5: It is more." in describe_trial(record, [])
    assert describe_on_page(record).over_copies == (("synthetic, ratio 0.5, 50% of the NORMAL patients", OVER_COPIES),)
    arm = Arm("synthetic", 0.5, 0.5)
    assert [one.plan.describe_arm(arm) for one in (old, record)] == [
        "synthetic at ratio 0.5 with 50% of the patients",
        "synthetic at ratio 0.5 with 50% of the NORMAL patients",
    ]


def test_no_key_of_a_record_is_a_sentence(tmp_path):
    TrialRecord.read(OLD_TRIAL).write(tmp_path / "trial.json")

    def keys(value):
        if isinstance(value, dict):
            yield from value
        for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            yield from keys(part)

    assert not [key for key in keys(json.loads((tmp_path / "trial.json").read_text())) if " " in key]


def planned():
    """What this version would plan where the older one planned `OLD_PLAN`."""
    old, record = Plan.read(OLD_PLAN), TrialRecord.read(OLD_TRIAL)
    arms = tuple(dict.fromkeys((row.name, row.ratio, row.fraction) for row in record.arms))
    return Plan.model_validate(
        old.model_dump() | {"arms": [dict(zip(("name", "ratio", "fraction"), arm, strict=True)) for arm in arms]}
    )


def test_a_finished_trial_of_an_older_version_stays(begun):
    begun.begin(planned(), is_finished=True)


def test_an_unfinished_trial_of_an_older_version_is_refused_with_the_reason(begun, tmp_path):
    with refused("older version", path=tmp_path):
        begun.begin(planned(), is_finished=False)


def test_another_trial_of_an_older_version_is_told_apart(begun, tmp_path):
    plan = planned()
    changed = plan.model_copy(update={"fields": plan.fields | {"trial.steps": 3}})
    with refused("config.trial.steps", path=tmp_path):
        begun.begin(changed, is_finished=True)


def test_names_of_classes_and_files_are_shown_as_they_are():
    """Not as HTML or Markdown, and in one line."""
    record = TrialRecord.read(OLD_TRIAL)
    named = record.model_copy(update={"positive": "<script>|x|\n# big", "notes": ("see [a](http://b) `c`",)})
    report = describe_trial(named, [])
    assert "&#60;script&#62;&#124;x&#124;&#10;# big against NORMAL" in report
    assert "- see &#91;a&#93;(http://b) &#96;c&#96;" in report
