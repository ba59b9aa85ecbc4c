"""A headless Chromium for tests, where there is one."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]
QUESTION = "NORMAL / PNEUMONIA / can't say"
DESK, TABLET = {"width": 1280, "height": 720}, {"width": 820, "height": 1180}
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium")


@contextmanager
def launched() -> Iterator[object]:
    """Yields a browser while entered."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(browser, address, viewport=DESK, **options):
    """A page in a profile of its own; what the console says of errors or refusals fails the test."""
    context = browser.new_context(viewport=viewport, **options)
    page = context.new_page()
    page.set_default_timeout(20_000)
    said, asked = [], []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    yield page
    context.close()
    assert not [text for text in said if "ERR_" not in text], said
    assert all(url.startswith(address) for url in asked), asked


def wait_for_image(page, number, of, kind="Image"):
    page.locator("#where", has_text=f"{kind} {number} of {of}").wait_for()
    page.wait_for_timeout(50)


def option(page, text):
    return page.locator("label.option").filter(has_text=re.compile(f"^{text}"))
