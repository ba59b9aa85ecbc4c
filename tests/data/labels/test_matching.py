from pathlib import Path

import pytest

from dcgan_jax.data.labels.matching import match_files
from tests.refusals import refused

TABLE = Path("table.csv")


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("a.png", "images_001/images/a.png"),
        ("a", "deep/down/a.png"),
        ("a.jpg", "converted/a.png"),
        ("CheXpert-v1.0-small/train/p1/view1.jpg", "train/p1/view1.jpg"),  # the row has more of the path
        ("p1/view1.jpg", "train/p1/view1.jpg"),  # the file has
        ("p1\\view1.jpg", "train/p1/view1.jpg"),
        ("./a.png", "a.png"),
        ("1.2.276.0.7230010", "images/1.2.276.0.7230010"),
    ],
)
def test_a_row_finds_its_file(name, file):
    others = ["train/p2/view1.jpg", "1.2.276.0.723001", "b.png"]
    assert match_files([name], [file, *others], TABLE) == ({name: file}, [], others)


def test_the_very_suffix_comes_before_others():
    assert match_files(["a.png"], ["x/a.jpg", "x/a.png"], TABLE).file_of == {"a.png": "x/a.png"}


def test_rows_without_files_and_files_without_rows_are_told():
    found = match_files(["p1/a.png", "p2/a.png"], ["p1/a.png", "p3/a.png"], TABLE)
    assert found == ({"p1/a.png": "p1/a.png"}, ["p2/a.png"], ["p3/a.png"])


@pytest.mark.parametrize(
    ("names", "files", "named"), [(["a"], ["x/a.png", "y/a.png"], "y/a.png"), (["a", "x/a"], ["x/a.png"], "x/a.png")]
)
def test_what_fits_twice_is_refused(names, files, named):
    with refused(named, field="config.data.labels", value=TABLE):
        match_files(names, files, TABLE)
