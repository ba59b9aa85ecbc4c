from pathlib import Path

import pytest

from dcgan_jax.data.labels.columns import find_columns
from tests.refusals import refused

TABLE = Path("table.csv")

NIH = "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,OriginalImage[Width"
CHEXPERT = "Path,Sex,Age,Frontal/Lateral,AP/PA,No Finding,Cardiomegaly,Edema"
FINDINGS, VIEW = ("No Finding", "Cardiomegaly", "Edema"), ("View Position",)
BOXES = "image_id,class_name,class_id,rad_id,x_min,y_min,x_max,y_max"


def find(header, *values, given=()):
    names = header.split(",")
    rows = [dict(zip(names, row.split(","), strict=True)) for row in values]
    return find_columns(rows, given, TABLE)


@pytest.mark.parametrize(
    ("header", "row", "file", "label", "findings", "patient", "reader", "views"),
    [
        (NIH, "1_000.png,Mass|Edema,0,1,58,M,PA,2682", "Image Index", "Finding Labels", (), "Patient ID", "", VIEW),
        (CHEXPERT, "a.jpg,Male,1,Frontal,AP,1.0,-1.0,", "Path", "", FINDINGS, "", "", ("Frontal/Lateral", "AP/PA")),
        ("patientId,x,y,width,height,Target", "a,,,,,0", "patientId", "", ("Target",), "patientId", "", ()),
        ("patientId,class", "a,Normal", "patientId", "class", (), "patientId", "", ()),
        (BOXES, "a,Edema,3,R9,1,2,3,4", "image_id", "class_name", (), "", "rad_id", ()),
        ("image_id,rad_id,Edema,No finding", "a,R9,0,1", "image_id", "", ("Edema", "No finding"), "", "rad_id", ()),
        ("filename,finding,patient_id", "a.png,COVID,7", "filename", "finding", (), "patient_id", "", ()),
        ("image,Projection,Mass", "a.png,L,1", "image", "", ("Mass",), "", "", ("Projection",)),
    ],
)
def test_columns_are_known_by_the_headers_of_public_sets(header, row, file, label, findings, patient, reader, views):
    assert find(header, row) == (file, label, findings, patient, reader, views)


def test_given_columns_come_before_usual_names():
    row = "a.png,x.png,COVID,7"
    assert find("file,scan,verdict,who", row, given=("scan", "verdict", "who"))[:4] == ("scan", "verdict", (), "who")
    assert find("file,scan,Edema,who", "a,b,1,7", given=("scan", "", "who"))[:4] == ("scan", "", ("Edema",), "who")


@pytest.mark.parametrize(
    ("header", "row", "given", "field", "value", "named"),
    [
        ("file,label", "a,b", ("file", "lable"), "config.data.columns", "file,lable", "file, label"),
        ("scan,verdict", "a,b", (), "config.data.labels", TABLE, "scan, verdict"),
        ("file,age", "a,58", (), "config.data.labels", TABLE, "file, age"),
    ],
)
def test_a_column_that_is_not_there_is_named_with_those_that_are(header, row, given, field, value, named):
    with refused(named, "config.data.columns", field=field, value=value):
        find(header, row, given=given)
