"""Records of evaluations: those of version 0.1 are read under the names of today; damaged ones give a sentence."""

import json

import pytest

from dcgan_jax.evaluation.record import ClassesRecord, choose_record, read_evaluation
from dcgan_jax.evaluation.table import describe_record
from tests.evaluation.conftest import OLD_RECORD
from tests.refusals import refused


@pytest.fixture
def old_values():
    return json.loads(OLD_RECORD.read_text())


def test_an_old_record_is_read_under_the_names_of_today(old_record, old_values):
    assert (old_record.schema_version, old_record.step, old_record.fid) == (1, 12, old_values["fid"])
    floor = old_values["floor"]
    assert (old_record.baseline.fid, old_record.baseline.generated.fid) == (floor["fid"], floor["score"])
    assert old_record.baseline.ratio == floor["ratio"]
    assert old_record.baseline.halves.num_real == floor["halves"]["num_real"]
    assert old_record.baseline.held_out.generated.fid == floor["held_out"]["score"]
    assert old_record.interval.kid.low == old_values["interval"]["kid"]["low"]
    section = old_values["memorisation"]
    assert old_record.memorised_share == old_record.memorization.memorised_share == section["memorised_share"]
    assert old_record.memorization.expected_share.highest == section["innocent_share"]["highest"]
    rates = {name: of_change["rate"] for name, of_change in section["sensitivity"].items()}
    assert old_record.memorization.lowest_sensitivity.rate == min(rates.values())
    assert old_record.memorization.closest[0].file == section["closest"][0]["file"]


def test_what_an_old_record_did_not_measure_is_open(old_record):
    assert old_record.irs is old_record.trace_ratio is old_record.vendi is old_record.baseline.coverage is None
    table = describe_record(old_record)
    assert [line.split()[-1] for line in table.splitlines() if line.startswith("Vendi")] == ["-"]


def test_a_record_reads_back_as_it_was_written(old_record, tmp_path):
    old_record.write(tmp_path / "record.json")
    assert read_evaluation(tmp_path / "record.json") == old_record
    assert json.loads((tmp_path / "record.json").read_text())["schema_version"] == 1


def test_an_old_record_of_several_classes_is_read(old_record, old_values, tmp_path):
    together = {"step": 12, "fid": 1.5, "fid_is": "the mean", "protocol": "default", "fingerprint": "0123456789ab"}
    path = tmp_path / "record.json"
    path.write_text(json.dumps({**together, "classes": {"NORMAL": old_values, "PNEUMONIA": old_values}}))
    record = read_evaluation(path)
    assert isinstance(record, ClassesRecord)
    assert record.classes["PNEUMONIA"] == old_record
    record.write(path)
    assert read_evaluation(path) == record


def test_the_record_that_speaks_for_a_run_is_of_the_step_then_of_the_protocol_then_the_last_by_name(old_record):
    records = {
        name: old_record.model_copy(update={"step": step, "protocol": protocol})
        for name, step, protocol in (("a", 4, "default"), ("b", 4, "default"), ("c", 4, "paper"), ("d", 6, "default"))
    }
    asked = ((4, "default"), (4, "paper"), (6, "paper"), (5, "default"), (None, "paper"))
    assert [choose_record(records, *one) for one in asked] == ["b", "c", "d", "d", "d"]
    assert choose_record({}, 4, "default") is None


def damage(**changes):
    return lambda values: {**values, **changes}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (damage(fid="near"), "fid"),
        (damage(surprise=1), "surprise"),
        (damage(floor=3), "version 0"),
        (damage(floor={"fid": 1}), "baseline"),
        (damage(memorisation=[]), "memorization"),
        (damage(classes=None), "classes"),
        (damage(classes={"NORMAL": 3}), "version 0"),
        (damage(schema_version=99), "99"),
        (lambda values: [values], "no fields"),
        (lambda values: 7, "no fields"),
    ],
)
def test_damaged_and_foreign_records_are_named(old_values, tmp_path, change, named):
    path = tmp_path / "record.json"
    path.write_text(json.dumps(change(old_values)))
    with refused(named, path=path):
        read_evaluation(path)


@pytest.mark.parametrize("content", [b"", b"\x00" * 9, b"{", b"[" * 5000, b"\xff\xfe{}"])
def test_what_is_no_json_is_named(tmp_path, content):
    path = tmp_path / "record.json"
    path.write_bytes(content)
    with refused(path=path):
        read_evaluation(path)


def test_a_missing_record_is_no_mistake_of_a_user(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_evaluation(tmp_path / "record.json")
