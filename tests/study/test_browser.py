"""Whole sessions in a real browser: by keyboard, by mouse and by touch; and nothing for axe-core to find."""

import io

import numpy as np
import pytest
from PIL import Image

from dcgan_jax.study.opened import OpenedStudy
from tests.study.browser import QUESTION, TABLET, needs_chromium, opened, option, wait_for_image
from tests.study.studies import make_study, serving

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """The folder, the address and the codes of a study for five readers."""
    folder = tmp_path_factory.mktemp("browser") / "study"
    _, codes = make_study(folder, readers=6, images=2, repeats=0.25, question=QUESTION, naive=2)
    with serving(folder) as address:
        yield folder, address, codes


def answers_of(folder, reader):
    study = OpenedStudy.open(folder)
    answers = [each.answer for each in study.store.read() if each.reader == reader and each.step.images]
    study.close()
    return answers


def test_a_session_by_keyboard_alone(browser, study):
    folder, address, codes = study
    with opened(browser, address) as page:
        page.locator("#code:focus").wait_for()  # by itself, before anybody can type
        page.keyboard.type(codes[1].lower())
        page.keyboard.press("Enter")
        page.get_by_label("I have read this and I take part.").wait_for()
        for key in ("Tab", "Space", "Tab", "Enter"):
            page.keyboard.press(key)
        for number in (1, 2):
            wait_for_image(page, number, 2)
            page.keyboard.press("w")
            page.keyboard.press("Enter")
        page.get_by_text("strike you as unusual").wait_for()
        for key in ("Tab", "Space", "Tab", *"no ribs", "Tab", "Enter"):
            page.keyboard.press(key)
        page.get_by_text("What you will do").wait_for()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        wait_for_image(page, 1, 5)
        page.keyboard.press("Enter")  # nothing chosen: it says what is missing and stays
        page.get_by_text("Please answer first: This image is").wait_for()
        for key in ("g", "4", "e", "+", "+", "ArrowLeft", "k", "o", "s", "Enter"):
            page.keyboard.press(key)
        wait_for_image(page, 2, 5)
        assert page.locator("#brightness").input_value() == "0"  # as it was, for each image
        page.keyboard.press("p")
        page.get_by_role("button", name="Go on", exact=True).wait_for()
        page.keyboard.press("Enter")
        # Without single keys: tabs, arrows and space.
        page.get_by_role("button", name="Keys").focus()
        page.keyboard.press("Enter")
        page.get_by_label("Use single keys").focus()
        page.keyboard.press("Space")
        page.get_by_role("button", name="Done").focus()
        page.keyboard.press("Enter")
        for number in (2, 3, 4, 5):
            wait_for_image(page, number, 5)
            page.keyboard.press("r")  # is off
            page.locator("[name=choice]").first.focus()
            for key in ("Space", "Tab", "ArrowRight", "Tab", "Space", "Tab", "Enter"):
                page.keyboard.press(key)
        page.get_by_role("heading", name="Thank you").wait_for()
    told = answers_of(folder, 1)[2:]
    assert [(each["choice"], each["confidence"], each["option"]) for each in told[:2]] == [
        ("generated", 4, 2),
        ("real", 2, 0),
    ]
    assert len(told) == 5
    assert all(20 < each["milliseconds"] < 60_000 for each in told)


def test_a_session_by_mouse(browser, study):
    folder, address, codes = study
    with opened(browser, address) as page:
        page.get_by_label("Your code").fill(codes[2])
        page.get_by_role("button", name="Continue").click()
        page.get_by_label("I have read this").check()
        page.get_by_role("button", name="Agree").click()
        for number in (1, 2):
            wait_for_image(page, number, 2)
            option(page, "PNEUMONIA").click()
            page.get_by_role("button", name="Save").click()
        option(page, "No").click()
        page.get_by_role("button", name="Continue").click()
        page.get_by_role("button", name="Start").click()
        wait_for_image(page, 1, 5)
        middle = middle_of(page)
        before = page.locator("#zoom").inner_text()
        page.mouse.move(*middle)
        page.mouse.wheel(0, -300)
        assert page.locator("#zoom").inner_text() != before
        page.mouse.down(button="right")
        page.mouse.move(middle[0] + 60, middle[1] - 40)
        page.mouse.up(button="right")
        assert page.locator("#brightness").input_value() != "0"
        assert page.locator("#contrast").input_value() != "0"
        page.mouse.dblclick(*middle)
        assert page.locator("#brightness").input_value() == "0"
        assert page.locator("#zoom").inner_text() == before
        for number in range(1, 6):
            wait_for_image(page, number, 5)
            option(page, "Real").click()
            option(page, "5").click()
            option(page, "can't say").click()
            page.get_by_role("button", name="Save").dblclick()  # a double click is one answer
            page.wait_for_timeout(30)
        page.get_by_role("heading", name="Thank you").wait_for()
    assert [(each["choice"], each["confidence"]) for each in answers_of(folder, 2)[2:]] == [("real", 5)] * 5


def test_a_session_by_touch_on_a_tablet(browser, study):
    folder, address, codes = study
    with opened(browser, address, TABLET, has_touch=True, is_mobile=True, device_scale_factor=2) as page:
        page.get_by_label("Your code").fill(codes[3])
        page.get_by_role("button", name="Continue").tap()
        page.get_by_label("I have read this").tap()
        page.get_by_role("button", name="Agree").tap()
        for number in (1, 2):
            wait_for_image(page, number, 2)
            option(page, "NORMAL").tap()
            page.get_by_role("button", name="Save").tap()
        option(page, "No").tap()
        page.get_by_role("button", name="Continue").tap()
        page.get_by_role("button", name="Start").tap()
        wait_for_image(page, 1, 5)
        before = page.locator("#zoom").inner_text()
        pinch(page, 100, 300)
        assert page.locator("#zoom").inner_text() != before
        page.get_by_role("button", name="Drag changes light").tap()
        swipe(page, 80)
        assert page.locator("#contrast").input_value() != "0"
        page.get_by_role("button", name="Reset").tap()
        page.locator("#zoom", has_text=before).wait_for()
        for number in range(1, 6):
            wait_for_image(page, number, 5)
            option(page, "Generated").tap()
            option(page, "2").tap()
            option(page, "NORMAL").tap()
            page.get_by_role("button", name="Save").tap()
        page.get_by_role("heading", name="Thank you").wait_for()
    assert [(each["choice"], each["confidence"]) for each in answers_of(folder, 3)[2:]] == [("generated", 2)] * 5


def touch(page, *stages):
    """Puts fingers on the screen, moves them from stage to stage, and takes them off."""
    client = page.context.new_cdp_session(page)
    kinds = ["touchStart", *["touchMove"] * (len(stages) - 1), "touchEnd"]
    for kind, points in zip(kinds, [*stages, []], strict=True):
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})
    client.detach()
    page.wait_for_timeout(400)  # as a finger takes to come down again; Chromium passes over a tap right after a swipe


def middle_of(page):
    box = page.locator("canvas").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def pinch(page, start, end):
    x, y = middle_of(page)
    touch(page, *([(x - spread / 2, y), (x + spread / 2, y)] for spread in range(start, end + 1, 40)))


def swipe(page, length):
    x, y = middle_of(page)
    touch(page, [(x, y)], [(x + length / 2, y)], [(x + length, y)])


def test_two_windows_reload_back_and_a_lost_connection(browser, study):
    folder, address, codes = study
    is_connected = True
    with opened(browser, address) as page:
        # Asked of every answer from the start: a route that is set later may miss the first request.
        page.route("**/answers", lambda route: route.continue_() if is_connected else route.abort())
        page.get_by_label("Your code").fill(codes[4])
        page.keyboard.press("Enter")
        page.get_by_label("I have read this").check()
        page.get_by_role("button", name="Agree").click()
        wait_for_image(page, 1, 2)
        other = page.context.new_page()
        other.goto(f"{address}/study")
        wait_for_image(other, 1, 2)
        page.keyboard.press("q")
        page.keyboard.press("Enter")
        wait_for_image(page, 2, 2)
        other.keyboard.press("w")
        other.keyboard.press("Enter")  # the first answer stays
        wait_for_image(other, 2, 2)
        other.close()
        page.reload()
        wait_for_image(page, 2, 2)
        page.go_back()
        page.goto(f"{address}/study")
        wait_for_image(page, 2, 2)
        page.keyboard.press("e")
        is_connected = False
        page.keyboard.press("Enter")
        page.get_by_text("No connection to the study").wait_for()
        is_connected = True
        page.get_by_text("strike you as unusual").wait_for()
    assert [each["option"] for each in answers_of(folder, 4)] == [0, 2]


def test_pauses_and_hidden_windows_take_no_time(browser, study):
    folder, address, codes = study
    with opened(browser, address) as page:
        page.get_by_label("Your code").fill(codes[5])
        page.keyboard.press("Enter")
        page.get_by_label("I have read this").check()
        page.get_by_role("button", name="Agree").click()
        wait_for_image(page, 1, 2)
        page.get_by_role("button", name="Pause").click()
        page.wait_for_timeout(1500)
        page.get_by_role("button", name="Go on", exact=True).click()
        page.locator("#where:focus").wait_for()  # before, Enter would mean the button that had the focus
        page.keyboard.press("q")
        page.keyboard.press("Enter")
        wait_for_image(page, 2, 2)
    (answer,) = answers_of(folder, 5)
    assert answer["milliseconds"] < 1500


def test_the_canvas_shows_every_pixel_at_a_whole_number_of_pixels(browser, tmp_path):
    make = make_study(tmp_path / "study", readers=1, images=2)
    with serving(tmp_path / "study") as address, opened(browser, address) as page:
        page.get_by_label("Your code").fill(make[1][1])
        page.keyboard.press("Enter")
        page.get_by_label("I have read this").check()
        page.get_by_role("button", name="Agree").click()
        page.get_by_role("button", name="Start").click()
        wait_for_image(page, 1, 5)
        page.keyboard.press("s")  # nearest
        shown = page.locator("canvas").screenshot()
        assert page.locator("#zoom").inner_text()[:-1] == "10"  # 64 pixels in 662
        study = OpenedStudy.open(tmp_path / "study")
        expected = study.image(study.store.place(1).step.images[0])
        study.close()
    seen = np.array(Image.open(io.BytesIO(shown)).convert("L"))
    left, top = (seen.shape[1] - 639) // 2, (seen.shape[0] - 639) // 2  # rounded up
    blocks = seen[top : top + 640, left : left + 640].reshape(64, 10, 64, 10)
    image = np.frombuffer(expected, np.uint8).reshape(64, 1, 64, 1)
    assert np.abs(blocks.astype(int) - image).max() <= 1
