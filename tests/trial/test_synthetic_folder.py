"""Folders of synthetic images, in either layout."""

import hashlib

import numpy as np
import pytest
from PIL import Image

from dcgan_jax.data.intensity import group_depths, measure_depth
from dcgan_jax.data.reading.stored_image import SampleType, StoredImage
from dcgan_jax.trial.synthetic_folder import SyntheticFolder
from tests.dicom_files import make_dicom, make_values
from tests.refusals import refused
from tests.trial.examples import example

FIELD = "config.trial.synthetic_dir"


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
    source = SyntheticFolder(str(by_class), data, [], [])
    assert source.classes() == ["NORMAL"]
    images = source.draw("NORMAL", 1.0, 0, 6)
    assert images.shape == (6, 64, 64, 1)
    assert levels(images) == [0, 10, 20, 30, 40, 50]


def test_fewer_images_are_the_first_of_more_and_another_seed_draws_others(by_class, data):
    source = SyntheticFolder(str(by_class), data, [], [])
    many = source.draw("NORMAL", 1.0, 0, 5)
    np.testing.assert_array_equal(source.draw("NORMAL", 0.1, 0, 2), many[:2])
    assert not np.array_equal(source.draw("NORMAL", 1.0, 1, 5), many)


def test_a_manifest_says_which_is_which(by_class, data):
    (by_class / "manifest.csv").write_text(
        "file,class,synthetic\nNORMAL/1.png,A,synthetic\nNORMAL/2.png,A,real\nNORMAL/3.png,B,synthetic\n"
    )
    source = SyntheticFolder(str(by_class), data, [], [])
    assert source.classes() == ["A", "B"]
    assert levels(source.draw("A", 1.0, 0, 1)) == [10]


def test_another_content_is_another_trial(by_class, data):
    before = SyntheticFolder(str(by_class), data, [], []).description
    Image.new("L", (64, 64), 99).save(by_class / "NORMAL" / "0.png")
    assert SyntheticFolder(str(by_class), data, [], []).description != before


def write_deep(folder, *grays):
    """12 bits in files of 16, each with values from 0 to its gray."""
    for index, gray in enumerate(grays):
        values = np.linspace(0, gray, 64 * 64).reshape(64, 64).round().astype(np.uint16)
        Image.fromarray(values[::-1]).save(folder / "NORMAL" / f"{index}.png")


def find_groups(count):
    """The ranges of real images of 16 bits with the values below a count."""
    return group_depths([measure_depth(StoredImage(np.arange(count).reshape(1, -1), SampleType("unsigned", 16)))])


def draw_brightest(folder, data, depth_groups=()):
    return sorted(
        SyntheticFolder(str(folder), data, [], depth_groups).draw("NORMAL", 1.0, 0, 6).max((1, 2, 3)).tolist()
    )


def test_deep_files_are_shown_by_the_range_of_real_ones_of_their_kind_else_of_their_own(by_class, data):
    write_deep(by_class, 2048, 4000)
    real = find_groups(4081)
    assert draw_brightest(by_class, data, real) == [20, 30, 40, 50, 128, 250]  # 255 / 4080 = 1 / 16
    for elsewhere in ([], find_groups(60_000)):
        assert draw_brightest(by_class, data, elsewhere) == [20, 30, 40, 50, 131, 255]  # 255 * 2048 / 4000 = 130.6
    alone = data.model_copy(update={"intensity": "image"})
    assert draw_brightest(by_class, alone) == [20, 30, 40, 50, 255, 255]
    ends = data.model_copy(update={"intensity": "container"})
    assert draw_brightest(by_class, ends) == [8, 16, 20, 30, 40, 50]  # 255 / 65535 = 1 / 257


def test_admitted_files_are_drawn_and_others_refused(tmp_path, tiny_settings):
    file = tmp_path / "NORMAL" / "a.dcm"
    file.parent.mkdir()
    file.write_bytes(make_dicom(make_values(shape=(64, 64)), PresentationIntentType="FOR PROCESSING"))
    admitting = tiny_settings.with_overrides({"data.admit": ("for_processing",)}).data
    assert SyntheticFolder(str(tmp_path), admitting, [], []).draw("NORMAL", 1.0, 0, 1).shape == (1, 64, 64, 1)
    with refused("FOR PROCESSING", path=file):
        SyntheticFolder(str(tmp_path), tiny_settings.data, [], []).draw("NORMAL", 1.0, 0, 1)


def draw(by_class, data, tested=(), count=6):
    SyntheticFolder(str(by_class), data, tested, []).draw("NORMAL", 1.0, 0, count)


def test_too_few_images(by_class, data):
    with refused("6 images of NORMAL", "7", field=FIELD, value=by_class):
        draw(by_class, data, count=7)


def test_images_that_are_too_small(by_class, data):
    Image.new("L", (32, 64)).save(by_class / "NORMAL" / "0.png")
    with refused("32 x 64 pixels", "64", path=by_class / "NORMAL" / "0.png"):
        draw(by_class, data)


def test_a_test_image_among_them(by_class, data):
    sha256 = hashlib.sha256(np.full((64, 64), 20, np.uint8).tobytes()).hexdigest()
    tested = [example("NORMAL/p/a.png", "test", sha256=sha256)]
    with refused("NORMAL/p/a.png", path=by_class / "NORMAL" / "2.png"):
        draw(by_class, data, tested)


def test_a_file_that_the_manifest_lists_and_that_is_not_there(by_class, data):
    (by_class / "manifest.csv").write_text("file,class\nNORMAL/9.png,NORMAL\n")
    with refused("No such file or directory", path=by_class / "NORMAL" / "9.png"):
        draw(by_class, data, count=1)


def test_a_manifest_without_classes(by_class, data):
    (by_class / "manifest.csv").write_text("name\na\n")
    with refused("file and class", path=by_class / "manifest.csv"):
        draw(by_class, data)


@pytest.mark.parametrize("name", ["../secret.png", "/etc/passwd", "NORMAL/../../secret.png", "a\0.png"])
def test_a_manifest_names_nothing_outside_its_folder(by_class, data, name):
    (by_class / "manifest.csv").write_bytes(f"file,class\n{name},NORMAL\n".encode())
    with refused(repr(name), path=by_class / "manifest.csv"):
        draw(by_class, data)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"file,class\nB\xfcrger/1.png,NORMAL\n", "UTF-8"),
        (b"file,class\nNORMAL/1.png\n", "row 2"),
    ],
)
def test_a_manifest_that_is_damaged(by_class, data, content, named):
    (by_class / "manifest.csv").write_bytes(content)
    with refused(named, path=by_class / "manifest.csv"):
        draw(by_class, data)


def test_an_empty_manifest_lists_no_images(by_class, data):
    (by_class / "manifest.csv").write_text("file,class\n")
    with refused(field=FIELD, value=by_class):
        draw(by_class, data)


def test_no_folder_and_no_images(tmp_path, data):
    for folder in (tmp_path / "missing", tmp_path):
        with refused(field=FIELD, value=folder):
            draw(folder, data)
