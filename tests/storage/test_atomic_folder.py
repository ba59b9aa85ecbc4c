"""A folder takes its name whole or not at all."""

from pathlib import Path

import pytest

from dcgan_jax.storage.atomic_folder import remove_leftovers, replacing


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_appears_at_the_end_of_the_block(tmp_path):
    with replacing(tmp_path / "set", mode=0o700) as partial:
        (partial / "inner").mkdir()
        (partial / "inner" / "file").write_text("new")
        assert not (tmp_path / "set").exists()
    assert names(tmp_path) == ["set"]
    assert (tmp_path / "set" / "inner" / "file").read_text() == "new"
    assert (tmp_path / "set").stat().st_mode & 0o777 == 0o700


def test_it_replaces_one_that_is_there_with_all_that_it_holds(tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "old").touch()
    with replacing(tmp_path / "set") as partial:
        (partial / "new").touch()
    assert names(tmp_path) == ["set"]
    assert names(tmp_path / "set") == ["new"]


def test_a_block_that_fails_leaves_what_was_there(tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "old").touch()

    def fill_until_the_disk_is_full():
        with replacing(tmp_path / "set") as partial:
            (partial / "new").touch()
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        fill_until_the_disk_is_full()
    assert names(tmp_path) == ["set"]
    assert names(tmp_path / "set") == ["old"]


def test_a_rename_that_fails_brings_back_what_was_there(tmp_path, monkeypatch):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "old").touch()
    rename = Path.rename

    def rename_old_ones(self, target):
        if ".partial-" in self.name and not self.name.endswith("-replaced"):
            raise OSError("not renamed")
        return rename(self, target)

    def fill():
        with replacing(tmp_path / "set") as partial:
            (partial / "new").touch()

    monkeypatch.setattr(Path, "rename", rename_old_ones)
    with pytest.raises(OSError, match="not renamed"):
        fill()
    assert names(tmp_path) == ["set"]
    assert names(tmp_path / "set") == ["old"]


def test_what_a_killed_process_left_is_removed_and_nothing_else(tmp_path):
    for name in ("set", "set.partial-0a", "set.partial-0a-replaced", "settings", "other.partial-0a"):
        (tmp_path / name).mkdir()
    remove_leftovers(tmp_path / "set")
    assert names(tmp_path) == ["other.partial-0a", "set", "settings"]
