import pytest

from dcgan_jax.data.sources.folder_names import is_mask_place, split_of_folder


def test_folders_are_known_as_splits_by_their_usual_names():
    assert [split_of_folder(name) for name in ("Train", "VALIDATION", "testing", "NORMAL")] == [
        "train",
        "val",
        "test",
        None,
    ]


@pytest.mark.parametrize(
    "file",
    [
        "NORMAL/masks/a.png",
        "Mask/a.png",
        "a/Labels/b.png",
        "NORMAL/CHNCXR_0001_0_mask.png",
        "NORMAL/mask-03.png",
        "NORMAL/a mask 2.PNG",
        "NORMAL/p1_Segmentation.png",
    ],
)
def test_masks_are_known_by_their_names(file):
    assert is_mask_place(file)


@pytest.mark.parametrize("file", ["NORMAL/masked-man.png", "unmasked/a.png", "NORMAL/maskell_01.png", "a/image.png"])
def test_names_that_only_sound_like_masks_are_none(file):
    assert not is_mask_place(file)
