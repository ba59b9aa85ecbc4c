"""Shared by the tests of the study: one that is planned and served, for tests that leave no answers behind."""

import pytest

from tests.study.browser import launched
from tests.study.studies import make_study, serving


@pytest.fixture
def planned(tmp_path):
    """A folder with a small study, and its codes."""
    _, codes = make_study(tmp_path / "study")
    return tmp_path / "study", codes


@pytest.fixture
def served(planned):
    """The address of that study, and its codes."""
    folder, codes = planned
    with serving(folder) as address:
        yield address, codes


@pytest.fixture(scope="module")
def browser():
    with launched() as browser:
        yield browser
