from collections import Counter

import pytest

from dcgan_jax.data.labels.classes import assign_labels
from dcgan_jax.data.labels.report import REASONS
from dcgan_jax.data.labels.table import read_label_table
from dcgan_jax.settings import DataSettings
from tests.refusals import refused


@pytest.fixture
def table(tmp_path):
    return tmp_path / "table.csv"


@pytest.fixture
def assign(table):
    def assign(lines, files, **fields):
        table.write_text("\n".join(lines) + "\n")
        data = DataSettings(dir=str(table.parent), labels=str(table), **fields)
        return assign_labels(read_label_table(table), files, data)

    return assign


NIH = [
    "Image Index,Finding Labels,Patient ID",
    "00000001_000.png,Cardiomegaly|Edema,1",
    "00000001_001.png,Cardiomegaly,1",
    "00000002_000.png,No Finding,2",
    "00000003_000.png,Edema,3",
    "00000004_000.png,Hernia,4",
    "00000005_000.png,,5",
]
FILES = [f"images_00{folder}/images/0000000{name}.png" for folder, name in enumerate(["1_000", "1_001", "2_000"], 1)]
FILES += ["images_002/images/00000003_000.png", "images_002/images/00000005_000.png", "images_002/images/x.png"]


def by_class(images):
    return Counter(image.label for image in images)


def test_one_finding_is_told_from_the_rest(assign):
    images, report = assign(NIH, FILES, label="Cardiomegaly", test=0.0)
    assert by_class(images) == {"Cardiomegaly": 2, "not Cardiomegaly": 2}
    assert {image.patient for image in images if image.label == "Cardiomegaly"} == {"1"}
    assert (report.rows, report.matched) == (6, 5)
    assert report.without_file == ["00000004_000.png"]
    assert report.without_row == ["images_002/images/x.png"]
    assert report.left_out == {"unlabeled": ["images_002/images/00000005_000.png"]}


def test_labels_that_differ_in_case_are_one_class_spelled_as_most_rows_have_it(assign):
    lines = ["file,label", "1.png,covid", "2.png,COVID", "3.png,Covid", "4.png,COVID", "5.png,Normal"]
    images, report = assign(lines, [f"{number}.png" for number in range(1, 6)], label="Covid", test=0.0)
    assert by_class(images) == {"COVID": 4, "Normal": 1}
    assert report.spellings == {"COVID": ("Covid", "covid")}


def test_the_rest_can_be_learned_too(assign):
    assert by_class(assign(NIH, FILES, label="not Cardiomegaly", test=0.0)[0])["not Cardiomegaly"] == 2


FRONTAL_AND_LATERAL = [
    "Path,Frontal/Lateral,AP/PA,Edema",
    "p1/view1.jpg,Frontal,AP,1",
    "p1/view2.jpg,Lateral,,1",
    "p2/view1.jpg,Frontal,PA,0",
    "p3/view1.jpg,,,0",
]


@pytest.mark.parametrize(
    ("views", "kept"),
    [
        ((), ["p1/view1", "p2/view1", "p3/view1"]),  # all but the lateral one
        (("pa",), ["p2/view1", "p3/view1"]),
        (("Frontal",), ["p1/view1", "p2/view1", "p3/view1"]),
        (("LATERAL", "AP"), ["p1/view1", "p1/view2", "p3/view1"]),
    ],
)
def test_views_that_the_table_tells_are_chosen(assign, views, kept):
    files = [line.split(",")[0] for line in FRONTAL_AND_LATERAL[1:]]
    images, report = assign(FRONTAL_AND_LATERAL, files, label="Edema", views=views, test=0.0)
    assert sorted(image.file for image in images) == [f"{name}.jpg" for name in kept]
    others = [file for file in files if file.removesuffix(".jpg") not in kept]
    assert report.left_out == ({"other_view": others} if others else {})
    assert report.without_view == 1


def test_findings_are_found_in_any_case(assign):
    asked = assign(NIH, FILES, label="not cardiomegaly", exclude=("EDEMA",), test=0.0)
    assert asked == assign(NIH, FILES, label="not Cardiomegaly", exclude=("Edema",), test=0.0)


def test_excluded_findings_are_in_neither_class(assign):
    images, report = assign(NIH, FILES, label="Cardiomegaly", exclude=("Edema",), test=0.0)
    assert by_class(images) == {"Cardiomegaly": 1, "not Cardiomegaly": 1}
    assert len(report.left_out["excluded"]) == 2


def test_a_finding_is_excluded_by_the_name_that_the_table_has(assign):
    lines = ["file,label", "a.png,Edema|Nodule/Mass", "b.png,Edema", "c.png,Mass"]
    images, _ = assign(lines, ["a.png", "b.png", "c.png"], label="Edema", exclude=("Nodule/Mass",), test=0.0)
    assert by_class(images) == {"Edema": 1, "not Edema": 1}


def test_all_means_images_of_one_finding_each(assign):
    images, report = assign(NIH, FILES, label="ALL", test=0.0)
    assert by_class(images) == {"Cardiomegaly": 1, "Edema": 1, "No Finding": 1}
    assert report.left_out["several_findings"] == ["images_001/images/00000001_000.png"]


def test_labels_that_stand_alone_are_classes_as_folders_are(assign):
    lines = ["file,label", *(f"{label}{number}.png,{label}" for label in "AB" for number in range(10))]
    files = [f"{label}{number}.png" for label in "AB" for number in range(10)]
    images, _ = assign(lines, files, label="A")
    assert Counter((image.split, image.label) for image in images) == {
        **{("train", label): 8 for label in "AB"},
        **{("test", label): 2 for label in "AB"},
    }


CHEXPERT = ["Path,Sex,Age,Frontal/Lateral,AP/PA,Edema,Support Devices"]
CHEXPERT += [
    f"CheXpert/train/patient0000{number}/study1/view1_frontal.jpg,Male,9,Frontal,AP,{edema},{devices}"
    for number, (edema, devices) in enumerate([("1.0", ""), ("0.0", "1.0"), ("-1.0", ""), ("", "-1.0"), ("", "")])
]


def test_uncertain_and_blank_findings(assign):
    files = [f"train/patient0000{number}/study1/view1_frontal.jpg" for number in range(5)]
    images, report = assign(CHEXPERT, files, label="Edema", exclude=("Support Devices",), test=0.0)
    assert [(image.label, image.file) for image in images] == [("Edema", files[0]), ("not Edema", files[4])]
    assert report.left_out == {"excluded": [files[1], files[3]], "uncertain": [files[2]]}


def test_folders_of_splits_are_kept_and_else_the_split_is_by_patient(assign, table):
    lines = ["file,label", *(f"{split}/{number}.png,X" for split in ("train", "valid") for number in range(3))]
    files = [f"{split}/{number}.png" for split in ("train", "valid") for number in range(3)]
    assert Counter(image.split for image in assign(lines, files, label="X")[0]) == {"train": 3, "val": 3}
    with refused("other/3.png", field="config.data.labels", value=table):
        assign([*lines, "other/3.png,X"], [*files, "other/3.png"], label="X")
    lines = ["file,label,patient", *(f"{number}.png,X,{number // 4}" for number in range(40))]
    images, _ = assign(lines, [f"{number}.png" for number in range(40)], label="X")
    parts = {split: {image.patient for image in images if image.split == split} for split in ("train", "test")}
    assert {split: len(patients) for split, patients in parts.items()} == {"train": 8, "test": 2}
    assert not parts["train"] & parts["test"]


@pytest.mark.parametrize(
    ("fields", "field", "value", "named"),
    [
        ({"label": "Edma"}, "config.data.label", "Edma", "Edema"),
        ({"label": "Edema", "exclude": ("Herni",)}, "config.data.exclude", "Herni", "Edema"),
        ({"label": "Edema", "exclude": ("Edema",)}, "config.data.exclude", "Edema", "config.data.label=Edema"),
    ],
)
def test_findings_that_are_not_there_are_refused(assign, fields, field, value, named):
    with refused(named, field=field, value=value):
        assign(NIH, FILES, **fields)


def test_a_choice_that_leaves_no_image_says_why(assign, table):
    lines = ["file,Edema,Mass", "a.png,-1,0", "b.png,1,1"]
    counts = (f"1 images {REASONS[reason]}" for reason in ("uncertain", "excluded"))
    with refused(*counts, "config.data.label=Edema", field="config.data.labels", value=table):
        assign(lines, ["a.png", "b.png"], label="Edema", exclude=("Mass",))


def test_a_table_of_other_files_is_refused(assign, table):
    with refused("00000001_000.png", "a.png", field="config.data.labels", value=table):
        assign(NIH, ["a.png"], label="Edema")
