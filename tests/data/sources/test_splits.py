import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcgan_jax.data.sources.patients import identify_patient
from dcgan_jax.data.sources.source import SourceImage
from dcgan_jax.data.sources.splits import apply_kaggle_rule, split_by_patient


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


def images(numbers):
    return [
        SourceImage("train", label, f"{label}/person{number}_{kind}_{image}.jpeg")
        for label in ("A", "B")
        for number in numbers
        for image, kind in enumerate(("virus", "bacteria"))
    ]


@given(st.sets(st.integers(1, 500), min_size=1, max_size=60))
def test_our_split_parts_no_patient_and_takes_a_fifth_of_each_class(numbers):
    split = split_by_patient(images(numbers), 0.2)
    for label in ("A", "B"):
        parts = {
            name: {identify_patient(i.label, i.file).conservative for i in split if (i.split, i.label) == (name, label)}
            for name in ("train", "test")
        }
        assert not parts["train"] & parts["test"]
        assert len(parts["test"]) == len(numbers) // 5
        assert len(parts["train"]) + len(parts["test"]) == len(numbers)


def test_our_split_does_not_depend_on_the_order_of_files():
    listed = images(range(20))
    assert sorted(split_by_patient(listed[::-1], 0.2)) == sorted(split_by_patient(listed, 0.2))


def test_a_patient_of_several_classes_is_in_one_split_with_all_images():
    listed = [
        SourceImage("train", label, f"{label}/patient{number:02}/{label}.png")
        for label, numbers in (("NORMAL", range(20)), ("PNEUMONIA", range(5, 25)))
        for number in numbers
    ]
    split = split_by_patient(listed, 0.2)
    parts = {name: {image.file.split("/")[1] for image in split if image.split == name} for name in ("train", "test")}
    assert not parts["train"] & parts["test"]
    for label in ("NORMAL", "PNEUMONIA"):
        assert sum((image.split, image.label) == ("test", label) for image in split) >= 4  # a fifth of 20, or more


@pytest.mark.parametrize(("share", "in_test"), [(0.0, 0), (0.07, 7), (0.2, 20), (0.29, 29), (0.001, 0)])
def test_a_share_is_of_whole_patients(share, in_test):  # 0.29 of 100 is 28.999999999999996 as floating point has it
    listed = [SourceImage("train", "A", f"A/p{number}/a.png") for number in range(100)]
    assert sum(image.split == "test" for image in split_by_patient(listed, share)) == in_test


def test_whose_an_image_is_may_be_known_otherwise():
    listed = [SourceImage("train", "A", f"A/{number}.png", patient=f"{number % 5}") for number in range(50)]
    split = split_by_patient(listed, 0.2)
    assert len({image.patient for image in split if image.split == "test"}) == 1
    assert sum(image.split == "test" for image in split) == 10
