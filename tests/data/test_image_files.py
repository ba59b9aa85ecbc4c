"""Which files of a folder are images: by content where the name says nothing, and none lost in silence."""

import io
import os
import threading

import numpy as np
import pytest
from PIL import Image

from dcgan_jax.data.image_files import find_images
from dcgan_jax.data.images import MAX_FILE_BYTES, read_file
from dcgan_jax.data.reading.stored_image import BadImageError, UnreadableFileError
from tests.refusals import refused

GRAY = Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8))


def write(folder, name, file_format):
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    content = io.BytesIO()
    GRAY.save(content, file_format)
    (folder / name).write_bytes(content.getvalue())


def test_images_are_found_whatever_they_are_called(tmp_path):
    names = {
        "a.jfif": "JPEG",
        "b.jp2": "JPEG2000",
        "c.gif": "GIF",
        "d": "PNG",
        "e.dcm": "JPEG",
        "f.1234": "TIFF",
        "g.JPE": "JPEG",
        "h.PGM": "PPM",
    }
    for name, file_format in names.items():
        write(tmp_path, name, file_format)
    found = find_images(tmp_path)
    assert found.images == sorted(names)
    assert not found.passed_over


def test_other_files_are_counted_by_suffix_and_texts_are_not(tmp_path):
    contents = {"1.npz": b"PK", "2.NPZ": b"PK", "3.jxl": b"\xff\x0a"}
    contents["DICOMDIR"] = bytes(128) + b"DICM" + b"1.2.840.10008.1.3.10"
    contents |= {"labels.csv": b"a,b", "notes.txt": b"x", "README.md": b"x"}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    found = find_images(tmp_path)
    assert found.images == []
    assert found.passed_over == {".npz": 2, ".jxl": 1, "no suffix": 1}


def test_a_link_to_a_folder_above_and_one_to_itself_end(tmp_path):
    write(tmp_path, "a/b/1.png", "PNG")
    (tmp_path / "a" / "b" / "up").symlink_to(tmp_path)
    (tmp_path / "self").symlink_to(tmp_path / "self")
    (tmp_path / "self.png").symlink_to(tmp_path / "self.png")
    found = find_images(tmp_path)
    assert found.images == ["a/b/1.png", "self.png"]
    assert found.has_links


def test_folders_that_link_to_each_other_end(tmp_path):
    for number in range(6):
        write(tmp_path, f"{number}/{number}.png", "PNG")
        for other in range(6):
            (tmp_path / str(number) / f"to{other}").symlink_to(tmp_path / str(other))
    found = find_images(tmp_path)
    assert {f"{number}/{number}.png" for number in range(6)} <= set(found.images)
    assert len(found.images) < 200


def test_a_folder_reached_by_a_link_is_found_under_both_names_whatever_the_order(tmp_path):
    for store in ("a_store", "z_store"):
        write(tmp_path / store, f"{store}/x/1.png", "PNG")
        (tmp_path / store / "NORMAL").symlink_to(tmp_path / store / store / "x")
        assert find_images(tmp_path / store).images == sorted(["NORMAL/1.png", f"{store}/x/1.png"])


def test_a_folder_that_may_not_be_read_is_named(tmp_path, monkeypatch):
    write(tmp_path, "a/1.png", "PNG")
    write(tmp_path, "b/1.png", "PNG")
    scandir = os.scandir

    def refuse(path):  # as the system does to all but root
        if os.fspath(path).endswith("/b"):
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with refused("Permission denied", path=tmp_path / "b"):
        find_images(tmp_path)


def test_a_named_pipe_is_a_bad_image_and_keeps_nobody_waiting(tmp_path):
    os.mkfifo(tmp_path / "a.jpg")
    os.mkfifo(tmp_path / "b")
    assert find_images(tmp_path).images == ["a.jpg"]
    errors = []

    def read():
        try:
            read_file(tmp_path / "a.jpg")
        except BadImageError as error:
            errors.append(error.reason)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    thread.join(10)
    assert errors == ["it is no regular file"]


@pytest.mark.parametrize("target", ["gone", "itself"])
def test_a_link_that_leads_nowhere_is_bad_for_good(tmp_path, target):
    (tmp_path / "itself").symlink_to(tmp_path / target)
    with pytest.raises(BadImageError, match="it can't be read") as caught:
        read_file(tmp_path / "itself")
    assert not isinstance(caught.value, UnreadableFileError)


@pytest.mark.parametrize(("number", "text"), [(13, "Permission denied"), (5, "Input/output error")])
def test_a_file_that_the_system_does_not_give_may_be_good_later(tmp_path, monkeypatch, number, text):
    def fail(*_):
        raise OSError(number, text)

    monkeypatch.setattr(os, "open", fail)
    with pytest.raises(UnreadableFileError, match=text):
        read_file(tmp_path / "a.png")


def test_a_file_of_absurd_length_is_not_read(tmp_path):
    with (tmp_path / "a.png").open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    with pytest.raises(BadImageError, match="536,870,913 bytes long"):
        read_file(tmp_path / "a.png")
