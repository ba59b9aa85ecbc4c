import pytest

from dcgan_jax.data.chest_xray.patients import identify_patient


@pytest.mark.parametrize(
    ("label", "file", "careful", "published"),
    [
        ("PNEUMONIA", "train/PNEUMONIA/person1000_bacteria_2931.jpeg", "PNEUMONIA/1000", "person1000_bacteria"),
        ("PNEUMONIA", "person1000_virus_1681.jpeg", "PNEUMONIA/1000", "person1000_virus"),
        ("PNEUMONIA", "person447_virus_921_1.jpeg", "PNEUMONIA/447", "person447_virus"),
        ("NORMAL", "IM-0115-0001.jpeg", "NORMAL/115", "IM-0115"),
        ("NORMAL", "NORMAL2-IM-0115-0001-0002.jpeg", "NORMAL/115", "NORMAL2-IM-0115"),
        ("NORMAL", "patient_12.png", "NORMAL/patient_12", "NORMAL/patient_12"),
        ("ODD", "IM-x-1.png", "ODD/IM-x-1", "ODD/IM-x-1"),
    ],
)
def test_both_readings_of_a_name(label, file, careful, published):
    assert identify_patient(label, file) == (careful, published)
