"""A sentence that recommends a field names one that there is."""

import re

import pytest

from dcgan_jax.settings import Settings
from tests.launching import REPOSITORY

FIELDS = {*Settings.field_names(), *Settings.sections()}
PLACES = [
    *REPOSITORY.glob("dcgan_jax/**/*.py"),
    *REPOSITORY.glob("cloud/*"),
    *REPOSITORY.glob("docs/*.md"),
    REPOSITORY / "README.md",
]


@pytest.mark.parametrize("path", PLACES, ids=lambda path: path.name)
def test_every_field_that_is_named_is_one(path):
    named = set(re.findall(r"(?:--|[^\w./-])config\.([a-z]\w*(?:\.[a-z]\w*)?)(?!\w*\()", path.read_text()))
    assert named - {"json"} <= FIELDS  # config.json is a file
