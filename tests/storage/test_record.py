import json

import pytest

from dcgan_jax.storage.record import Record
from tests.refusals import refused


class Reading(Record):
    VERSION = 2

    patient: str
    value: float | None

    @classmethod
    def upgrade(cls, values, version):
        if version == 0:
            return {"patient": values["subject"], "value": values["value"]}
        return values


def test_what_is_written_is_read_again(tmp_path):
    Reading(patient="p1", value=0.5).write(tmp_path / "a.json")
    assert json.loads((tmp_path / "a.json").read_text()) == {"schema_version": 2, "patient": "p1", "value": 0.5}
    assert Reading.read(tmp_path / "a.json") == Reading(patient="p1", value=0.5)


def test_a_file_of_before_versions_were_counted(tmp_path):
    (tmp_path / "a.json").write_text('{"subject": "p1", "value": 2}')
    assert Reading.read(tmp_path / "a.json") == Reading(patient="p1", value=2.0)


def test_numbers_that_are_not_finite_are_null(tmp_path):
    Reading(patient="p1", value=float("nan")).write(tmp_path / "a.json")
    assert Reading.read(tmp_path / "a.json").value is None


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{",
        "\x00" * 9,
        "[" * 100_000,
        '{"schema_version": 3, "patient": "p1", "value": 1}',
        '{"schema_version": "two", "patient": "p1", "value": 1}',
        '{"schema_version": 2, "patient": "p1", "value": "high"}',
        '{"schema_version": 2, "patient": "p1", "value": 1, "vlaue": 2}',
        '{"schema_version": 2, "patient": "p1"}',
    ],
)
def test_a_damaged_file_is_named_with_the_remedy(tmp_path, content):
    path = tmp_path / "a.json"
    path.write_text(content)
    with refused("mend it", path=path):
        Reading.read(path, remedy="mend it")


def test_a_folder_in_its_place(tmp_path):
    with refused("Is a directory", path=tmp_path):
        Reading.read(tmp_path)


def test_a_missing_file_is_the_callers_to_explain(tmp_path):
    with pytest.raises(FileNotFoundError):
        Reading.read(tmp_path / "none.json")
