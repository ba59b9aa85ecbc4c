"""Scores beside checkpoints, on a disk and in an object store."""

import pytest
from etils import epath

from dcgan_jax.training.score_table import ScoreTable


@pytest.fixture
def bucket(monkeypatch):
    """An object store that holds what is written to it; epath's own needs a network."""
    held = {}
    paths = type(epath.Path("gs://bucket"))
    monkeypatch.setattr(paths, "exists", lambda path: str(path) in held)
    monkeypatch.setattr(paths, "read_bytes", lambda path: held[str(path)])
    monkeypatch.setattr(paths, "write_text", lambda path, text: held.update({str(path): text.encode()}))
    return epath.Path("gs://bucket/run/checkpoints")


def record_two(directory):
    table = ScoreTable(directory)
    table.protocol = "a"
    table.record(10, {"fid": 2.0})
    table.record(20, {"fid": 1.0})


def test_scores_in_an_object_store_are_there_when_a_run_comes_back(bucket):
    record_two(bucket)
    again = ScoreTable(bucket)
    assert again.scores(10) == {"fid": 2.0, "protocol": "a"}
    assert again.best_of([10, 20]) == 20


def test_scores_on_a_disk_are_too(tmp_path):
    record_two(epath.Path(tmp_path))
    assert ScoreTable(epath.Path(tmp_path)).best_of([10, 20]) == 20


def test_scores_of_another_protocol_do_not_compare(tmp_path):
    record_two(epath.Path(tmp_path))
    table = ScoreTable(epath.Path(tmp_path))
    table.protocol = "b"
    assert table.best_of([10, 20]) is None
    table.record(30, {"fid": 5.0})
    assert table.best_of([10, 20, 30]) == 30
