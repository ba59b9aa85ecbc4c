"""train_files.tsv, written and read again, and how two of them differ."""

from dataclasses import replace

import pytest

from dcgan_jax.data.prepared import Example
from dcgan_jax.data.train_files import TrainFile, describe_difference, format_train_files, read_train_files
from tests.refusals import refused


def example(name, label="NORMAL", sha256="00"):
    return Example("train", 0, f"{label}/{name}", label, f"{label}/{name}", "x", sha256, 8, 8)


EXAMPLES = [example("a.png"), example("b.png"), example("c.png")]


def test_what_is_written_is_read_again_whatever_the_names(tmp_path):
    names = ["a\tb.png", 'quo"te.png', "new\nline.png", "re\rturn.png", "\r\n.png", "umläut.png", "bytes\udcff.png"]
    path = tmp_path / "train_files.tsv"
    path.write_bytes(format_train_files(map(example, names)).encode(errors="surrogateescape"))
    assert read_train_files(path) == tuple(
        TrainFile(f"NORMAL/{name}", "NORMAL", f"NORMAL/{name}", "00") for name in names
    )


def test_the_text_of_plain_names_is_what_it_has_always_been():
    # The identity of a run is a hash of it.
    assert format_train_files([example("a.png")]) == (
        "file\tclass\tpatient\tsha256\nNORMAL/a.png\tNORMAL\tNORMAL/a.png\t00\n"
    )


def test_lists_of_before_name_patients_without_the_class(tmp_path):
    path = tmp_path / "train_files.tsv"
    path.write_text("file\tclass\tpatient\tsha256\nNORMAL/p1/a.png\tNORMAL\tNORMAL/p1\t00\n")
    assert [row.patient for row in read_train_files(path)] == ["p1"]


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (None, "workdir"),
        (b"a\tb\n1\t2\n", "'file'"),
        (b"file\tclass\tpatient\tsha256\na\tb\n", "row 2"),
        (b"file\tclass\tpatient\tsha256\na\tb\tc\td\te\n", "row 2"),
        (b"file\tclass\tpatient\tsha256\na\tb\tc\t" + b"d" * 200_000 + b"\n", "131072"),
    ],
)
def test_what_is_no_list_is_named(tmp_path, content, named):
    path = tmp_path / "train_files.tsv"
    if content is not None:
        path.write_bytes(content)
    with refused(named, path=path):
        read_train_files(path)


def test_a_folder_in_its_place_is_named(tmp_path):
    (tmp_path / "train_files.tsv").mkdir()
    with refused("Is a directory", path=tmp_path / "train_files.tsv"):
        read_train_files(tmp_path / "train_files.tsv")


@pytest.mark.parametrize(
    ("here", "difference"),
    [
        (EXAMPLES, None),
        ([replace(one, patient="else") for one in EXAMPLES], None),  # who it is may be told otherwise later
        (EXAMPLES[1:], "3 images there, 2 here; NORMAL/a.png is not among those here"),
        ([*EXAMPLES, example("d.png")], "3 images there, 4 here; NORMAL/d.png is not among those there"),
        ([EXAMPLES[0], replace(EXAMPLES[1], sha256="11"), EXAMPLES[2]], "NORMAL/b.png has other pixels"),
        (EXAMPLES[::-1], "3 images there, 3 here, in another order"),
    ],
)
def test_the_first_difference_is_named(here, difference):
    found = describe_difference(EXAMPLES, here)
    assert (found is None) if difference is None else (difference in found)
