"""What the report of a prepared set says, and warns of."""

from dataclasses import replace

import pytest

from dcgan_jax.data.class_tells import FileKind
from dcgan_jax.data.decoding import Decoded, DecodedImage
from dcgan_jax.data.findings import create_report
from dcgan_jax.data.intensity import DepthGroup
from dcgan_jax.data.prepared import Example
from dcgan_jax.data.reading.stored_image import BadImageError, UnreadableFileError
from dcgan_jax.data.report import LeftOut, PreparedReport
from dcgan_jax.data.report_text import describe_classes, describe_report, find_warnings
from dcgan_jax.data.sources.source import Source, SourceImage
from tests.refusals import refused


class EmptySource(Source):
    name, fingerprint = "folder x", "00"
    list_images = num_bytes = read_file = lambda *_: None

    def __init__(self, **passed_over):
        self.passed_over = passed_over


def example(split, label, name, width, height):
    file = f"{split}/{label}/{name}.png"
    return Example(split, 0, file, label, f"conservative {name}", f"published {name}", name, width, height)


def flawed(file, flaw):
    return DecodedImage(SourceImage("train", "A", file), 0, "00", 9, 9, False, flaw)


@pytest.fixture
def report(settings):
    """Makes the report of some images, with its warnings."""

    def create(examples, decoded=None, copies=(), **passed_over):
        report = create_report(
            examples, decoded or Decoded([], [], []), EmptySource(**passed_over), settings(), 1.0, copies
        )
        return report.model_copy(update={"warnings": tuple(find_warnings(report, examples))})

    return create


TRAINING = [example("train", "A", str(n), 9, 9) for n in range(5)]
COMPLETE = [*TRAINING, example("test", "A", "t", 9, 9)]
"""Enough for no warning."""


def test_sizes_are_those_of_the_sources_by_class(report):
    examples = [example("train", "A", str(n), width, 100) for n, width in enumerate((120, 130, 200))]
    found = report([*examples, example("train", "B", "b", 160, 100)])
    assert found.sizes["A"].model_dump() == {
        "least": (120, 100),
        "median": (130, 100),
        "greatest": (200, 100),
        "median_width_to_height": 1.3,
    }
    assert any("image shapes differ between the classes" in warning for warning in found.warnings)


def test_images_and_patients_of_each_class_are_counted(report):
    assert describe_classes(report([*COMPLETE, example("train", "B", "b", 9, 9)])) == [
        "A: 5 train of 5 patients, 1 test of 1 patient",
        "B: 1 train of 1 patient",
    ]


def test_nothing_to_warn_of_is_no_warning(report):
    found = report(COMPLETE)
    assert found.warnings == ()
    assert "Warnings" not in describe_report(found)


def test_files_of_nobody_known_are_warned_of_with_the_remedy(report):
    nobody = replace(example("train", "A", "x", 9, 9), patient="train/A/x.png", published_patient="train/A/x.png")
    found = report([*COMPLETE, nobody])
    assert found.files_without_patient == 1
    (warning,) = found.warnings
    assert "names of 1 of 7 files" in warning
    assert "a folder of their own below the class" in warning


def test_a_class_that_is_one_patient_is_warned_of(report):
    of_one = [replace(example("train", "B", f"b{n}", 9, 9), patient="scans") for n in range(3)]
    found = report([*COMPLETE, *of_one, example("test", "B", "c", 9, 9)])
    (warning,) = found.warnings
    assert warning.startswith("all 3 training images of B count as one patient, scans")


@pytest.mark.parametrize(("patients", "is_warned_of"), [(2, True), (4, True), (5, False)])
def test_fewer_than_five_patients_are_warned_of(patients, is_warned_of, report):
    training = [replace(example("train", "A", str(n), 9, 9), patient=str(n % patients)) for n in range(10)]
    warnings = report([*training, COMPLETE[-1]]).warnings
    assert [warning.split(",")[0] for warning in warnings] == is_warned_of * [
        f"10 training images of A are of {patients} patients"
    ]


def test_classes_without_test_images_are_warned_of(report):
    (warning,) = report(TRAINING).warnings
    assert warning.startswith("no image is in a test split")
    others = [replace(image, label="B", sha256=f"B{image.sha256}") for image in TRAINING]
    (warning,) = report([*COMPLETE, *others]).warnings
    assert warning.startswith("no image of B is in the test split")


def test_copies_across_splits_and_classes_are_warned_of_by_their_names(report):
    test, same = COMPLETE[-1], replace(example("train", "A", "x", 9, 9), sha256=COMPLETE[-1].sha256)
    other = replace(example("test", "B", "y", 9, 9), sha256=TRAINING[0].sha256)
    found = report(
        [*COMPLETE, same, other, *(example("train", "B", f"b{n}", 9, 9) for n in range(5))], copies=[(1, 5), (5, 6)]
    )
    assert found.duplicates.across_splits == [["train/A/0.png", "test/B/y.png"], ["test/A/t.png", "train/A/x.png"]]
    assert found.duplicates.across_classes == (["train/A/0.png", "test/B/y.png"],)
    assert found.near_copies == (("train/A/1.png", "test/A/t.png"),)  # 5 and 6 are equal, and told already
    assert test.file == "test/A/t.png"
    said = "\n".join(found.warnings)
    for sentence in (
        "2 images are in several splits, pixel by pixel",
        "1 image is in several classes, pixel by pixel",
        "1 image is in several splits, saved otherwise: scores on those are too good (train/A/1.png, test/A/t.png",
    ):
        assert sentence in said
    assert "- train/A/1.png, test/A/t.png" in describe_report(found)


def test_what_tells_classes_apart_is_warned_of_with_the_worst_pair(report):
    kinds = {"A": FileKind("PNG", "gray"), "B": FileKind("JPEG", "gray"), "C": FileKind("PNG", "color")}
    good = [
        replace(flawed(f"{label}{n}", None), image=SourceImage("train", label, f"{label}{n}"), kind=kind)
        for label, kind in kinds.items()
        for n in range(30)
    ]
    found = report(COMPLETE, Decoded(good, [], []))
    assert {(tell.what, tell.first, tell.second, tell.accuracy) for tell in found.tells} == {
        ("file format", "A", "B", 1.0),
        ("file format", "B", "C", 1.0),
        ("color", "A", "C", 1.0),
        ("color", "B", "C", 1.0),
    }
    (warning,) = found.warnings
    assert "A can be told from B" in warning
    assert "and 2 other pairs of classes, by file format (100%); 50% is chance" in warning


def test_patients_of_several_classes_are_counted_and_those_in_several_splits_warned_of(report):
    examples = [
        replace(example(split, label, f"{split}{label}", 9, 9), patient="p7", published_patient="p7")
        for split, label in (("train", "A"), ("test", "B"))
    ]
    found = report(examples)
    for patients in (found.patients.conservative, found.patients.published):
        assert (patients.in_several_classes, patients.in_several_splits) == (1, 1)
        assert patients.images_of_those == {"train": 1, "test": 1}
    assert any("1 patient is in several splits (1 in train, 1 in test)" in warning for warning in found.warnings)


def test_what_was_left_out_is_counted_by_reason_on_the_console_and_listed_in_the_text(report):
    bad = [BadImageError(f"A/{n}.png", "it is empty") for n in range(3)]
    bad.append(UnreadableFileError("A/\udce4.png", "it can't be read (Permission denied)"))
    found = report(COMPLETE, Decoded([], list(map(LeftOut.of, bad)), []))
    (warning,) = found.warnings
    assert "4 of 10 files are left out" in warning
    assert "3 files, A/0.png for one: it is empty; 1 file, A/\\xe4.png for one: it can't be read" in warning
    assert [entry.unreadable for entry in found.left_out] == [False, False, False, True]
    assert "- A/2.png: it is empty" in describe_report(found)


def test_files_that_are_no_images_are_counted_by_suffix(report):
    found = report(COMPLETE, **{".dcm": 12, "masks": 1, "nothing": 0})
    assert found.passed_over == {".dcm": 12, "masks": 1}
    assert found.warnings == ("passed over beside the images: 12 .dcm, 1 masks",)


def test_images_that_are_hardly_any_are_warned_of_by_what_they_are(report):
    good = [flawed("a", "blank"), flawed("b", "limited"), flawed("c", "limited")]
    found = report(COMPLETE, Decoded(good, [], []))
    assert found.warnings == (
        "1 image is blank (a for one): look at them",
        "2 images are limited (b for one): look at them",
    )
    assert "- c: limited" in describe_report(found)


def test_depth_groups_are_listed_and_several_are_warned_of(report):
    twelve = DepthGroup(sample="16-bit unsigned", used_bits=12, files=16, low=12, high=4095)
    floats = DepthGroup(sample="32-bit float", used_bits=1, files=1, low=0, high=1)
    assert report(COMPLETE, Decoded([], [], [twelve])).warnings == ()
    found = report(COMPLETE, Decoded([], [], [twelve, floats]))
    (warning,) = found.warnings
    for said in ("16 files of 16-bit unsigned values that use 12 bits, 12 to 4095", "1 file of 32-bit float values"):
        assert said in warning
        assert said in describe_report(found)


def test_names_of_classes_are_no_markup(report):
    found = report([replace(TRAINING[0], label="<img src=x>|*b*")])
    assert "<img" not in describe_report(found)
    assert "|*b*" not in describe_report(found)


def test_a_report_is_read_again_as_it_was_written(report, tmp_path):
    found = report(COMPLETE, Decoded([flawed("\udcff", "blank")], [], []), **{".gz": 1})
    found.write(tmp_path / "report.json")
    assert PreparedReport.read(tmp_path / "report.json") == found


def test_a_field_that_is_no_number_is_named(report, tmp_path):
    found = report(COMPLETE).model_dump_json().replace('"seconds":1.0', '"seconds":"long"')
    (tmp_path / "report.json").write_text(found)
    with refused("seconds", path=tmp_path / "report.json"):
        PreparedReport.read(tmp_path / "report.json")
