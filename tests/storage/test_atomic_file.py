"""A file is there whole or as it was."""

import errno
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dcgan_jax.storage import atomic_file


def test_text_is_written_and_replaced(tmp_path):
    path = tmp_path / "file"
    for text in ("one", "two\n", "name \udcff of bytes"):
        atomic_file.write_text(path, text)
        assert path.read_text(errors="surrogateescape") == text
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


def test_a_failed_write_leaves_the_file_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / "file"
    atomic_file.write_text(path, "before")

    def fail(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic_file.os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        atomic_file.write_text(path, "after")
    assert path.read_text() == "before"
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


def test_a_full_disk_is_named_with_the_file(tmp_path):
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full, which only Linux has")
    (tmp_path / ".file.part").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left") as caught:
        atomic_file.write_text(tmp_path / "file", "text")
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, str(tmp_path / "file"))
    assert not list(tmp_path.iterdir())


def test_an_interrupted_block_leaves_nothing_and_keeps_its_own_error(tmp_path):
    with pytest.raises(FileNotFoundError) as caught, atomic_file.replacing(tmp_path / "file"):
        (tmp_path / "source").read_bytes()
    assert caught.value.filename == str(tmp_path / "source")
    with pytest.raises(KeyboardInterrupt), atomic_file.replacing(tmp_path / "file"):
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


def test_debris_of_a_killed_process_is_known_and_overwritten(tmp_path):
    (tmp_path / ".file.part").write_text("half of a much longer text")
    assert [atomic_file.is_partial(name) for name in (".file.part", "file", ".file", "file.part")] == [True] + [
        False
    ] * 3
    atomic_file.write_text(tmp_path / "file", "whole")
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("file", "whole")]


def test_of_many_that_write_at_once_each_writes_a_whole_file(tmp_path):
    texts = [str(number) * 50_000 for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(atomic_file.write_text, tmp_path / "file", text) for text in texts * 3]:
            done.result()
    assert (tmp_path / "file").read_text() in texts
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


def test_the_longest_name_that_a_file_system_takes_will_do(tmp_path):
    name = "ü" * 127
    atomic_file.write_text(tmp_path / name, "text")
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_an_unchanged_file_is_not_touched(tmp_path):
    path = tmp_path / "file"
    atomic_file.write_text(path, "same")
    before = path.stat().st_ino
    atomic_file.write_text(path, "same")
    assert path.stat().st_ino == before
