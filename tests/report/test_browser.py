"""The page in a real browser, on a desk and a phone: it asks for nothing, fits, and shows others' text as text."""

import json

import pytest

from dcgan_jax.report.write import write_report
from tests.report.workdirs import make_full
from tests.study.browser import DESK, launched, needs_chromium, opened
from tests.study.test_accessibility import RULES

pytestmark = needs_chromium

PHONE = {"width": 390, "height": 844}
MARKUP = "<img src=x onerror=\"document.title='run'\"><b>bold"


@pytest.fixture(scope="module")
def browser():
    with launched() as browser:
        yield browser


@pytest.fixture(scope="module")
def page_of_markup(tmp_path_factory):
    """The page of a run whose class, file names and folder are HTML; so are its readers' remarks."""
    root = make_full(tmp_path_factory.mktemp("page") / "a <b> & run")
    rows = (root / "train_files.tsv").read_text().replace("NORMAL", MARKUP)
    (root / "train_files.tsv").write_text(rows)
    (record,) = (root / "evaluation").glob("*.json")
    values = json.loads(record.read_text())
    values["warnings"].append(MARKUP)
    values["memorisation"]["closest"][0]["file"] = MARKUP
    record.write_text(json.dumps(values))
    record.rename(record.with_name("step_0000012_<b>_&.json"))
    return write_report(root, include_real=True)


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_asks_for_nothing_and_axe_core_finds_nothing(browser, page_of_markup, viewport, scheme):
    from axe_playwright_python.sync_playwright import Axe

    address = page_of_markup.as_uri()
    with opened(browser, address, viewport, color_scheme=scheme, bypass_csp=True) as page:  # axe is put into the page
        assert page.evaluate("document.documentElement.scrollWidth") == viewport["width"]
        assert page.evaluate("performance.getEntriesByType('resource').filter(e => !e.name.startsWith('data:'))") == []
        found = Axe().run(page, options={"runOnly": RULES})
        assert found.violations_count == 0, found.generate_report()


def test_what_others_wrote_stays_text(browser, page_of_markup):
    with opened(browser, page_of_markup.as_uri()) as page:
        assert page.title() == "a <b> & run: report"
        assert page.locator("b", has_text="bold").count() == 0
        assert page.get_by_text("ribs | too <b>smooth</b>").count() == 2
        assert page.get_by_text(MARKUP).count() >= 3
        assert page.locator("script").count() == 0
        record = page.get_by_role("link", name="step_0000012_<b>_&.json").first
        assert record.evaluate("link => link.href").endswith("/step_0000012_%3Cb%3E_%26.json")


def test_it_prints(browser, page_of_markup, tmp_path):
    with opened(browser, page_of_markup.as_uri(), color_scheme="dark") as page:
        printed = page.pdf(prefer_css_page_size=True)
        page.emulate_media(media="print")
        ground = page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--ground')")
    assert printed.startswith(b"%PDF")
    assert ground.strip() == "#fdfcfa"  # light on paper, also where the screen is dark
