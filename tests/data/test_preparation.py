"""The cache of prepared sets: whole or not there, made once, made again when it must be."""

import os
import random
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from dcgan_jax.data import preparation
from dcgan_jax.data.phantom import draw_phantom
from dcgan_jax.data.prepare import prepare
from dcgan_jax.errors import FileError
from dcgan_jax.storage.cache import CACHE_VARIABLE
from tests.refusals import refused

SPLIT_FILES = (
    "train/NORMAL/IM-0001-0001.png",
    "train/NORMAL/IM-0001-0002.png",
    "train/PNEUMONIA/person7_virus_1.png",
    "test/NORMAL/NORMAL2-IM-0001-0001.png",
    "test/PNEUMONIA/person7_bacteria_1.png",
    "test/PNEUMONIA/person8_bacteria_1.PNG",
)


@pytest.fixture
def xrays(tmp_path, write_xrays):
    return write_xrays(tmp_path / "xrays", *SPLIT_FILES)


def test_it_is_done_once_per_source_and_settings(xrays, settings, own_cache, write_xrays):
    first = prepare(settings(dir=str(xrays)), seed=0).directory
    assert prepare(settings(dir=str(xrays), holdout=0.5, label="PNEUMONIA"), seed=1).directory == first
    assert prepare(settings(dir=str(xrays), resize="nearest"), seed=0).directory != first
    write_xrays(xrays, "train/NORMAL/IM-0009-0001.png")
    changed = prepare(settings(dir=str(xrays)), seed=0)
    assert changed.directory != first
    assert len(changed.examples) == len(SPLIT_FILES) + 1
    assert len([path for path in own_cache.iterdir() if path.is_dir()]) == 3


@pytest.mark.usefixtures("own_cache")
def test_a_rewritten_file_is_noticed(xrays, settings):
    first = prepare(settings(dir=str(xrays)), seed=0).directory
    os.utime(xrays / SPLIT_FILES[0], (0, 0))
    assert prepare(settings(dir=str(xrays)), seed=0).directory != first


def test_a_cache_that_cannot_be_written_is_named(tmp_path, xrays, settings, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "file"))
    with pytest.raises(FileError, match=CACHE_VARIABLE) as caught:
        prepare(settings(dir=str(xrays)), seed=0)
    assert caught.value.path.parent == tmp_path / "file" / "prepared"


def test_a_full_disk_leaves_nothing_behind(xrays, settings, own_cache, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", fail)
    with pytest.raises(FileError, match="No space left on device") as caught:
        prepare(settings(dir=str(xrays)), seed=0)
    assert caught.value.path.parent == own_cache
    assert [path.suffix for path in own_cache.iterdir()] == [".lock"]


def test_phantoms_are_prepared_and_read_without_tensorflow(run_python, forbid_tensorflow, settings):
    code = """
prepared = prepare(settings(source="phantom", phantom_count=4), seed=3)
print(prepared.images(prepared.examples).sum())
"""
    outcomes = [run_python(code, before=forbid_tensorflow).communicate() for _ in range(2)]  # prepares, then reads
    assert outcomes[0][0] == outcomes[1][0], outcomes
    prepared = prepare(settings(source="phantom", phantom_count=4), seed=3)
    assert prepared.report.images["train"] == {"NORMAL": 4, "PNEUMONIA": 4}
    example = next(e for e in prepared.examples if e.file == "train/PNEUMONIA/phantom-00000002.pgm")
    np.testing.assert_array_equal(prepared.images([example])[0, :, :, 0], draw_phantom(64, 3, 2, "PNEUMONIA"))
    assert prepare(settings(source="phantom", phantom_count=4), seed=4).directory != prepared.directory


def test_processes_at_once_prepare_once(run_python, own_cache):
    code = """
print(len(prepare(settings(source="phantom", phantom_count=60), seed=0).examples))
"""
    processes = [run_python(code) for _ in range(2)]
    outcomes = [process.communicate() for process in processes]
    assert [out for out, _ in outcomes] == ["150\n", "150\n"]
    assert sum("preparing: 150 of 150" in messages for _, messages in outcomes) == 1
    assert sum(path.is_dir() for path in own_cache.iterdir()) == 1


def test_a_disk_that_fills_up_while_records_are_written_is_named(xrays, settings, own_cache, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(preparation, "write_records", fail)
    with pytest.raises(FileError, match=CACHE_VARIABLE) as caught:
        prepare(settings(dir=str(xrays)), seed=0)
    assert caught.value.path.parent == own_cache


def test_leftovers_of_another_killed_preparation_are_removed(xrays, settings, own_cache):
    leftover = own_cache / "chest_xray-256-0123456789abcdef.partial-abc"
    under_way = own_cache / "chest_xray-64-0123456789abcdef.partial-abc"
    for folder in (leftover, under_way):
        (folder / "records").mkdir(parents=True)
    with FileLock(own_cache / "chest_xray-64-0123456789abcdef.lock"):
        prepare(settings(dir=str(xrays)), seed=0)
    assert (leftover.exists(), under_way.exists()) == (False, True)


KILL_AT = """
import os, signal, threading
from dcgan_jax.data import decoding
from dcgan_jax.data import preparation as module
from dcgan_jax.storage import atomic_folder
kill = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize(
    "moment",
    [
        "os.pwrite = kill",  # while decoding
        "module.write_examples = kill",  # the records are written, the index is not
        "module.write_files_list = kill",
        "module.Path.rename = kill",  # all is there, half of it in its place
        "atomic_folder._flush_folder = kill",
    ],
)
def test_a_killed_preparation_leaves_nothing_half_made(run_python, own_cache, settings, moment):
    arguments = {"source": "phantom", "phantom_count": 4}
    process = run_python(f"{KILL_AT}\n{moment}\nprepare(settings(**{arguments}), seed=0)")
    _, messages = process.communicate()
    assert process.returncode == -signal.SIGKILL, messages
    assert len(prepare(settings(**arguments), seed=0).examples) == 10
    assert sorted(path.suffix for path in own_cache.iterdir()) == ["", ".lock"]


def test_a_kill_at_a_random_moment_leaves_nothing_half_made(run_python, own_cache, settings):
    arguments = {"source": "phantom", "phantom_count": 40}
    process = run_python(f"prepare(settings(**{arguments}), seed=0)")
    while not own_cache.exists() and process.poll() is None:
        time.sleep(0.01)
    time.sleep(random.uniform(0, 1.5))
    process.kill()
    process.communicate()
    prepared = prepare(settings(**arguments), seed=0)
    assert prepared.images(prepared.examples).shape == (100, 64, 64, 1)
    assert sorted(path.suffix for path in own_cache.iterdir()) == ["", ".lock"]


def refuse_to_read(monkeypatch, *names):
    """Makes the system refuse files, as it does to all but root by their rights."""
    opened = os.open

    def refuse(path, *arguments, **keywords):
        if Path(path).name in names:
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *arguments, **keywords)

    monkeypatch.setattr(os, "open", refuse)


def test_files_that_cannot_be_read_are_left_out_only_until_they_can(xrays, settings, own_cache, monkeypatch):
    data = settings(dir=str(xrays), on_bad_image="skip")
    with monkeypatch.context() as refused:
        refuse_to_read(refused, "IM-0001-0001.png", "person8_bacteria_1.PNG")
        for _ in range(2):  # prepared, and found prepared
            prepared = prepare(data, seed=0)
            assert len(prepared.examples) == len(SPLIT_FILES) - 2
            (warning,) = [warning for warning in prepared.report.warnings if "left out" in warning]
            assert warning.startswith("2 of 6 files are left out by config.data.on_bad_image=skip (2 files, ")
            assert "it can't be read (Permission denied)" in warning
            assert [left_out.unreadable for left_out in prepared.report.left_out] == [True, True]
    assert len(prepare(data, seed=0).examples) == len(SPLIT_FILES)
    assert sum(path.is_dir() for path in own_cache.iterdir()) == 1  # in the place of the other
    monkeypatch.setattr("dcgan_jax.data.prepare.write_set", None)
    assert len(prepare(data, seed=0).examples) == len(SPLIT_FILES)  # and from then on found there


@pytest.mark.usefixtures("own_cache")
def test_files_that_cannot_be_read_stop_what_skips_nothing(xrays, settings, monkeypatch):
    refuse_to_read(monkeypatch, "IM-0001-0001.png")
    with refused("1 of 6 images", "Permission denied"):
        prepare(settings(dir=str(xrays)), seed=0)


@pytest.mark.usefixtures("own_cache")
def test_phantoms_are_drawn_once(settings, monkeypatch):
    drawn = []

    def draw(size, seed, index, label):
        drawn.append((index, label))
        return draw_phantom(size, seed, index, label)

    monkeypatch.setattr("dcgan_jax.data.sources.phantoms.draw_phantom", draw)
    prepared = prepare(settings(source="phantom", phantom_count=4), seed=0)
    assert len(drawn) == len(set(drawn)) == len(prepared.examples) == 10


@pytest.mark.usefixtures("own_cache")
def test_a_set_of_an_older_version_is_prepared_anew(xrays, settings, monkeypatch):
    with monkeypatch.context() as older:
        older.setattr("dcgan_jax.data.prepare.FORMAT_VERSION", 3)
        old = prepare(settings(dir=str(xrays)), seed=0)
    assert prepare(settings(dir=str(xrays)), seed=0).directory != old.directory
