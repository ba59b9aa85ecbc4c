import pytest

from dcgan_jax.data.chest_xray.patients import identify_patient


@pytest.mark.parametrize(
    ("label", "file", "careful", "published"),
    [
        ("PNEUMONIA", "train/PNEUMONIA/person1000_bacteria_2931.jpeg", "PNEUMONIA/1000", "person1000_bacteria"),
        ("PNEUMONIA", "PNEUMONIA/person1000_virus_1681.jpeg", "PNEUMONIA/1000", "person1000_virus"),
        ("PNEUMONIA", "PNEUMONIA/person447_virus_921_1.jpeg", "PNEUMONIA/447", "person447_virus"),
        ("NORMAL", "NORMAL/IM-0115-0001.jpeg", "NORMAL/115", "IM-0115"),
        ("NORMAL", "train/NORMAL/NORMAL2-IM-0115-0001-0002.jpeg", "NORMAL/115", "NORMAL2-IM-0115"),
        ("PNEUMONIA", "PNEUMONIA/virus/person7_virus_1.png", "PNEUMONIA/7", "person7_virus"),
    ],
)
def test_both_readings_of_a_name(label, file, careful, published):
    assert identify_patient(label, file) == (careful, published)


@pytest.mark.parametrize(
    ("file", "patient"),
    [
        ("NORMAL/patient01/view1.png", "NORMAL/patient01"),
        ("train/NORMAL/patient01/view1.png", "NORMAL/patient01"),  # so that a patient in two splits is noticed
        ("NORMAL/patient01/study1/view1.png", "NORMAL/patient01"),
        ("NORMAL/patient01/study2/view1.png", "NORMAL/patient01"),  # and not parted from the first study
        ("NORMAL/patient01/IM-0001-0001.png", "NORMAL/patient01"),  # what viewers call everybody's first image
    ],
)
def test_a_folder_below_the_class_is_a_patient(file, patient):
    assert identify_patient("NORMAL", file) == (patient, patient)


@pytest.mark.parametrize(
    "file", ["NORMAL/p1_2.png", "train/NORMAL/p1_2.png", "NORMAL/IM-x-1.png", "NORMAL/person1.png"]
)
def test_a_file_of_nobody_known_is_a_patient_of_its_own(file):
    assert identify_patient("NORMAL", file) == (file, file)


def test_a_drawn_chest_is_somebody():
    assert identify_patient("NORMAL", "train/NORMAL/phantom-00000007.pgm").careful == "NORMAL/phantom-00000007"
