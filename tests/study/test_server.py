"""What the server gives to whom, and what it answers to those who ask for more."""

import json
import socket
import sqlite3
import threading
from urllib.parse import urlsplit

import httpx
import pytest

from dcgan_jax.study.database import FILE
from dcgan_jax.study.guards import BodyLimit
from dcgan_jax.study.opened import OpenedStudy
from dcgan_jax.study.store import Store
from tests.study.studies import make_study, serving, sign_in, token_of

NASTY = (
    "' OR 1=1; DROP TABLE answers; --",
    "<script>alert(1)</script>",
    "{{ 7 * 7 }}",
    "../../key.json",
    "\x00",
    "🩻" * 50,
)


PATHS = (
    *("/key.json", "/static/../key.json", "/static/%2e%2e/%2e%2e/study/key.json", "/images/../../key.json/0"),
    *("/static/study.css%00", "/..%2fkey.json", "//etc/passwd", "/study/", "/openapi.json", "/.git/config"),
)


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    """The address and the codes of a study that nobody gets into."""
    folder = tmp_path_factory.mktemp("stranger") / "study"
    _, codes = make_study(folder)
    with serving(folder) as address:
        yield address, codes


def begin(client):
    """Goes through the pages of text to the first image."""
    for _ in range(2):
        page = client.get("/study").text
        item = page.partition('name="item" value="')[2].partition('"')[0]
        fields = {"form_token": token_of(page), "item": item, "agreed": "yes"}
        assert client.post("/steps", data=fields).status_code == 303
    return client.get("/current").json()


def judge(item, **changes):
    return {"item": item, "choice": "real", "confidence": 3, "milliseconds": 1200, **changes}


def count_answers(folder):
    opened = OpenedStudy.open(folder)
    count = len(opened.store.read())
    opened.close()
    return count


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


@pytest.mark.parametrize(
    "path",
    PATHS,
)
def test_no_path_leads_to_a_file(stranger, path):
    address, codes = stranger
    client = sign_in(address, codes[1])
    target = urlsplit(address)
    with socket.create_connection((target.hostname, target.port), timeout=10) as raw:  # as it stands, not made regular
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        raw.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: raw.recv(65536), b""))
    assert answer.split()[1] in (b"404", b"307"), answer[:200]
    assert b"generated" not in answer
    assert b"root:" not in answer


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


@pytest.mark.parametrize("cookie", ["", "x", "0" * 43, "../../etc", "' OR 1=1 --", "study"])
def test_forged_cookies_open_nothing(stranger, cookie):
    address, _ = stranger
    for path in ("/current", "/images/abc/0", "/progress"):
        response = httpx.get(address + path, cookies={"study": cookie}, trust_env=False)
        assert response.status_code == 401


def test_what_another_site_sends_is_refused(planned):
    folder, codes = planned
    with serving(folder) as address:
        client = sign_in(address, codes[1])
        current = begin(client)
        for token in ("", "0" * 64, "ä", codes[1]):
            headers = {"X-Form-Token": token.encode()}
            assert client.post("/answers", json=judge(current["item"]), headers=headers).status_code == 403
            assert client.post("/sign-out", data={"form_token": token}).status_code == 403
            assert client.post("/steps", data={"form_token": token, "item": "x"}).status_code == 403
        bare = httpx.Client(base_url=address, trust_env=False)
        assert bare.post("/sign-in", data={"code": codes[1]}).status_code == 403
        assert "study" not in bare.cookies
    assert count_answers(folder) == 2


def test_a_session_ends_when_it_is_signed_out_whatever_is_replayed(served):
    address, codes = served
    client = sign_in(address, codes[1])
    begin(client)
    token = client.cookies["study"]
    assert client.post("/sign-out", data={"form_token": client.headers["X-Form-Token"]}).status_code == 303
    assert httpx.get(f"{address}/current", cookies={"study": token}, trust_env=False).status_code == 401


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "localhost@evil.example"])
def test_requests_for_other_hosts_are_refused(stranger, host):
    address, _ = stranger
    response = httpx.get(address, headers={"Host": host}, trust_env=False)
    assert response.status_code == 400
    assert "Your code" not in response.text


def test_codes_cannot_be_tried_for_long(served):
    address, codes = served
    client = httpx.Client(base_url=address, trust_env=False)
    token = token_of(client.get("/").text)
    statuses = [
        client.post("/sign-in", data={"form_token": token, "code": f"AAAA-AAAA-AAAA-AAA{number}"}).status_code
        for number in range(12)
    ]
    assert statuses == [403] * 10 + [429] * 2
    assert client.post("/sign-in", data={"form_token": token, "code": codes[1]}).status_code == 429


@pytest.mark.parametrize("length", ["16385", "10485760", "1" * 30, "-1", "ten"])
def test_a_long_body_is_refused_before_it_is_read(stranger, length):
    address, _ = stranger
    target = urlsplit(address)
    with socket.create_connection((target.hostname, target.port), timeout=10) as raw:
        raw.sendall(f"POST /answers HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {length}\r\n\r\n".encode())
        assert raw.recv(4096).split()[1] in (b"413", b"400")


def test_ten_megabytes_in_pieces_are_refused(stranger):
    address, _ = stranger
    pieces = (b"x" * 65536 for _ in range(160))
    try:
        status = httpx.post(f"{address}/answers", content=pieces, trust_env=False).status_code
    except httpx.TransportError:
        return  # the server has closed the line: no answer, and nothing read
    assert status == 413


def test_a_slow_body_is_given_up(served, monkeypatch):
    address, _ = served
    monkeypatch.setattr(BodyLimit.__init__, "__defaults__", (0.1,))
    target = urlsplit(address)
    with socket.create_connection((target.hostname, target.port), timeout=10) as raw:
        raw.sendall(b"POST /answers HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{")
        assert raw.recv(4096).split()[1] == b"408"


@pytest.mark.parametrize("nasty", NASTY)
def test_nothing_in_a_field_is_more_than_text(planned, nasty):
    folder, codes = planned
    with serving(folder) as address:
        client = sign_in(address, codes[1])
        current = begin(client)
        bodies = [
            judge(nasty),
            *(judge(current["item"], **{name: nasty}) for name in ("choice", "confidence", "milliseconds", "option")),
            judge(current["item"], **{nasty: 1}),
            judge(current["item"], confidence=6),
            judge(current["item"], confidence=True),
            judge(current["item"], milliseconds=-1),
            judge(current["item"], choice="left"),
            judge(current["item"], option=0),
            judge([current["item"]]),
            nasty,
            [nasty],
            None,
        ]
        for body in bodies:
            response = client.post("/answers", json=body)
            assert response.status_code in (404, 422), (body, response.status_code)
            assert nasty not in response.text or nasty == "\x00"
        assert client.post("/answers", content="[" * 10_000).status_code == 422
        response = client.post("/sign-in", data={"form_token": nasty, "code": nasty})
        assert response.status_code == 403
        assert client.get("/current").json()["item"] == current["item"]
    assert count_answers(folder) == 2


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
