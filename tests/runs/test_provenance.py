"""What a run says it was trained on is believed only as far as it can do no harm."""

import pytest

from dcgan_jax.runs.provenance import read_provenance
from tests.refusals import refused

HEADER = "file\tclass\tpatient\tsha256\n"


def write(path, label):
    path.write_text(f"{HEADER}a.png\t{label}\t1\tab\n")
    return path


@pytest.mark.parametrize("label", ["NORMAL", "No finding", "COVID-19 (severe)", "結核"])
def test_classes_that_can_name_a_folder_are_read(tmp_path, label):
    assert read_provenance(write(tmp_path / "train_files.tsv", label)).labels == [label]


@pytest.mark.parametrize(
    "label", ["..", "../..", "/etc", "a/b", "a\\b", "", ".", ".hidden", "a\x00b", "a\x1b[31m", "a" * 300]
)
def test_classes_that_lead_out_of_a_folder_or_hide_in_it_are_refused(tmp_path, label):
    path = write(tmp_path / "train_files.tsv", label)
    with refused(repr(label), path=path):
        read_provenance(path)


@pytest.mark.parametrize(
    "text", ["", "file\tclass\n", "a,b\n1,2\n", f"{HEADER}a.png\tNORMAL\n", f"{HEADER}" + "x" * 200_000]
)
def test_a_file_that_is_no_such_list_is_named(tmp_path, text):
    (tmp_path / "train_files.tsv").write_text(text)
    with refused(path=tmp_path / "train_files.tsv"):
        read_provenance(tmp_path / "train_files.tsv").count("NORMAL")
