import pytest

from dcgan_jax.data.sources.patients import identify_patient, rename_patient


@pytest.mark.parametrize(
    ("label", "file", "conservative", "published"),
    [
        ("PNEUMONIA", "train/PNEUMONIA/person1000_bacteria_2931.jpeg", "PNEUMONIA/1000", "person1000_bacteria"),
        ("PNEUMONIA", "PNEUMONIA/person1000_virus_1681.jpeg", "PNEUMONIA/1000", "person1000_virus"),
        ("PNEUMONIA", "PNEUMONIA/person447_virus_921_1.jpeg", "PNEUMONIA/447", "person447_virus"),
        ("NORMAL", "NORMAL/IM-0115-0001.jpeg", "NORMAL/115", "IM-0115"),
        ("NORMAL", "train/NORMAL/NORMAL2-IM-0115-0001-0002.jpeg", "NORMAL/115", "NORMAL2-IM-0115"),
        ("PNEUMONIA", "PNEUMONIA/virus/person7_virus_1.png", "PNEUMONIA/7", "person7_virus"),
    ],
)
def test_both_readings_of_a_name(label, file, conservative, published):
    assert identify_patient(label, file) == (conservative, published)


@pytest.mark.parametrize("label", ["NORMAL", "PNEUMONIA"])
@pytest.mark.parametrize(
    "file",
    [
        "{}/patient01/view1.png",
        "train/{}/patient01/view1.png",  # so that a patient in two splits is noticed
        "{}/train/patient01/view1.png",  # in the other order, too
        "{}/images/patient01/view1.png",  # and whatever the images are put into
        "{}/patient01/images/view1.png",
        "{}/patient01/study1/view1.png",
        "{}/patient01/study2/view1.png",  # and not parted from the first study
        "{}/patient01/IM-0001-0001.png",  # what viewers call everybody's first image
    ],
)
def test_a_folder_below_the_class_is_a_patient_whatever_the_class(label, file):
    assert identify_patient(label, file.format(label)) == ("patient01", "patient01")


@pytest.mark.parametrize(
    "file", ["NORMAL/p1_2.png", "train/NORMAL/p1_2.png", "NORMAL/IM-x-1.png", "NORMAL/images/a.png"]
)
def test_a_file_of_nobody_known_is_a_patient_of_its_own(file):
    assert identify_patient("NORMAL", file) == (file, file)


def test_a_drawn_chest_is_somebody():
    assert identify_patient("NORMAL", "train/NORMAL/phantom-00000007.pgm").conservative == "NORMAL/phantom-00000007"


@pytest.mark.parametrize(
    ("patient", "file", "now"),
    [
        ("NORMAL/patient01", "train/NORMAL/patient01/a.png", "patient01"),
        ("patient01", "train/NORMAL/patient01/a.png", "patient01"),
        ("NORMAL/115", "NORMAL/IM-0115-0001.jpeg", "NORMAL/115"),
        ("NORMAL/7", "NORMAL/phantoms/person7_virus_1.png", "NORMAL/7"),
        ("NORMAL/a.png", "NORMAL/a.png", "NORMAL/a.png"),
    ],
)
def test_who_was_named_with_the_class_goes_by_the_folder_now(patient, file, now):
    assert rename_patient(patient, "NORMAL", file) == now
