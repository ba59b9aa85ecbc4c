import csv
from pathlib import Path

import pytest

from dcgan_jax.evaluation.methods import COLUMNS, describe_methods, format_csv_row, format_latex_row
from dcgan_jax.evaluation.record import EvaluationRecord, read_evaluation


@pytest.fixture(scope="module")
def record() -> EvaluationRecord:
    return read_evaluation(Path(__file__).with_name("record_v0.json"))


def test_a_sentence_holds_what_methods_must_say(record):
    sentence = describe_methods(record)
    for part in ("NORMAL", "60 real", "64-dimensional", "10 sets of 24 images", "pytorch_fid", "sha256 abc"):
        assert part in sentence
    assert "6.14 (95% interval 5.62 to 6.66)" in sentence
    assert "at 36 against 24 images real ones scored 6.87, generated ones 6.8" in sentence
    assert "up to 25.0% would be" in sentence


def test_what_could_not_be_assessed_is_not_called_zero(record):
    open_question = record.memorization.model_copy(update={"memorised_share": "not assessable"})
    unknown = record.model_copy(update={"memorization": open_question, "memorised_share": "not assessable"})
    assert "could not be assessed" in describe_methods(unknown)
    assert format_csv_row(unknown).endswith(",")
    assert format_latex_row(unknown).endswith(r"-- \\")


def test_rows_have_the_columns_and_survive_their_readers(record):
    odd = record.model_copy(update={"real_images": record.real_images.model_copy(update={"label": "a_b, 5%"})})
    (row,) = csv.reader([format_csv_row(odd)])
    assert dict(zip(COLUMNS, row, strict=True)) == {
        **{"class": "a_b, 5%", "step": "12", "real": "60", "generated": "24", "FID": "6.14093", "KID": "0.000764111"},
        **{"precision": "0.883333", "recall": "0.881667", "coverage": "0.858333", "memorized share": "0"},
    }
    cells = format_latex_row(odd).split(" & ")
    assert len(cells) == len(COLUMNS)
    assert (cells[0], cells[4]) == (r"a\_b, 5\%", "6.14 (5.62--6.66)")
