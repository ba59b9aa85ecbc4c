import os

import pytest

from dcgan_jax.data.sources.folder import FolderSource
from dcgan_jax.data.sources.patients import patient_of
from dcgan_jax.data.sources.source import SourceImage
from tests.refusals import refused


def listed(folder):
    return [(image.split, image.label, image.file) for image in FolderSource(str(folder)).list_images()]


def touch(folder, *files):
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).touch()
    return folder


def test_splits_and_classes_are_folders(tmp_path):
    touch(tmp_path, "train/A/1.png", "train/B/deeper/2.JPEG", "Testing/A/3.png", "chest_xray/train/A/copy.png")
    assert listed(tmp_path) == [
        ("test", "A", "Testing/A/3.png"),
        ("train", "A", "train/A/1.png"),
        ("train", "B", "train/B/deeper/2.JPEG"),
    ]


def test_a_folder_of_classes_is_split_by_patient(tmp_path):
    touch(tmp_path, *(f"A/IM-{number:04}-{image:04}.png" for number in range(10) for image in range(2)))
    splits = [split for split, _, _ in listed(tmp_path)]
    assert (splits.count("train"), splits.count("test")) == (16, 4)


def test_a_folder_per_patient_is_not_parted_by_our_split(tmp_path):
    touch(tmp_path, *(f"A/patient{number:02}/view{view}.png" for number in range(20) for view in (1, 2, 3)))
    patients: dict[str, set[str]] = {"train": set(), "test": set()}
    for split, _, file in listed(tmp_path):
        patients[split].add(file.split("/")[1])
    assert (len(patients["train"]), len(patients["test"])) == (16, 4)
    assert not patients["train"] & patients["test"]


def test_the_folder_around_the_splits_may_be_named(tmp_path):
    touch(tmp_path, "chest_xray/train/A/1.png", "__MACOSX/chest_xray/train/A/._1.png", ".DS_Store")
    assert listed(tmp_path) == [("train", "A", "train/A/1.png")]


def test_a_class_alone_is_not_taken_for_a_wrapper(tmp_path):
    touch(tmp_path, "A/1.png")
    assert listed(tmp_path) == [("train", "A", "A/1.png")]


def test_a_pattern_of_patients_and_the_share_of_the_test_split_are_followed(tmp_path, settings):
    touch(tmp_path, *(f"A/p{number}_{image}.png" for number in range(10) for image in range(3)))
    data = settings(dir=str(tmp_path), patient_pattern=r"p(\d+)_", test=0.1)
    found = FolderSource(str(tmp_path), data).list_images()
    assert {image.patient for image in found if image.split == "train"} == {*map(str, range(10))} - {
        image.patient for image in found if image.split == "test"
    }
    assert sum(image.split == "test" for image in found) == 3
    assert FolderSource(str(tmp_path), data).fingerprint != FolderSource(str(tmp_path)).fingerprint


def patients_by_pattern(folder, settings, pattern):
    data = settings(dir=str(folder), patient_pattern=pattern, test=0.0)
    return {image.file: image.patient for image in FolderSource(str(folder), data).list_images()}


def test_what_a_pattern_does_not_match_is_its_folders_patients_and_said(tmp_path, settings, caplog):
    touch(tmp_path, "A/f1/id7-1.png", "A/f1/id7-2.png", "A/f2/1.png", "A/f2/2.png")
    of = patients_by_pattern(tmp_path, settings, r"/id(\d+)-")
    assert of["A/f1/id7-1.png"] == of["A/f1/id7-2.png"] == "7"
    assert patient_of(SourceImage("train", "A", "A/f2/1.png", of["A/f2/1.png"])).conservative == "f2"
    assert "patient_pattern" in caplog.text
    assert "2 of 4" in caplog.text


def test_a_pattern_that_tells_nobody_is_refused(tmp_path, settings):
    touch(tmp_path, "A/f1/1.png", "A/f2/2.png")
    with refused(field="config.data.patient_pattern", value=r"/zz(\d+)"):
        patients_by_pattern(tmp_path, settings, r"/zz(\d+)")


def test_the_fingerprint_follows_the_files(tmp_path):
    touch(tmp_path, "A/1.png", "A/2.png")
    before = FolderSource(str(tmp_path)).fingerprint
    assert FolderSource(str(tmp_path)).fingerprint == before
    touch(tmp_path, "A/notes.txt")
    assert FolderSource(str(tmp_path)).fingerprint == before
    os.utime(tmp_path / "A" / "1.png", (1, 1))
    changed = FolderSource(str(tmp_path)).fingerprint
    assert changed != before
    (tmp_path / "A" / "2.png").rename(tmp_path / "A" / "3.png")
    assert FolderSource(str(tmp_path)).fingerprint != changed


@pytest.mark.parametrize(
    ("files", "named"),
    [
        (["1.png"], "1.png"),
        (["A/1.png", "2.png"], "2.png"),
        (["train/1.png"], "train/1.png"),
        (["test/A/1.png"], "training"),
    ],
)
def test_a_folder_in_another_layout_is_refused(tmp_path, files, named):
    with refused(named, "train/NORMAL/a.jpeg", path=tmp_path):
        listed(touch(tmp_path, *files))


@pytest.mark.parametrize("files", [[], ["README.txt", "A/notes.csv"]])
def test_a_folder_without_images_is_refused(tmp_path, files):
    with refused("train/NORMAL/a.jpeg", field="config.data.dir", value=str(tmp_path)):
        listed(touch(tmp_path, *files))


def test_splits_within_classes_are_kept(tmp_path):
    touch(tmp_path, "A/train/1.png", "A/test/2.png", "B/Train/3.png", "B/val/4.png")
    assert listed(tmp_path) == [
        ("test", "A", "A/test/2.png"),
        ("train", "A", "A/train/1.png"),
        ("train", "B", "B/Train/3.png"),
        ("val", "B", "B/val/4.png"),
    ]


def test_an_image_beside_the_splits_of_its_class_is_refused(tmp_path):
    with refused("B/3.png", path=tmp_path):
        listed(touch(tmp_path, "A/train/1.png", "A/test/2.png", "B/3.png"))


@pytest.mark.parametrize(
    "files",
    [
        ("A/images/1.png", "A/masks/1.png", "B/images/2.png", "B/masks/2.png"),
        ("images/A/1.png", "masks/A/1.png", "images/B/2.png", "Masks/B/2.png"),
        ("A/1.png", "A/1_mask.png", "B/2.png", "B/2_mask.png"),
        ("A/1.png", "B/2.png", "masks/1.png", "masks/2.png"),
    ],
)
def test_masks_beside_the_images_are_left_out_and_counted(tmp_path, files):
    source = FolderSource(str(touch(tmp_path, *files)))
    found = source.list_images()
    assert [(image.label, image.file) for image in found] == [
        ("A", files[0]),
        ("B", files[1 if "B" in files[1] else 2]),
    ]
    assert source.passed_over == {"masks": 2, "images in other folders than those of the splits": 0}


@pytest.mark.parametrize("files", [("images/1.png",), ("images/1.png", "masks/1.png"), ("train/images/1.png",)])
def test_a_folder_called_images_is_no_class(tmp_path, files):
    with refused(files[0], path=tmp_path) as caught:
        listed(touch(tmp_path, *files))
    assert "data.label=" not in str(caught.value)


def test_masks_alone_are_no_data_set(tmp_path):
    with refused("2 masks", field="config.data.dir", value=str(tmp_path)):
        listed(touch(tmp_path, "masks/1.png", "masks/2.png"))


def test_images_beside_the_splits_are_counted(tmp_path):
    source = FolderSource(str(touch(tmp_path, "train/A/1.png", "more/A/2.png", "more/A/3.png")))
    assert len(source.list_images()) == 1
    assert source.passed_over["images in other folders than those of the splits"] == 2


def test_a_class_that_is_a_link_into_a_store_within_the_folder_is_refused(tmp_path):
    touch(tmp_path, "store/normal/1.png", "B/2.png")
    (tmp_path / "A").symlink_to(tmp_path / "store" / "normal")
    with refused("A/1.png", path=tmp_path / "store/normal/1.png"):
        listed(tmp_path)


def test_a_class_of_a_split_may_be_a_link_into_a_store_beside_the_splits(tmp_path):
    touch(tmp_path, "store/normal/1.png", "train/B/2.png")
    (tmp_path / "train" / "A").symlink_to(tmp_path / "store" / "normal")
    assert [file for _, _, file in listed(tmp_path)] == ["train/A/1.png", "train/B/2.png"]


def test_two_links_to_one_file_are_refused(tmp_path):
    touch(tmp_path, "A/1.png", "B/2.png")
    (tmp_path / "A" / "3.png").symlink_to(tmp_path / "B" / "2.png")
    with refused("A/3.png", path=tmp_path / "B/2.png"):
        listed(tmp_path)


def test_what_is_no_folder_is_refused(tmp_path):
    with refused(field="config.data.dir", value="/no/such/place"):
        FolderSource("/no/such/place")
    (tmp_path / "file").touch()
    with refused(field="config.data.dir", value=str(tmp_path / "file")):
        FolderSource(str(tmp_path / "file"))


def test_a_dangling_link_is_a_bad_image(tmp_path, settings, own_cache):
    from dcgan_jax.data.prepare import prepare

    touch(tmp_path, "xrays/A/1.png")
    (tmp_path / "xrays" / "A" / "2.png").symlink_to(tmp_path / "gone")
    with refused("A/2.png", "No such file or directory"):
        prepare(settings(dir=str(tmp_path / "xrays"), label="A"), seed=0)
    assert own_cache.exists()
