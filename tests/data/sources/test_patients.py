import pytest

from dcgan_jax.data.sources.patients import identify_patient, rename_patient, search_patients
from dcgan_jax.data.sources.source import SourceImage


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


@pytest.mark.parametrize(
    ("file", "patient"),
    [
        ("NORMAL/00001280_004.png", "00001280"),  # NIH ChestX-ray14
        ("NORMAL/patient01.png", "patient01"),
        ("NORMAL/patient01_view2.png", "patient01"),
        ("NORMAL/Patient 7-a.png", "Patient 7"),
        ("train/patient00001/study1/view1_frontal.jpg", "patient00001"),  # CheXpert: no folder is the class
        ("images_001/images/00001280_004.png", "00001280"),
    ],
)
def test_common_names_tell_the_patient(file, patient):
    assert identify_patient("NORMAL", file) == (patient, patient)


@pytest.mark.parametrize("file", ["NORMAL/patients_1.png", "NORMAL/000012_004.png", "NORMAL/inpatient7.png"])
def test_names_that_only_look_like_common_ones_tell_nobody(file):
    assert identify_patient("NORMAL", file).conservative == file


def test_a_pattern_finds_the_patient_in_the_path_where_none_is_known_yet():
    files = {"NORMAL/p17_2.png": "", "NORMAL/q17_2.png": "", "NORMAL/p18_1.png": "of the table"}
    images = [SourceImage("train", "NORMAL", file, patient) for file, patient in files.items()]
    assert [image.patient for image in search_patients(r"/p(\d+)_", images)] == ["17", "", "of the table"]
    assert search_patients("", images) == images


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
