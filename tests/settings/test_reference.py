"""What is said of a field is what its declaration says."""

import re

from dcgan_jax.settings import Settings
from dcgan_jax.settings.reference import format_help, format_page, list_fields

FIELDS = {field.name: field for _, _, fields in list_fields() for field in fields}


def test_every_field_has_a_sentence():
    assert list(FIELDS) == Settings.field_names()
    assert not [field.name for field in FIELDS.values() if not re.fullmatch(r"[A-Z`a-z].*\.", field.sentence)]


def test_types_ranges_defaults_and_units_are_told():
    assert FIELDS["data.holdout"][1:4] == ("number >= 0, < 1", "0.0", "share of patients")
    assert FIELDS["data.image_size"][1:4] == ("`64`, `128`, `256`, `512`", "128", "pixels a side")
    assert FIELDS["train.batch_size"][1:4] == ("whole number >= 2, a multiple of 2", "128", "images")
    assert FIELDS["trial.fractions"][1:3] == ("list of number > 0, <= 1", "1.0")
    assert FIELDS["trial.runs"][1:3] == ("list of path", "")
    assert FIELDS["checkpoint.dir"].values == "path"
    assert FIELDS["data.label"][1:3] == ("text", "NORMAL")


def test_the_page_and_the_help_name_every_field():
    page, text = format_page(), format_help()
    for name in Settings.field_names():
        assert f"| `{name}` |" in page
        assert f"--config.{name}=" in text
