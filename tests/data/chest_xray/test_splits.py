import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcgan_jax.data.chest_xray.patients import identify_patient
from dcgan_jax.data.chest_xray.splits import apply_kaggle_rule, split_by_patient, split_of_folder
from dcgan_jax.data.source import SourceImage


@pytest.mark.parametrize(
    ("file", "split"),
    [
        ("NORMAL2-IM-1426-0001.jpeg", "train"),
        ("NORMAL2-IM-1427-0001.jpeg", "val"),
        ("IM-1427-0001.jpeg", "train"),
        ("person1945_bacteria_4872.jpeg", "train"),
        ("person1946_bacteria_4874.jpeg", "val"),
    ],
)
def test_the_kaggle_copy_has_the_last_numbers_in_val(file, split):
    assert apply_kaggle_rule(SourceImage("train", "x", file)).split == split
    assert apply_kaggle_rule(SourceImage("test", "x", file)).split == "test"


def test_folders_are_known_as_splits_by_their_usual_names():
    assert [split_of_folder(name) for name in ("Train", "VALIDATION", "testing", "NORMAL")] == [
        "train",
        "val",
        "test",
        None,
    ]


def images(numbers):
    return [
        SourceImage("train", label, f"{label}/person{number}_{kind}_{image}.jpeg")
        for label in ("A", "B")
        for number in numbers
        for image, kind in enumerate(("virus", "bacteria"))
    ]


@given(st.sets(st.integers(1, 500), min_size=1, max_size=60))
def test_our_split_parts_no_patient_and_takes_a_fifth_of_each_class(numbers):
    split = split_by_patient(images(numbers))
    for label in ("A", "B"):
        parts = {
            name: {identify_patient(i.label, i.file).careful for i in split if (i.split, i.label) == (name, label)}
            for name in ("train", "test")
        }
        assert not parts["train"] & parts["test"]
        assert len(parts["test"]) == len(numbers) // 5
        assert len(parts["train"]) + len(parts["test"]) == len(numbers)


def test_our_split_does_not_depend_on_the_order_of_files():
    listed = images(range(20))
    assert sorted(split_by_patient(listed[::-1])) == sorted(split_by_patient(listed))
