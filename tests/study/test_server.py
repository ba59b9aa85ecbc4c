"""What the server gives to whom, and what it answers to those who ask for more."""

import json
import sqlite3
import threading

import httpx

from dcgan_jax.study.database import FILE
from dcgan_jax.study.opened import OpenedStudy
from dcgan_jax.study.store import Store
from tests.study.clients import NASTY, begin, count_answers, judge
from tests.study.studies import make_study, serving, sign_in, token_of


def test_a_reader_reads_to_the_end(planned):
    folder, codes = planned
    with serving(folder) as address:
        client = sign_in(address, codes[1])
        current = begin(client)
        assert (current["number"], current["of"]) == (1, 10)
        for number in range(1, 11):
            assert current["number"] == number
            assert len(client.get(current["images"][0]).content) == 64 * 64
            current = client.post("/answers", json=judge(current["item"])).json()
            assert current["outcome"] == "saved"
        assert current["item"] is None
        assert "Thank you" in client.get("/study").text
    assert count_answers(folder) == 12


def test_a_restart_asks_nothing_twice_and_loses_nothing(planned):
    folder, codes = planned
    with serving(folder) as address:
        client = sign_in(address, codes[1])
        first = begin(client)
        second = client.post("/answers", json=judge(first["item"])).json()
        cookies = client.cookies
    with serving(folder) as address:
        client = httpx.Client(base_url=address, cookies=cookies, trust_env=False)
        assert client.get("/current").json()["item"] == second["item"]


def test_double_clicks_and_a_second_window_change_nothing(served):
    address, codes = served
    client, window = sign_in(address, codes[1]), sign_in(address, codes[1])
    first = begin(client)
    assert window.get("/current").json()["item"] == first["item"]
    second = client.post("/answers", json=judge(first["item"])).json()
    again = window.post("/answers", json=judge(first["item"], choice="generated")).json()
    assert (again["outcome"], again["item"]) == ("answered before", second["item"])


def test_one_item_sent_many_times_at_once_is_one_answer(planned):
    folder, codes = planned
    with serving(folder) as address:
        client = sign_in(address, codes[1])
        first = begin(client)
        outcomes = []
        threads = [
            threading.Thread(target=lambda: outcomes.append(client.post("/answers", json=judge(first["item"])).json()))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(each["outcome"] for each in outcomes) == ["answered before"] * 7 + ["saved"]
    assert count_answers(folder) == 3


def test_consent_is_given_or_nothing_is_shown(served):
    address, codes = served
    client = sign_in(address, codes[1])
    page = client.get("/study").text
    item = page.partition('name="item" value="')[2].partition('"')[0]
    assert client.post("/steps", data={"form_token": token_of(page), "item": item}).status_code == 422
    assert client.get("/current").json() == {"item": None}


def test_only_the_image_that_is_due_is_given_and_only_to_its_reader(served):
    address, codes = served
    mine, yours = sign_in(address, codes[1]), sign_in(address, codes[2])
    current, other = begin(mine), begin(yours)
    later = mine.post("/answers", json=judge(current["item"])).json()
    assert mine.get(later["images"][0]).status_code == 200
    for path in (current["images"][0], other["images"][0], f"/images/{later['item']}/1", f"/images/{later['item']}/-1"):
        assert mine.get(path).status_code == 404, path
    assert mine.post("/answers", json=judge(other["item"])).status_code == 404
    assert httpx.get(address + later["images"][0], trust_env=False).status_code == 401
    assert sign_in(address, codes[0]).get(later["images"][0]).status_code == 404  # the organizer reads nothing


def test_progress_is_the_organizers_and_has_no_answer_in_it(served):
    address, codes = served
    client = sign_in(address, codes[1])
    begin(client)
    assert client.get("/progress").status_code == 404
    organizer = sign_in(address, codes[0])
    page = organizer.get("/progress").text
    assert "2 of 12" in page
    assert not {"generated", "correct", "accuracy"} & set(page.lower().split())
    assert organizer.get("/current").status_code == 404
    assert organizer.post("/answers", json={}).status_code == 404


def test_remarks_are_kept_as_they_are(tmp_path):
    _, codes = make_study(tmp_path / "study", naive=2, question="NORMAL / PNEUMONIA", readers=1)
    with serving(tmp_path / "study") as address:
        client = sign_in(address, codes[1])
        page = client.get("/study").text
        item = page.partition('name="item" value="')[2].partition('"')[0]
        client.post("/steps", data={"form_token": token_of(page), "item": item, "agreed": "yes"})
        for _ in range(2):
            described = client.get("/current").json()
            assert described["choices"] == []
            body = {"item": described["item"], "option": 1, "milliseconds": 5}
            assert client.post("/answers", json={**body, "choice": "real"}).status_code == 422  # not asked yet
            client.post("/answers", json=body)
        page = client.get("/study").text
        assert "generated" not in page
        item = page.partition('name="item" value="')[2].partition('"')[0]
        fields = {"form_token": token_of(page), "item": item, "noticed": "yes"}
        assert client.post("/steps", data={**fields, "text": "x" * 2001}).status_code == 422
        assert client.post("/steps", data={**fields, "text": NASTY[1]}).status_code == 303
    opened = OpenedStudy.open(tmp_path / "study")
    assert opened.store.read()[-1].answer == {"noticed": True, "text": NASTY[1]}
    opened.close()


def test_every_response_has_the_same_headers(served):
    address, codes = served
    client = sign_in(address, codes[1])
    current = begin(client)
    for path in ("/", "/study", "/current", current["images"][0], "/nothing", "/static/study.css"):
        headers = client.get(path).headers
        assert headers["cache-control"] == "no-store, no-transform"
        assert "'unsafe" not in headers["content-security-policy"]
        assert not {"server", "date", "etag", "last-modified", "content-disposition", "x-powered-by"} & set(headers)


def test_pages_load_nothing_from_elsewhere(served):
    address, codes = served
    client = sign_in(address, codes[1])
    begin(client)
    for path in (
        "/study",
        *(f"/static/{name}" for name in ("study.css", "reading.js", "viewer.js", "keys.js", "clock.js")),
    ):
        text = client.get(path).text
        assert "//" not in text.replace("http://www.w3.org", "").replace("// ", ""), path
        assert "<script>" not in text
        assert " style=" not in text


def test_a_full_disk_is_no_answer_and_no_loss(served, planned, monkeypatch):
    address, codes = served
    client = sign_in(address, codes[1])
    current = begin(client)

    def fail(*_):
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(Store, "_append", fail)
        assert client.post("/answers", json=judge(current["item"])).status_code == 503
    assert client.get("/current").json()["item"] == current["item"]
    assert client.post("/answers", json=judge(current["item"])).json()["outcome"] == "saved"


def test_the_key_is_not_read_while_the_study_is_open(planned):
    folder, codes = planned
    (folder / "key.json").unlink()
    with serving(folder) as address:
        client = sign_in(address, codes[1])
        current = begin(client)
        assert client.get(current["images"][0]).status_code == 200
        served = json.dumps(current) + client.get("/study").text
    database = (folder / FILE).read_bytes()
    assert b"phantom" not in database
    assert "phantom" not in served
