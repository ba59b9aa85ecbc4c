"""Which files say that they are synthetic, and manifests that can't be read."""

import io
import os

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from dcgan_jax.data.synthetic_marks import is_marked, list_exported, list_synthetic, read_manifest
from dcgan_jax.runs.labeling import text_chunks
from tests.refusals import refused


def encode(file_format="PNG", **options):
    content = io.BytesIO()
    Image.new("L", (8, 8)).save(content, file_format, **options)
    return content.getvalue()


def test_images_of_this_program_are_marked_and_others_are_not():
    of_others = PngInfo()
    of_others.add_text("Description", "chest X-ray of synthetic phantoms")
    assert is_marked(encode(pnginfo=text_chunks("NORMAL", 10, "0/1")))
    assert not is_marked(encode(pnginfo=of_others))
    assert not is_marked(encode())
    assert not is_marked(encode("JPEG"))
    assert not is_marked(encode()[:20])


def test_a_manifest_that_is_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "manifest.csv")
    with refused(path=tmp_path / "manifest.csv"):
        read_manifest(tmp_path)
    assert list_synthetic(tmp_path) == set()


def test_a_manifest_says_which_files_are_synthetic(tmp_path):
    (tmp_path / "manifest.csv").write_text("file,synthetic\na.png,synthetic\nb.png,real\n")
    assert list_synthetic(tmp_path) == {"a.png"}
    assert list_exported(tmp_path) == {"a.png", "b.png"}


def test_another_programs_manifest_is_that_of_no_export(tmp_path):
    (tmp_path / "manifest.csv").write_text("file,synthetic\na.png,real\n")
    assert list_exported(tmp_path) == set()


@pytest.mark.parametrize("content", ["path,label\na.png,1\n", "file,synthetic\na.png,yes\n", "a\nb,c\n", "\xe9"])
def test_the_manifest_of_another_program_calls_none_so(tmp_path, content):
    (tmp_path / "manifest.csv").write_text(content, encoding="latin-1")
    assert list_synthetic(tmp_path) == set()


def test_no_manifest_is_not_an_empty_one(tmp_path):
    assert read_manifest(tmp_path) is None
    (tmp_path / "manifest.csv").write_text("file,class\n")
    assert read_manifest(tmp_path) == []


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"file,class\nb\xfcrger.png,NORMAL\n", "UTF-8"),
        (b"file,class\na.png,NORMAL\nb.png\n", "row 3"),
        (b"file,class\na.png,NORMAL,,\n", "row 2"),
    ],
)
def test_a_damaged_manifest_is_named(tmp_path, content, named):
    (tmp_path / "manifest.csv").write_bytes(content)
    with refused(named, path=tmp_path / "manifest.csv"):
        read_manifest(tmp_path)
