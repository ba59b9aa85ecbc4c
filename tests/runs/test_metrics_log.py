"""The log of a resumed run is the log of one that was never interrupted."""

import errno
import json
import time

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboardX.record_writer import RecordWriter

from dcgan_jax.runs.metrics_log import RunLog, read_rows


def rows(steps):
    return [{"step": step, "generator_loss": step / 4} for step in steps]


def test_rows_after_the_checkpoint_are_written_anew(tmp_path):
    metrics, events = tmp_path / "metrics.jsonl", tmp_path / "events"
    with RunLog(metrics, events, step=0) as log:
        log.write(rows(range(1, 6)))
    with metrics.open("a") as file:
        file.write('{"step": 6, "gener')  # cut off by a crash
    with RunLog(metrics, events, step=3) as log:
        log.write(rows([4]))
        log.write(rows([5, 6]))
    assert list(read_rows(metrics)) == rows(range(1, 7))
    assert all(json.loads(line) for line in metrics.read_text().splitlines())


def test_tensorboard_reads_what_was_logged(tmp_path):
    with RunLog(tmp_path / "metrics.jsonl", tmp_path / "events", step=0) as log:
        log.write(rows([1]))
        log.write(rows([2, 3]))
    events = EventAccumulator(str(tmp_path / "events"))
    events.Reload()
    assert [(event.step, event.value) for event in events.Scalars("generator_loss")] == [(1, 0.25), (3, 0.75)]


def test_tensorboard_does_not_show_what_was_done_again(tmp_path, monkeypatch):
    for start, step, logged in ((1_000.0, 0, (1, 5)), (2_000.0, 3, (4,))):
        monkeypatch.setattr(time, "time", lambda now=start: now)  # their files are named by the second
        with RunLog(tmp_path / "metrics.jsonl", tmp_path / "events", step) as log:
            for number in logged:
                log.write(rows([number]))
    events = EventAccumulator(str(tmp_path / "events"))
    events.Reload()
    assert [event.step for event in events.Scalars("generator_loss")] == [1, 4]


def test_a_disk_without_room_for_events_ends_the_run(tmp_path, monkeypatch):
    """And does not leave it waiting."""

    def write(self, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    with RunLog(tmp_path / "metrics.jsonl", tmp_path / "events", step=0) as log:
        monkeypatch.setattr(RecordWriter, "write", write)
        with pytest.raises(OSError, match="No space left"):
            log.write(rows([1]))
