import os

import pytest

from dcgan_jax.data.chest_xray.folder import FolderSource
from dcgan_jax.errors import UserError


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
    patients = {"train": set(), "test": set()}
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
    ("files", "message"),
    [
        ([], "has no images"),
        (["README.txt", "A/notes.csv"], "has no images"),
        (["1.png"], "outside a class folder, 1.png for one"),
        (["A/1.png", "2.png"], "outside a class folder, 2.png for one"),
        (["train/1.png"], "outside a class folder, train/1.png for one"),
        (["test/A/1.png"], "no training images"),
    ],
)
def test_a_folder_in_another_layout_is_refused(tmp_path, files, message):
    with pytest.raises(UserError, match=rf"^data\.dir=.*{message}.*train/NORMAL/a\.jpeg"):
        listed(touch(tmp_path, *files))


def test_what_is_no_folder_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"data\.dir=/no/such/place does not exist: .* leave it empty"):
        FolderSource("/no/such/place")
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"data\.dir=.*file is a file: name a folder"):
        FolderSource(str(tmp_path / "file"))


def test_a_dangling_link_is_a_bad_image(tmp_path, settings, own_cache):
    from dcgan_jax.data.prepare import prepare

    touch(tmp_path, "xrays/A/1.png")
    (tmp_path / "xrays" / "A" / "2.png").symlink_to(tmp_path / "gone")
    with pytest.raises(UserError, match=r"A/2\.png: it can't be read \(No such file or directory\)"):
        prepare(settings(dir=str(tmp_path / "xrays"), label="A"), seed=0)
    assert own_cache.exists()
