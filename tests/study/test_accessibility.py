"""Nothing for axe-core to find on any page, on a desk and on a tablet."""

from tests.study.browser import DESK, QUESTION, TABLET, needs_chromium, option, wait_for_image
from tests.study.studies import make_study, serving

pytestmark = needs_chromium

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def test_axe_core_finds_nothing(browser, tmp_path):
    from axe_playwright_python.sync_playwright import Axe

    checked = []

    def check(page, name):
        found = Axe().run(page, options={"runOnly": RULES})
        assert found.violations_count == 0, (name, found.generate_report())
        checked.append(name)

    for design in ("rating", "pairs"):
        _, codes = make_study(tmp_path / design, design=design, readers=1, images=2, question=QUESTION, naive=1)
        with serving(tmp_path / design) as address:
            for viewport in (DESK, TABLET):
                context = browser.new_context(viewport=viewport, bypass_csp=True)  # axe is put into the page
                page = context.new_page()
                page.goto(address)
                check(page, "sign in")
                page.get_by_label("Your code").fill("AAAA")
                page.keyboard.press("Enter")
                page.get_by_role("alert").wait_for()
                check(page, "refused code")
                page.get_by_label("Your code").fill(codes[1])
                page.keyboard.press("Enter")
                if viewport == DESK:
                    page.get_by_label("I have read this").wait_for()
                    check(page, "consent")
                    page.get_by_label("I have read this").check()
                    page.get_by_role("button", name="Agree").click()
                    wait_for_image(page, 1, 1)
                    check(page, "naive")
                    page.keyboard.press("q")
                    page.keyboard.press("Enter")
                    page.get_by_text("No", exact=True).wait_for()
                    check(page, "remark")
                    option(page, "No").click()
                    page.get_by_role("button", name="Continue").click()
                    page.get_by_role("button", name="Start").wait_for()
                    check(page, "instructions")
                    page.get_by_role("button", name="Start").click()
                page.locator("#where", has_text=" 1 of ").wait_for()
                check(page, "read")
                page.get_by_role("button", name="Pause").click()
                check(page, "paused")
                page.get_by_role("button", name="Go on", exact=True).click()
                page.get_by_role("button", name="Keys").click()
                check(page, "keys")
                page.goto(f"{address}/nothing")
                check(page, "nothing")
                context.close()
            context = browser.new_context(viewport=DESK, bypass_csp=True)
            page = context.new_page()
            page.goto(address)
            page.get_by_label("Your code").fill(codes[0])
            page.keyboard.press("Enter")
            page.get_by_role("heading", name="Progress").wait_for()
            check(page, "progress")
            context.close()
    assert len(checked) == 2 * (4 + 6 + 6 + 1)
