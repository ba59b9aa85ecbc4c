"""A file is there whole or as it was."""

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


def test_an_unchanged_file_is_not_touched(tmp_path):
    path = tmp_path / "file"
    atomic_file.write_text(path, "same")
    before = path.stat().st_ino
    atomic_file.write_text(path, "same")
    assert path.stat().st_ino == before
