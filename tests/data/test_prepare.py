import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dcgan_jax.data.phantom import draw_phantom
from dcgan_jax.data.prepare import prepare
from dcgan_jax.data.selection import select_training
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


@pytest.mark.usefixtures("own_cache")
def test_a_folder_with_splits_becomes_records_with_its_report(xrays, settings):
    prepared = prepare(settings(dir=str(xrays)), seed=0)
    assert [example.file for example in prepared.examples] == sorted(SPLIT_FILES)
    assert prepared.report.images == {"test": {"NORMAL": 1, "PNEUMONIA": 2}, "train": {"NORMAL": 2, "PNEUMONIA": 1}}
    assert prepared.report.patients.published.in_several_splits == 0
    assert prepared.report.patients.conservative.model_dump() == {
        "counts": {"test": {"NORMAL": 1, "PNEUMONIA": 2}, "train": {"NORMAL": 1, "PNEUMONIA": 1}},
        "in_several_splits": 2,
        "images_of_those": {"test": 2, "train": 3},
        "in_several_classes": 0,
    }
    text = (prepared.directory / "report.md").read_text()
    assert "| train | NORMAL | 2 | 1 | 1 |" in text
    assert "by the conservative reading of the file names 2 patients are in several splits" in text


@pytest.mark.usefixtures("own_cache")
def test_pixels_are_those_of_the_file_resized(tmp_path, gray_file, settings):
    pixels = np.repeat(np.arange(0, 256, 4, dtype=np.uint8)[None], 64, axis=0)
    gray_file(tmp_path / "xrays" / "train" / "NORMAL" / "a.png", pixels)
    prepared = prepare(settings(dir=str(tmp_path / "xrays")), seed=0)
    np.testing.assert_array_equal(prepared.images(prepared.examples)[0, :, :, 0], pixels)
    assert (prepared.examples[0].width, prepared.examples[0].height) == (64, 64)


@pytest.mark.usefixtures("own_cache")
def test_file_names_without_a_patient_are_counted(tmp_path, write_xrays, settings):
    folder = write_xrays(
        tmp_path / "xrays", "train/NORMAL/IM-0001-0001.png", "train/NORMAL/a.png", "train/NORMAL/b.png"
    )
    prepared = prepare(settings(dir=str(folder)), seed=0)
    assert prepared.report.files_without_patient == 2
    warning, *_ = prepared.report.warnings
    assert warning.startswith("no patient is known from the names of 2 of 3 files")
    assert "NORMAL/patient01/a.png" in warning
    assert warning in (prepared.directory / "report.md").read_text()


@pytest.mark.usefixtures("own_cache")
def test_a_folder_per_patient_is_held_out_as_one(tmp_path, write_xrays, settings):
    files = [f"NORMAL/patient{number:02}/view{view}.png" for number in range(20) for view in (1, 2, 3)]
    data = settings(dir=str(write_xrays(tmp_path / "xrays", *files)), holdout=0.25)
    prepared = prepare(data, seed=0)
    assert prepared.report.images == {"test": {"NORMAL": 12}, "train": {"NORMAL": 48}}
    assert prepared.report.patients.conservative.counts == {"test": {"NORMAL": 4}, "train": {"NORMAL": 16}}
    assert (prepared.report.files_without_patient, prepared.report.warnings) == (0, ())
    train, held_out = select_training(prepared, data, seed=0)
    assert (len(train), len(held_out)) == (36, 12)
    assert not {example.patient for example in train} & {example.patient for example in held_out}


@pytest.mark.usefixtures("own_cache")
def test_phantoms_need_no_warning(settings):
    assert prepare(settings(source="phantom", phantom_count=5), seed=0).report.warnings == ()


@pytest.mark.usefixtures("own_cache")
def test_file_names_may_be_odd(tmp_path, write_xrays, settings):
    # File systems of macOS take names in Unicode only.
    latin = b"\xe4" if sys.platform == "linux" else "ä".encode()
    names = [
        "a\tb.png",
        "new\nline.png",
        "carriage\rreturn.png",
        "umläut ☢.png",
        (latin + b".png").decode(errors="surrogateescape"),
    ]
    folder = write_xrays(tmp_path / "xrays", *(f"train/NORMAL/{name}" for name in names))
    (folder / "train" / "NORMAL" / (b"bad-" + latin + b".png").decode(errors="surrogateescape")).touch()
    prepared = prepare(settings(dir=str(folder), on_bad_image="skip"), seed=0)
    assert {example.file.removeprefix("train/NORMAL/") for example in prepared.examples} == set(names)
    assert prepared.images(prepared.examples).shape == (5, 64, 64, 1)


@pytest.mark.usefixtures("own_cache")
def test_all_bad_images_are_listed_at_once(xrays, settings):
    (xrays / "train" / "NORMAL" / "empty.jpeg").touch()
    (xrays / "test" / "NORMAL" / "text.jpeg").write_text("not an image")
    with refused("2 of 8 images", "config.data.on_bad_image=skip", "test/NORMAL/text.jpeg", "train/NORMAL/empty.jpeg"):
        prepare(settings(dir=str(xrays)), seed=0)


@pytest.mark.usefixtures("own_cache")
def test_bad_images_can_be_left_out_and_are_reported(xrays, settings):
    (xrays / "train" / "NORMAL" / "empty.jpeg").touch()
    prepared = prepare(settings(dir=str(xrays), on_bad_image="skip"), seed=0)
    assert len(prepared.examples) == len(SPLIT_FILES)
    (left_out,) = prepared.report.left_out
    assert (left_out.file, left_out.reason) == ("train/NORMAL/empty.jpeg", "it is empty")
    (warning,) = [warning for warning in prepared.report.warnings if "left out" in warning]
    assert "1 file is of 7 left out" not in warning
    assert "train/NORMAL/empty.jpeg for one: it is empty" in warning


@pytest.mark.usefixtures("own_cache")
def test_a_source_of_bad_images_only_is_refused(tmp_path, settings):
    (tmp_path / "xrays" / "NORMAL").mkdir(parents=True)
    (tmp_path / "xrays" / "NORMAL" / "empty.jpeg").touch()
    with refused(tmp_path / "xrays", "NORMAL/empty.jpeg"):
        prepare(settings(dir=str(tmp_path / "xrays"), on_bad_image="skip"), seed=0)


@pytest.mark.usefixtures("own_cache")
def test_deep_images_share_one_range(tmp_path, gray_file, settings):
    for name, values in {"a": (1000, 2000), "b": (1500, 3000)}.items():
        ramp = np.repeat(np.linspace(*values, 64).astype(np.uint16)[None], 2, axis=0)
        gray_file(tmp_path / "xrays" / "train" / "NORMAL" / f"{name}.png", ramp)
    data = settings(dir=str(tmp_path / "xrays"), resize="nearest")
    prepared = prepare(data, seed=0)
    (group,) = prepared.report.depth_groups
    assert (group.files, group.low, group.high) == (2, 1000, 3000)
    pixels = prepared.images(prepared.examples)[:, 0, [0, -1], 0]
    np.testing.assert_array_equal(pixels, [[0, 128], [64, 255]])  # 1000 of 2000 is 127.5, 500 of 2000 is 63.75
    own = prepare(settings(dir=str(tmp_path / "xrays"), resize="nearest", intensity="image"), seed=0)
    np.testing.assert_array_equal(own.images(own.examples)[:, 0, [0, -1], 0], [[0, 255], [0, 255]])


@pytest.mark.usefixtures("own_cache")
def test_same_pixels_are_found_within_and_across_splits(tmp_path, gray_file, settings):
    flat, other = np.full((8, 8), 9, np.uint8), np.full((8, 8), 7, np.uint8)
    for file in ("train/NORMAL/a.png", "train/NORMAL/b.bmp", "train/NORMAL/c.png", "test/NORMAL/d.png"):
        gray_file(tmp_path / "xrays" / file, flat if file[-5] in "ab" else other)
    report = prepare(settings(dir=str(tmp_path / "xrays")), seed=0).report
    assert report.duplicates.model_dump() == {
        "within_splits": [["train/NORMAL/a.png", "train/NORMAL/b.bmp"]],
        "across_splits": [["test/NORMAL/d.png", "train/NORMAL/c.png"]],
        "across_classes": (),
    }
    assert any("in several splits, pixel by pixel" in warning for warning in report.warnings)


@pytest.mark.usefixtures("own_cache")
def test_copies_saved_otherwise_and_files_that_hide_their_pixels_are_warned_of(tmp_path, settings):
    """Through the whole of preparing; the classes here are told apart by nothing that chance would not do."""
    files = {
        "train/NORMAL/a.png": draw_phantom(128, 0, 1, "NORMAL"),
        "train/NORMAL/b.png": draw_phantom(128, 0, 2, "NORMAL"),
        "test/normal/c.jpg": draw_phantom(128, 0, 2, "NORMAL"),
        "test/Normal/d.jpg": draw_phantom(128, 0, 3, "NORMAL"),
        "test/Normal/e.png": draw_phantom(128, 0, 4, "NORMAL"),
    }
    for file, pixels in files.items():
        (tmp_path / "xrays" / file).parent.mkdir(parents=True, exist_ok=True)
        image = Image.fromarray(pixels).convert({"d": "CMYK", "e": "LA"}.get(file[-5], "L"))
        if image.mode == "LA":
            image.putalpha(0)
        image.save(tmp_path / "xrays" / file)
    report = prepare(settings(dir=str(tmp_path / "xrays")), seed=0).report
    assert report.images == {"train": {"NORMAL": 2}, "test": {"NORMAL": 3}}
    assert report.near_copies == (("test/normal/c.jpg", "train/NORMAL/b.png"),)
    said = "\n".join(report.warnings)
    assert "1 image is in several splits, saved otherwise" in said
    assert "1 image is stored as printing inks (CMYK), perhaps as a negative (test/Normal/d.jpg" in said
    assert "1 image is black, because all of it is transparent (test/Normal/e.png" in said


@pytest.mark.usefixtures("own_cache")
def test_an_unknown_label_is_answered_with_those_there_are(xrays, settings):
    with refused("NORMAL, PNEUMONIA", field="config.data.label", value="COVID"):
        prepare(settings(dir=str(xrays), label="COVID"), seed=0)


@pytest.mark.usefixtures("own_cache")
@pytest.mark.skipif("DCGAN_JAX_TEST_DATA" not in os.environ, reason="DCGAN_JAX_TEST_DATA names no folder of real data")
@pytest.mark.parametrize(("folder", "normal"), [("chest_xray", 1341), ("originals", 24)])
def test_the_real_training_set_has_the_papers_count(settings, folder, normal):
    data = settings(dir=str(Path(os.environ["DCGAN_JAX_TEST_DATA"]) / folder))
    prepared = prepare(data, seed=0)
    train, held_out = select_training(prepared, data, seed=0)
    assert (len(train), len(held_out)) == (normal, 0)
    assert json.loads((prepared.directory / "report.json").read_text())["left_out"] == []


@pytest.mark.usefixtures("own_cache")
@pytest.mark.parametrize("name", ["2.png", "3.png", "4.jpg"])
def test_links_to_nothing_and_to_themselves_and_pipes_are_bad_images_among_others(
    tmp_path, write_xrays, settings, name
):
    folder = write_xrays(tmp_path / "xrays", "A/1.png")
    (folder / "A" / "2.png").symlink_to(tmp_path / "gone")
    (folder / "A" / "3.png").symlink_to("3.png")
    os.mkfifo(folder / "A" / "4.jpg")
    prepared = prepare(settings(dir=str(folder), label="A", on_bad_image="skip"), seed=0)
    assert [example.file for example in prepared.examples] == ["A/1.png"]
    assert f"A/{name}" in {left_out.file for left_out in prepared.report.left_out}
    with refused("3 of 4 images", f"A/{name}"):
        prepare(settings(dir=str(folder), label="A"), seed=0)


@pytest.mark.usefixtures("own_cache")
def test_an_unknown_label_is_refused_when_the_set_is_prepared_already(xrays, settings):
    prepare(settings(dir=str(xrays)), seed=0)
    with refused("NORMAL, PNEUMONIA", field="config.data.label", value="COVID"):
        prepare(settings(dir=str(xrays), label="COVID"), seed=0)


@pytest.mark.usefixtures("own_cache")
def test_a_patient_of_two_classes_is_in_one_split_and_held_out_as_one(tmp_path, write_xrays, settings):
    files = [f"NORMAL/patient{number:02}/first.png" for number in range(20)]
    files += [f"PNEUMONIA/patient{number:02}/later.png" for number in range(20)]
    data = settings(dir=str(write_xrays(tmp_path / "xrays", *files)), holdout=0.25, label="ALL")
    prepared = prepare(data, seed=0)
    found = prepared.report.patients.conservative
    assert (found.in_several_classes, found.in_several_splits) == (20, 0)
    train, held_out = select_training(prepared, data, seed=0)
    assert len(train) + len(held_out) == 32
    assert not {example.patient for example in train} & {example.patient for example in held_out}


@pytest.mark.usefixtures("own_cache")
def test_masks_beside_the_images_are_left_out_and_said(tmp_path, write_xrays, settings):
    files = [f"{label}/{kind}/{n}.png" for label in ("A", "B") for kind in ("images", "masks") for n in range(3)]
    prepared = prepare(settings(dir=str(write_xrays(tmp_path / "xrays", *files)), label="A"), seed=0)
    assert {example.file.split("/")[1] for example in prepared.examples} == {"images"}
    assert "passed over beside the images: 6 masks" in prepared.report.warnings


@pytest.mark.usefixtures("own_cache")
def test_a_class_of_masks_is_named(xrays, settings, gray_file):
    (xrays / "train" / "LESION").mkdir()
    for number in range(3):
        gray_file(xrays / "train" / "LESION" / f"{number}.png", np.eye(9, dtype=np.uint8) * 255)
    with refused("Class LESION", "all of its 3 images"):
        prepare(settings(dir=str(xrays)), seed=0)


@pytest.mark.usefixtures("own_cache")
def test_a_mask_among_the_images_stops_with_a_sentence(xrays, settings, gray_file):
    gray_file(xrays / "train" / "NORMAL" / "lung.png", np.eye(9, dtype=np.uint8) * 255)
    with refused("train/NORMAL/lung.png", "masks"):
        prepare(settings(dir=str(xrays)), seed=0)
