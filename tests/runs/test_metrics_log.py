"""The log of a resumed run is the log of one that was never interrupted."""

import errno
import io
import json
import shutil
import time

import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboardX.record_writer import RecordWriter

from dcgan_jax.errors import RetryLater
from dcgan_jax.runs.metrics_log import RunLog, read_rows
from dcgan_jax.runtime import retrying
from tests.refusals import refused


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
    assert [(event.step, event.value) for event in events.Scalars("loss/generator")] == [(1, 0.25), (3, 0.75)]


def test_tensorboard_groups_numbers_and_shows_grids_and_texts(tmp_path):
    grid = np.arange(64, dtype=np.uint8).reshape(8, 8, 1)
    with RunLog(tmp_path / "metrics.jsonl", tmp_path / "events", step=0) as log:
        log.show_text(1, "settings", "| seed | 0 |")
        log.write([{"step": 1, "discriminator_accuracy_real": 0.5, "epoch": 0}])
        log.show_grid(1, grid)
        log.write([{"step": 1, "fid/NORMAL": 2.0}], "scores")
    events = EventAccumulator(str(tmp_path / "events"))
    events.Reload()
    assert sorted(events.Tags()["scalars"]) == ["accuracy/discriminator_real", "scores/fid/NORMAL", "training/epoch"]
    (shown,) = events.Images("samples")
    gray = Image.open(io.BytesIO(shown.encoded_image_string)).convert("L")
    np.testing.assert_array_equal(gray, grid[..., 0])
    (told,) = events.Tensors("settings/text_summary")
    assert told.tensor_proto.string_val[0] == b"| seed | 0 |"
    assert len(list(read_rows(tmp_path / "metrics.jsonl"))) == 2  # they hold numbers alone


def test_tensorboard_does_not_show_what_was_done_again(tmp_path, monkeypatch):
    for start, step, logged in ((1_000.0, 0, (1, 5)), (2_000.0, 3, (4,))):
        monkeypatch.setattr(time, "time", lambda now=start: now)  # their files are named by the second
        with RunLog(tmp_path / "metrics.jsonl", tmp_path / "events", step) as log:
            for number in logged:
                log.write(rows([number]))
    events = EventAccumulator(str(tmp_path / "events"))
    events.Reload()
    assert [event.step for event in events.Scalars("loss/generator")] == [1, 4]


@pytest.mark.parametrize("tail", [b"\0" * 300, b"\0" * 300 + b"\n", b'{"step": 3, "gen' + b"\0" * 40, b'{"step": 3'])
def test_the_end_that_a_power_loss_left_is_cut(tmp_path, tail):
    metrics = tmp_path / "metrics.jsonl"
    metrics.write_bytes(b"".join(json.dumps(row).encode() + b"\n" for row in rows([1, 2])) + tail)
    assert list(read_rows(metrics)) == rows([1, 2])


def test_an_empty_line_hides_none_of_the_rows_behind_it(tmp_path):
    metrics = tmp_path / "metrics.jsonl"
    metrics.write_text("\n\n".join(json.dumps(row) for row in rows([1, 2])) + "\n")
    assert list(read_rows(metrics)) == rows([1, 2])


@pytest.mark.parametrize("line", ["[1]", '{"step": "3"}', '{"loss": 1.0}', "7", '{"step": 3, "gen\0\0'])
def test_a_damaged_line_before_the_end_is_named(tmp_path, line):
    metrics = tmp_path / "metrics.jsonl"
    metrics.write_text(json.dumps(rows([1])[0]) + f"\n{line}\n" + json.dumps(rows([4])[0]) + "\n")
    with refused("line 2", path=metrics):
        list(read_rows(metrics))


def test_a_workdir_that_comes_back_has_every_row_once(tmp_path, monkeypatch):
    """Also where the system took a write only in part."""
    run, away = tmp_path / "run", tmp_path / "away"
    run.mkdir()

    def come_back(seconds):
        if away.exists():
            with (away / "metrics.jsonl").open("a") as file:
                file.write('{"step": 2, "gen')
            away.rename(run)

    monkeypatch.setattr(retrying.time, "sleep", come_back)
    with RunLog(run / "metrics.jsonl", run / "events", step=0) as log:
        log.write(rows([1]))
        run.rename(away)
        log._file.close()  # as a stale handle
        log.write(rows([2]))
    assert list(read_rows(run / "metrics.jsonl")) == rows([1, 2])


def test_a_workdir_that_was_removed_ends_the_run_so_that_it_is_started_again(tmp_path, monkeypatch):
    monkeypatch.setattr(retrying, "SECONDS", 0.0)
    monkeypatch.setattr(retrying, "_PAUSE_SECONDS", 0.0)
    (tmp_path / "run").mkdir()
    with RunLog(tmp_path / "run" / "metrics.jsonl", tmp_path / "run" / "events", step=0) as log:
        log.write(rows([1]))
        shutil.rmtree(tmp_path / "run")  # the open file would still take what is written
        with pytest.raises(RetryLater, match=r"metrics.jsonl does not answer"):
            log.write(rows([2]))


def test_a_disk_without_room_for_events_ends_the_run(tmp_path, monkeypatch):
    """And does not leave it waiting."""

    def write(self, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    with RunLog(tmp_path / "metrics.jsonl", tmp_path / "events", step=0) as log:
        monkeypatch.setattr(RecordWriter, "write", write)
        with pytest.raises(OSError, match="No space left"):
            log.write(rows([1]))
