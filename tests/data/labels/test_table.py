import pytest

from dcgan_jax.data.labels.table import read_label_table
from tests.refusals import refused


def read(tmp_path, *lines, columns=()):
    path = tmp_path / "table.csv"
    path.write_bytes("\n".join([*lines, ""]).encode())
    return read_label_table(path, columns)


def known(table):
    return {name: (set(image.present), set(image.uncertain), image.patient) for name, image in table.images.items()}


def test_nih_has_several_findings_in_one_column_and_the_patient_in_another(tmp_path):
    table = read(
        tmp_path,
        "Image Index,Finding Labels,Follow-up #,Patient ID,",  # as published: a comma too many, in every row
        "00000001_000.png,Cardiomegaly|Emphysema,0,1,",
        "00000002_000.png,No Finding,0,2,",
        "00000003_000.png,,0,3,",
    )
    assert known(table) == {
        "00000001_000.png": ({"Cardiomegaly", "Emphysema"}, set(), "1"),
        "00000002_000.png": ({"No Finding"}, set(), "2"),
    }
    assert table.unlabeled == ("00000003_000.png",)
    assert table.findings == ("Cardiomegaly", "Emphysema", "No Finding")
    assert not table.has_one_label_each


def test_chexpert_has_one_zero_minus_one_and_blank(tmp_path):
    table = read(
        tmp_path,
        "Path,Sex,Age,Frontal/Lateral,AP/PA,No Finding,Edema,Fracture",
        "a/train/patient00001/study1/view1_frontal.jpg,Female,68,Frontal,AP,,1.0,-1.0",
        "a/train/patient00002/study1/view1_frontal.jpg,Male,1,Frontal,PA,1.0,0.0,",
    )
    assert list(known(table).values()) == [({"Edema"}, {"Fracture"}, ""), ({"No Finding"}, set(), "")]


def test_columns_of_one_finding_in_two_spellings_add_up(tmp_path):
    table = read(tmp_path, "Path,Edema,EDEMA,Hernia", "1.png,0,1,0", "2.png,1,,0", "3.png,,,1")
    found = [({"EDEMA"}, set(), ""), ({"EDEMA"}, set(), ""), ({"Hernia"}, set(), "")]
    assert list(known(table).values()) == found
    assert (table.findings, table.spellings) == (("EDEMA", "Hernia"), {"EDEMA": ("Edema",)})


def test_rsna_has_a_row_for_each_box(tmp_path):
    table = read(tmp_path, "patientId,x,y,width,height,Target", "p1,1,2,3,4,1", "p1,5,6,7,8,1", "p2,,,,,0")
    assert known(table) == {"p1": ({"Target"}, set(), "p1"), "p2": (set(), set(), "p2")}


def test_vindr_has_several_readers_and_most_of_them_decide(tmp_path):
    table = read(
        tmp_path,
        "image_id,class_name,class_id,rad_id,x_min",
        "i1,Nodule/Mass,8,R1,1",
        "i1,Nodule/Mass,8,R1,50",  # two boxes of one reader are one voice
        "i1,Nodule/Mass,8,R2,1",
        "i1,Edema,3,R3,9",
        "i2,No finding,14,R1,",
        "i2,No finding,14,R2,",
        "i2,No finding,14,R3,",
    )
    assert known(table) == {"i1": ({"Nodule-Mass"}, {"Edema"}, ""), "i2": ({"No finding"}, set(), "")}


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_delimiters_a_byte_order_mark_and_carriage_returns_are_read(tmp_path, delimiter):
    lines = (delimiter.join(row) + "\r" for row in (("file", "label"), ("a.png", "COVID"), ("b.png", "NORMAL")))
    table = read(tmp_path, *("\ufeff" * (not index) + line for index, line in enumerate(lines)))
    assert known(table) == {"a.png": ({"COVID"}, set(), ""), "b.png": ({"NORMAL"}, set(), "")}
    assert table.has_one_label_each


@pytest.mark.parametrize(
    ("lines", "named"),
    [
        (["file,label", "a.png"], ["row 2"]),
        (["file,label"], ["no rows"]),
        (["file,label", "a.png,", ",X"], ["config.data.columns"]),
        (["file,label,patient", "a.png,X,1", "a.png,Y,2"], ["a.png", 1, 2]),
    ],
)
def test_what_is_no_table_is_refused(tmp_path, lines, named):
    with refused(*named, field="config.data.labels", value=tmp_path / "table.csv"):
        read(tmp_path, *lines)


def test_a_table_that_is_not_there_is_refused(tmp_path):
    with refused(field="config.data.labels", value=tmp_path / "none.csv"):
        read_label_table(tmp_path / "none.csv")
