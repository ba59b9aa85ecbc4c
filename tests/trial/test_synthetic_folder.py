"""Folders of synthetic images, in either layout."""

import hashlib

import numpy as np
import pytest
from PIL import Image

from dcgan_jax.errors import UserError
from dcgan_jax.trial.synthetic_folder import SyntheticFolder
from tests.trial.examples import example


@pytest.fixture
def data(tiny_settings):
    return tiny_settings.data


@pytest.fixture
def by_class(tmp_path):
    for index in range(6):
        path = tmp_path / "NORMAL" / f"{index}.png"
        path.parent.mkdir(exist_ok=True)
        Image.new("L", (64, 64), 10 * index).save(path)
    return tmp_path


def levels(images):
    return sorted(images[:, 0, 0, 0].tolist())


def test_a_folder_for_each_class(by_class, data):
    source = SyntheticFolder(str(by_class), data, [])
    assert source.classes() == ["NORMAL"]
    images = source.draw("NORMAL", 1.0, 0, 6)
    assert images.shape == (6, 64, 64, 1)
    assert levels(images) == [0, 10, 20, 30, 40, 50]


def test_fewer_images_are_the_first_of_more_and_another_seed_draws_others(by_class, data):
    source = SyntheticFolder(str(by_class), data, [])
    many = source.draw("NORMAL", 1.0, 0, 5)
    np.testing.assert_array_equal(source.draw("NORMAL", 0.1, 0, 2), many[:2])
    assert not np.array_equal(source.draw("NORMAL", 1.0, 1, 5), many)


def test_a_manifest_says_which_is_which(by_class, data):
    (by_class / "manifest.csv").write_text(
        "file,class,synthetic\nNORMAL/1.png,A,synthetic\nNORMAL/2.png,A,real\nNORMAL/3.png,B,synthetic\n"
    )
    source = SyntheticFolder(str(by_class), data, [])
    assert source.classes() == ["A", "B"]
    assert levels(source.draw("A", 1.0, 0, 1)) == [10]


def test_another_content_is_another_trial(by_class, data):
    before = SyntheticFolder(str(by_class), data, []).description
    Image.new("L", (64, 64), 99).save(by_class / "NORMAL" / "0.png")
    assert SyntheticFolder(str(by_class), data, []).description != before


def refusals(by_class, data, tested=(), count=6):
    with pytest.raises(UserError) as refusal:
        SyntheticFolder(str(by_class), data, tested).draw("NORMAL", 1.0, 0, count)
    return str(refusal.value)


def test_too_few_images(by_class, data):
    assert "has 6 images of NORMAL, and 7 are needed: give more" in refusals(by_class, data, count=7)


def test_images_that_are_too_small(by_class, data):
    Image.new("L", (32, 64)).save(by_class / "NORMAL" / "0.png")
    assert "has 32 x 64 pixels, and the trial compares images of 64" in refusals(by_class, data)


def test_a_test_image_among_them(by_class, data):
    sha256 = hashlib.sha256(np.full((64, 64), 20, np.uint8).tobytes()).hexdigest()
    tested = [example("NORMAL/p/a.png", "test", sha256=sha256)]
    assert "2.png is the validation or test image NORMAL/p/a.png" in refusals(by_class, data, tested)


def test_a_file_that_the_manifest_lists_and_that_is_not_there(by_class, data):
    (by_class / "manifest.csv").write_text("file,class\nNORMAL/9.png,NORMAL\n")
    assert "9.png can't be read (No such file or directory)" in refusals(by_class, data, count=1)


def test_a_manifest_without_classes(by_class, data):
    (by_class / "manifest.csv").write_text("name\na\n")
    assert "has no columns file and class" in refusals(by_class, data)


@pytest.mark.parametrize("name", ["../secret.png", "/etc/passwd", "NORMAL/../../secret.png", "a\0.png"])
def test_a_manifest_names_nothing_outside_its_folder(by_class, data, name):
    (by_class / "manifest.csv").write_bytes(f"file,class\n{name},NORMAL\n".encode())
    assert "which is not in that folder: remove that row" in refusals(by_class, data)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"file,class\nB\xfcrger/1.png,NORMAL\n", "is not UTF-8"),
        (b"file,class\nNORMAL/1.png\n", "row 2 has more or"),
    ],
)
def test_a_manifest_that_is_damaged(by_class, data, content, said):
    (by_class / "manifest.csv").write_bytes(content)
    assert said in refusals(by_class, data)


def test_an_empty_manifest_lists_no_images(by_class, data):
    (by_class / "manifest.csv").write_text("file,class\n")
    assert "has no images" in refusals(by_class, data)


def test_no_folder_and_no_images(tmp_path, data):
    assert "is no folder" in refusals(tmp_path / "missing", data)
    assert "has no images: it must hold class/images" in refusals(tmp_path, data)
