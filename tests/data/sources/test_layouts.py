"""Folders as people have them: what is found in each, counted by hand, or the sentence that refuses it."""

from collections import Counter

import pytest

from dcgan_jax.data.sources.folder import OUTSIDE, FolderSource
from dcgan_jax.settings import DataSettings
from tests.refusals import refused

SPLIT = (
    "train/NORMAL/1.png",
    "train/NORMAL/2.png",
    "train/PNEUMONIA/3.png",
    "test/NORMAL/4.png",
    "test/PNEUMONIA/5.png",
)
FOUND = {("train", "NORMAL"): 2, ("train", "PNEUMONIA"): 1, ("test", "NORMAL"): 1, ("test", "PNEUMONIA"): 1}
CLASSES = ("NORMAL/1.png", "NORMAL/2.png", "PNEUMONIA/3.png")
UNSPLIT = {("train", "NORMAL"): 2, ("train", "PNEUMONIA"): 1}
PATIENTS = tuple(
    f"NORMAL/{split}/p{number}/1.png" for split, numbers in (("train", "12"), ("test", "3")) for number in numbers
)


def below(folder, files):
    return tuple(f"{folder}/{file}" for file in files)


LAYOUTS = {
    "splits": (SPLIT, FOUND, {}),
    "splits by other names": (
        ("Training/NORMAL/1.png", "VALID/NORMAL/2.png", "Test_Set/NORMAL/3.png", "dev/NORMAL/4.png"),
        {("train", "NORMAL"): 1, ("val", "NORMAL"): 2, ("test", "NORMAL"): 1},
        {},
    ),
    "a class in two spellings": (
        ("train/NORMAL/1.png", "train/NORMAL/2.png", "test/Normal/3.png", "val/normal/4.png"),
        {("train", "NORMAL"): 2, ("test", "NORMAL"): 1, ("val", "NORMAL"): 1},
        {},
    ),
    "classes": (CLASSES, UNSPLIT, {}),
    "classes in a wrapper": (below("xrays", CLASSES), UNSPLIT, {}),
    "classes in two wrappers, with their archive": (("xrays.zip", *below("a/b", CLASSES)), UNSPLIT, {".zip": 1}),
    "splits in a wrapper": (below("chest_xray", SPLIT), FOUND, {}),
    "splits in a wrapper, with their archive": (("archive.zip", *below("chest_xray", SPLIT)), FOUND, {".zip": 1}),
    "the doubled folder": ((*SPLIT, *below("chest_xray", SPLIT)), FOUND, {OUTSIDE: 5}),
    "the doubled folder in its own, with its archive": (
        ("archive.zip", *below("chest_xray", SPLIT), *below("chest_xray/chest_xray", SPLIT)),
        FOUND,
        {OUTSIDE: 5, ".zip": 1},
    ),
    "the inner copy alone, with its archive": (
        ("archive.zip", *below("chest_xray/chest_xray", SPLIT)),
        FOUND,
        {".zip": 1},
    ),
    "the doubled folder one level deeper": (
        ("a.zip", *below("data/chest_xray", SPLIT), *below("data/chest_xray/chest_xray", SPLIT)),
        FOUND,
        {OUTSIDE: 5, ".zip": 1},
    ),
    "each split doubled": (
        ("train/train/NORMAL/1.png", "test/test/NORMAL/2.png"),
        {("train", "NORMAL"): 1, ("test", "NORMAL"): 1},
        {},
    ),
    "a wrapper beside a few other images": (("examples/1.png", *below("chest_xray", SPLIT)), FOUND, {OUTSIDE: 1}),
    "splits in classes": (
        ("NORMAL/train/1.png", "NORMAL/test/2.png", "Sick/Train/3.png"),
        {("train", "NORMAL"): 1, ("test", "NORMAL"): 1, ("train", "Sick"): 1},
        {},
    ),
    "splits in classes in a wrapper": (
        ("x/NORMAL/train/1.png", "x/NORMAL/test/2.png", "x/Sick/train/3.png"),
        {("train", "NORMAL"): 1, ("test", "NORMAL"): 1, ("train", "Sick"): 1},
        {},
    ),
    "patients in splits in one class": (PATIENTS, {("train", "NORMAL"): 2, ("test", "NORMAL"): 1}, {}),
    "patients in splits in classes": (
        (*PATIENTS, *(file.replace("NORMAL", "Sick") for file in PATIENTS)),
        {("train", "NORMAL"): 2, ("test", "NORMAL"): 1, ("train", "Sick"): 2, ("test", "Sick"): 1},
        {},
    ),
    "patients in one class": (
        tuple(f"NORMAL/p{number}/{view}.png" for number in range(4) for view in "ab"),
        {("train", "NORMAL"): 8},
        {},
    ),
    "images and masks beside each other": (
        (*below("images", SPLIT), *below("masks", SPLIT)),
        FOUND,
        {"masks": 5},
    ),
    "images and masks in each class": (
        ("NORMAL/images/1.png", "NORMAL/masks/1.png", "Sick/images/2.png", "Sick/lung_masks/2.png"),
        {("train", "NORMAL"): 1, ("train", "Sick"): 1},
        {"masks": 2},
    ),
    "masks of both lungs": (
        ("NORMAL/1.png", "ManualMask/leftMask/1.png", "ManualMask/rightMask/1.png"),
        {("train", "NORMAL"): 1},
        {"masks": 2},
    ),
    "images in parts": (("images_001/NORMAL/1.png", "images_002/NORMAL/2.png"), {("train", "NORMAL"): 2}, {}),
    "other files": (
        ("NORMAL/1.png", "NORMAL/2.dcm.gz", "NORMAL/3.mhd", "NORMAL/4.mhd", "NORMAL/notes.txt", ".DS_Store"),
        {("train", "NORMAL"): 1},
        {".gz": 1, ".mhd": 2},
    ),
}


@pytest.fixture
def create(tmp_path):
    def write(files):
        for file in files:
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / file).touch()
        return tmp_path

    return write


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_is_read_as_its_maker_means_it(name, create):
    files, expected, passed_over = LAYOUTS[name]
    source = FolderSource(str(create(files)), DataSettings(label="NORMAL"))
    found = source.list_images()
    assert Counter((image.split, image.label) for image in found) == expected
    assert {kind: count for kind, count in source.passed_over.items() if count} == passed_over
    assert all(source.locate(image).is_file() for image in found)


def test_the_outer_of_two_copies_is_taken_and_names_begin_within_it(create):
    source = FolderSource(str(create((*below("a", SPLIT), *below("a/a", SPLIT)))), DataSettings(label="NORMAL"))
    assert [image.file for image in source.list_images()] == sorted(SPLIT, key=lambda file: ("train" in file, file))


@pytest.mark.parametrize("label", ["NORMAL", "Pneumonia", "ALL"])
def test_a_wrapper_is_seen_whatever_class_is_asked_for(label, create):
    found = FolderSource(str(create(below("xrays", CLASSES))), DataSettings(label=label)).list_images()
    assert Counter((image.split, image.label) for image in found) == UNSPLIT


def test_a_class_that_is_asked_for_is_no_wrapper(create):
    """Its folders are then patients, whatever they are called."""
    files = ("hospital/Smith/1.png", "hospital/Jones/2.png")
    assert {
        image.label for image in FolderSource(str(create(files)), DataSettings(label="Hospital")).list_images()
    } == {"hospital"}
    assert {image.label for image in FolderSource(str(create(files)), DataSettings(label="ALL")).list_images()} == {
        "Smith",
        "Jones",
    }


TABLE_REMEDY = "config.data.labels=FILE.csv"
CHEXPERT = tuple(
    f"{split}/patient{number:05}/study1/view1.jpg"
    for split, numbers in (("train", range(27)), ("valid", range(27, 30)))
    for number in numbers
)


@pytest.mark.parametrize(
    ("files", "root", "named"),
    [
        (CHEXPERT, "", ["30 folders", "patient00000", TABLE_REMEDY]),
        (below("CheXpert-v1.0-small", CHEXPERT), "CheXpert-v1.0-small", ["30 folders", TABLE_REMEDY]),
        (("images_001/1.png", "images_002/2.png", "Data_Entry_2017.csv"), "", ["images_001/1.png", TABLE_REMEDY]),
        (("images/1.png", "masks/1.png"), "", ["images/1.png", TABLE_REMEDY]),
        (("train/images/1.png", "train/labels/1.png"), "", ["train/images/1.png", TABLE_REMEDY]),
    ],
)
def test_what_cannot_be_told_is_refused_in_few_words(files, root, named, create):
    folder = create(files)
    with refused(*named, path=folder / root) as caught:
        FolderSource(str(folder), DataSettings(label="NORMAL")).list_images()
    assert "data.label=" not in str(caught.value)
    assert len(str(caught.value)) < 500 + len(str(create(())))


@pytest.mark.parametrize(
    ("files", "named"),
    [
        ((*below("siteA", SPLIT), *below("siteB", SPLIT)), ["siteA", "siteB"]),
        (("old/train/NORMAL/1.png", "NORMAL/2.png", "NORMAL/3.png"), ["old"]),
    ],
)
def test_several_data_sets_in_one_folder_are_refused(files, named, create):
    folder = create(files)
    with refused(*named, field="config.data.dir", value=folder):
        FolderSource(str(folder), DataSettings(label="NORMAL")).list_images()
