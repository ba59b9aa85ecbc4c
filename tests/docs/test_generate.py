"""The pages made from the code say what the code says."""

import runpy
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = runpy.run_path(str(DOCS / "generate.py"))["create_pages"]()


@pytest.mark.parametrize("place", PAGES)
def test_a_page_is_up_to_date(place):
    assert (DOCS / place).read_text() == PAGES[place], "run `python docs/generate.py`"
