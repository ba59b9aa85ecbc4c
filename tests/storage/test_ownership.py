"""A folder of checkpoints belongs to one run."""

import errno
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dcgan_jax.errors import UserError
from dcgan_jax.storage.ownership import is_owned, take_ownership
from tests.refusals import refused


def test_the_first_run_owns_a_folder_and_the_next_is_refused(tmp_path):
    folder = str(tmp_path / "checkpoints")
    for _ in range(2):
        take_ownership(folder, "one", Path("/runs/one"))
    with refused("/runs/one", field="config.checkpoint.dir", value=folder):
        take_ownership(folder, "two", Path("/runs/two"))
    (tmp_path / "checkpoints" / "owner.json").unlink()
    take_ownership(folder, "two", Path("/runs/two"))


def test_of_many_that_start_at_once_one_owns_it(tmp_path):
    def passes(name):
        try:
            take_ownership(str(tmp_path), name, Path("/runs"))
        except UserError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(passes, map(str, range(64))))
    assert results.count(True) == 1


def test_ownership_that_finds_no_room_leaves_nothing(tmp_path, monkeypatch):
    def write_text(self, text):
        self.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", write_text)
        with refused("No space left on device", field="config.checkpoint.dir", value=str(tmp_path)):
            take_ownership(str(tmp_path), "one", tmp_path)
    assert not list(tmp_path.iterdir())
    assert not is_owned(str(tmp_path), "one")
    take_ownership(str(tmp_path), "one", tmp_path)
    assert is_owned(str(tmp_path), "one")
    assert [path.name for path in tmp_path.iterdir()] == ["owner.json"]


def test_a_file_system_without_hard_links_will_do(tmp_path, monkeypatch):
    def link(source, target):
        raise OSError(errno.ENOTSUP, "Operation not supported")

    monkeypatch.setattr(os, "link", link)
    take_ownership(str(tmp_path), "one", tmp_path)
    with refused(tmp_path / "owner.json", field="config.checkpoint.dir", value=str(tmp_path)):
        take_ownership(str(tmp_path), "two", tmp_path)


@pytest.mark.parametrize("damaged", ["", "[]", json.dumps({"run": "one"})])
def test_a_damaged_owner_is_named(tmp_path, damaged):
    (tmp_path / "owner.json").write_text(damaged)
    with refused(path=tmp_path / "owner.json"):
        take_ownership(str(tmp_path), "one", tmp_path)


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with refused("Not a directory", field="config.checkpoint.dir", value=str(tmp_path / "file" / "inside")):
        take_ownership(str(tmp_path / "file" / "inside"), "one", tmp_path)
