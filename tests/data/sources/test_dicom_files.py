"""Folders of DICOM files: whose they are, which views are read, and what is never written."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dcgan_jax.data.prepare import prepare
from dcgan_jax.data.selection import select_training
from dcgan_jax.data.sources.dicom_files import LATERAL_VIEWS, OTHER_VIEWS
from dcgan_jax.data.sources.folder import FolderSource
from dcgan_jax.settings import DataSettings
from tests.dicom_files import IDENTIFIERS, SYNTAXES, make_dicom, make_values
from tests.refusals import refused

pytestmark = pytest.mark.usefixtures("own_cache")

PATIENTS = [f"MRN-{number:07d}" for number in range(0, 120, 3)]


@pytest.fixture
def write(tmp_path):
    """Writes DICOM files below a folder: path -> elements."""

    def write_all(files):
        for seed, (file, elements) in enumerate(files.items()):
            path = tmp_path / "xrays" / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(make_dicom(make_values(seed=seed), **elements))
        return tmp_path / "xrays"

    return write_all


@pytest.fixture
def hospital(write):
    """60 files of 40 patients in two classes, as a hospital exports them: named after who they are."""
    files = {}
    for number in range(60):
        patient = PATIENTS[number % 40]
        label = ("NORMAL", "COVID")[number // 5 % 2]
        name = f"{label}/Citizen^Jane_{patient}/1.2.826.0.1.{number}" + (".dcm" if number % 2 else "")
        files[name] = {"patient": patient, "syntax": SYNTAXES[number % len(SYNTAXES)]}
    return write(files)


def find_identifiers(folder: Path, more=()):
    """The identifiers that a folder's files hold, in their content and their names."""
    names = [identifier.encode() for identifier in (*IDENTIFIERS, *PATIENTS, "1.2.826", *more)]
    found = Counter()
    for path in folder.rglob("*"):
        content = str(path.relative_to(folder)).encode() + (path.read_bytes() if path.is_file() else b"")
        found.update(name for name in names if name in content)
    return found


def test_no_identifier_is_written_and_no_patient_is_in_two_splits(hospital, settings, own_cache, capsys):
    assert find_identifiers(hospital)  # so that nothing found elsewhere means something
    prepared = prepare(settings(dir=str(hospital), label="NORMAL"), seed=0)
    assert len(prepared.report.dicom) == len(prepared.examples) == 60
    assert not find_identifiers(own_cache.parent)
    output = capsys.readouterr()
    assert not any(name in output.out + output.err for name in (*IDENTIFIERS, *PATIENTS))
    splits = {(example.patient, example.split) for example in prepared.examples}
    assert len(splits) == len({patient for patient, _ in splits}) == 40
    assert {split for _, split in splits} == {"train", "test"}
    training, held_out = select_training(prepared, settings(dir=str(hospital), holdout=0.2), seed=0)
    assert {example.patient for example in training}.isdisjoint(example.patient for example in held_out)
    assert held_out


def test_an_image_that_cannot_be_used_is_named_on_the_console_alone(hospital, settings, own_cache):
    broken = hospital / "NORMAL" / "Citizen^Jane_MRN-0000000" / "1.2.826.0.1.99.dcm"
    broken.write_bytes(make_dicom(make_values(), NumberOfFrames=2, Rows=4))
    with refused("NORMAL/Citizen^Jane_MRN-0000000/1.2.826.0.1.99.dcm", "2 frames"):
        prepare(settings(dir=str(hospital)), seed=0)
    prepared = prepare(settings(dir=str(hospital), on_bad_image="skip"), seed=0)
    assert ["2 frames" in bad.reason for bad in prepared.report.left_out] == [True]
    admitted = prepare(settings(dir=str(hospital), admit=("frames",)), seed=0).report
    assert (len(admitted.dicom), admitted.left_out, admitted.settings.admit) == (61, [], ("frames",))
    assert sum("the first of 2 frames" in entry.steps.notes for entry in admitted.dicom) == 1
    assert not find_identifiers(own_cache.parent)


def test_a_pseudonym_leads_back_to_its_file_here(hospital):
    source = FolderSource(str(hospital))
    for image in source.list_images():
        assert source.locate(image) == hospital / source.name_of(image.file)
        assert source.read_file(image)[128:132] == b"DICM"
        assert image.file.startswith(f"{image.label}/")
    assert FolderSource(str(hospital)).list_images() == source.list_images()


def patients_of(folder):
    source = FolderSource(str(folder))
    return {source.name_of(image.file): image.patient for image in source.list_images()}


def test_a_patient_is_a_number_with_its_issuer(write):
    folder = write(
        {
            "A/1.dcm": {"patient": "7"},
            "A/x/2.dcm": {"patient": "7 "},
            "A/x/3.dcm": {"patient": "7", "IssuerOfPatientID": "ELSEWHERE"},
            "A/folder/4.dcm": {"patient": ""},
            "A/5.dcm": {"patient": ""},
        }
    )
    Image.fromarray(np.eye(9, dtype=np.uint8)).save(folder / "A" / "folder" / "6.png")
    patients = patients_of(folder)
    assert patients["A/1.dcm"] == patients["A/x/2.dcm"] != patients["A/x/3.dcm"]
    assert patients["A/folder/4.dcm"] == patients["A/folder/6.png"] != "folder"
    assert patients["A/5.dcm"] == ""  # of its own


def write_png(path, seed):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.eye(9, dtype=np.uint8) * (seed + 1)).save(path)


def test_a_png_in_a_patients_folder_is_of_the_patient_that_the_headers_beside_it_name(write):
    folder = write(
        {
            "A/p1/1.dcm": {"patient": "7"},
            "B/elsewhere/2.dcm": {"patient": "7"},
            "A/site/3.dcm": {"patient": "8"},
            "A/site/4.dcm": {"patient": "9"},
        }
    )
    for number, place in enumerate(("A/p1", "B/p1", "A/site", "A/p2")):
        write_png(folder / place / f"{number}.png", number)
    patients = patients_of(folder)
    assert len({patients[file] for file in ("A/p1/1.dcm", "B/elsewhere/2.dcm", "A/p1/0.png", "B/p1/1.png")}) == 1
    # Of a site's folder, headers tell patients apart; which of them the PNG shows, nobody knows.
    assert len({patients[f"A/site/{name}"] for name in ("3.dcm", "4.dcm", "2.png")}) == 3
    assert patients["A/p2/3.png"] not in ("", "p2", patients["A/p1/1.dcm"])


def test_a_patient_is_the_same_by_a_folders_name_and_by_the_number_of_a_header(write):
    """P2 is the number of two patients, of two issuers, and F the name of nobody."""
    numbers = {"A/1.dcm": ("P1", "X"), "B/2.dcm": ("P2", "X"), "B/3.dcm": ("P2", "Y")}
    folder = write({file: {"patient": n, "IssuerOfPatientID": issuer} for file, (n, issuer) in numbers.items()})
    for seed, place in enumerate(("A/P1", "B/P1", "A/P2", "A/F")):
        write_png(folder / place / f"{seed}.png", seed)
    of = patients_of(folder)
    assert of["A/1.dcm"] == of["A/P1/0.png"] == of["B/P1/1.png"]
    assert len(set(of.values())) == 5
    assert "P1" not in of.values()


def test_a_table_links_a_png_to_the_dicom_files_of_its_patient(write, tmp_path):
    """Row 2 names no patient, and its header is the one that always goes with P1; P2's goes with P3, too."""
    rows = [("1.dcm", "P1"), ("2.dcm", ""), ("3.png", "P1"), ("4.dcm", "P2"), ("5.dcm", "P3"), ("6.dcm", "")]
    rows += [("7.dcm", ""), ("8.png", "8"), ("9.png", "7")]  # the header of 7 says 8; what it calls 7 is the table's P1
    numbers = {"1.dcm": "7", "2.dcm": "7", "4.dcm": "9", "5.dcm": "9", "6.dcm": "9", "7.dcm": "8"}
    folder = write({file: {"patient": number} for file, number in numbers.items()})
    for number in (3, 8, 9):
        write_png(folder / f"{number}.png", number)
    table = tmp_path / "labels.csv"
    table.write_text("file,label,patient\n" + "".join(f"{file},A,{patient}\n" for file, patient in rows))
    source = FolderSource(str(folder), DataSettings(dir=str(folder), labels=str(table)))
    of = {source.name_of(image.file): image.patient for image in source.list_images()}
    assert of["1.dcm"] == of["2.dcm"] == of["3.png"]
    assert of["7.dcm"] == of["8.png"]
    assert len(set(of.values())) == 6
    assert not {"", "P1", "P2", "P3", "7", "8"} & set(of.values())


def test_a_folder_is_of_the_patient_whose_number_a_table_gives_one_of_its_files(write, tmp_path):
    """P017 is the PatientID of 9.dcm, which has no patient in the table; nor has the second file in the folder."""
    folder = write({"9.dcm": {"patient": "P017"}})
    for seed in (1, 2):
        write_png(folder / "A" / "p1" / f"{seed}.png", seed)
    table = tmp_path / "labels.csv"
    table.write_text("file,label,patient\nA/p1/1.png,A,P017\nA/p1/2.png,A,\n9.dcm,A,\n")
    source = FolderSource(str(folder), DataSettings(dir=str(folder), labels=str(table)))
    patients = {image.patient for image in source.list_images()}
    assert len(patients) == 1
    assert not {"", "P017"} & patients


def test_a_sites_folder_that_has_a_patients_number_for_a_name_tells_nothing(write):
    folder = write({"A/1.dcm": {"patient": "7"}, "B/7/2.dcm": {"patient": "8"}, "B/7/3.dcm": {"patient": "9"}})
    write_png(folder / "B" / "7" / "4.png", 4)
    of = patients_of(folder)
    assert of["B/7/4.png"] != of["A/1.dcm"]


def test_a_pattern_that_finds_nothing_leaves_the_patient_to_the_header(write):
    folder = write({f"A/{name}.dcm": {"patient": "7"} for name in ("1", "2", "p3_1")})
    write_png(folder / "A" / "p3_2.png", 1)
    source = FolderSource(str(folder), DataSettings(dir=str(folder), patient_pattern=r"/p(\d+)_", test=0.0))
    of = {source.name_of(image.file): image.patient for image in source.list_images()}
    assert of["A/1.dcm"] == of["A/2.dcm"] == of["A/p3_1.dcm"] == of["A/p3_2.png"]


def test_views(write):
    views = {"1": "PA", "2": "AP", "3": "LL", "4": "LATERAL", "5": ""}
    folder = write({f"A/{name}.dcm": {"ViewPosition": view, "patient": name} for name, view in views.items()})
    Image.fromarray(np.eye(9, dtype=np.uint8)).save(folder / "A" / "6.png")

    def list_names(*chosen):
        source = FolderSource(str(folder), DataSettings(views=chosen))
        return "".join(
            sorted(Path(source.name_of(image.file)).stem for image in source.list_images())
        ), source.passed_over

    names, passed_over = list_names()
    assert names == "1256"
    assert passed_over[LATERAL_VIEWS] == 2
    names, passed_over = list_names("pa")
    assert names == "156"
    assert passed_over[OTHER_VIEWS] == 3
    assert list_names("PA", "LL", "LATERAL")[0] == "13456"


def test_images_that_tell_no_view_are_counted(write, settings):
    folder = write({f"A/{n}.dcm": {"ViewPosition": "PA" if n else "", "patient": str(n)} for n in range(4)})
    report = prepare(settings(dir=str(folder), label="A", views=("PA",)), seed=0).report
    assert any("1 of 4 images tell no view" in warning for warning in report.warnings)


def test_views_of_which_no_file_is(write):
    folder = write({"A/1.dcm": {"ViewPosition": "LL"}})
    with refused(f"1 {LATERAL_VIEWS}", field="config.data.views", value=""):
        FolderSource(str(folder)).list_images()


def test_no_key_is_drawn_for_a_folder_without_dicom(write_xrays, tmp_path, own_cache):
    FolderSource(str(write_xrays(tmp_path / "xrays", "A/1.png", "A/2.png"))).list_images()
    assert not (own_cache.parent / "keys").exists()


def test_a_window_in_one_class_and_none_in_the_other_is_warned_of(write, settings):
    window = {"WindowCenter": 2048, "WindowWidth": 4096}
    folder = write(
        {
            f"{label}/{n}.dcm": {"patient": f"{label}{n}", **(window if label == "A" else {})}
            for label in "AB"
            for n in range(3)
        }
    )
    report = prepare(settings(dir=str(folder), label="A"), seed=0).report
    assert report.shown == {"A": {"by its own window or table": 3}, "B": {"by a range": 3}}
    assert any("can give the class away" in warning for warning in report.warnings)
    alike = prepare(settings(dir=str(folder), label="A", intensity="image"), seed=0).report
    assert alike.shown == {"A": {"by a range": 3}, "B": {"by a range": 3}}
    assert not any("came to 8 bits in other ways" in warning for warning in alike.warnings)


def test_steps_are_recorded_of_each_file(write, settings):
    folder = write(
        {"A/1.dcm": {"RescaleSlope": -2, "RescaleIntercept": 9000, "photometry": "MONOCHROME1", "ViewPosition": "PA"}}
    )
    (entry,) = prepare(settings(dir=str(folder), label="A"), seed=0).report.dicom
    steps = entry.steps
    assert (steps.stored, steps.modality, steps.slope, steps.intercept) == ("12-bit unsigned", "rescale", -2, 9000)
    assert (steps.display, steps.inverted, steps.padding, steps.view) == ("none", True, False, "PA")
    assert steps.transfer_syntax == "Explicit VR Little Endian"


def test_names_of_a_table_are_not_told_though_no_header_names_a_patient(write, tmp_path):
    table = tmp_path / "labels.csv"
    table.write_text("file,label\nCitizen^Jane.dcm,NORMAL\nCitizen^John.dcm,NORMAL\n")
    folder = write({"Citizen^Jane.dcm": {"patient": ""}})
    source = FolderSource(str(folder), DataSettings(dir=str(folder), labels=str(table), test=0.0))
    assert len(source.list_images()) == 1
    assert (source.labels.rows, source.labels.matched, source.labels.without_file) == (2, 1, [])
