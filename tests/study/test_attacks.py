"""What a stranger, another site or a reader who means harm can send: refused, with nothing given away."""

import socket
from urllib.parse import urlsplit

import httpx
import pytest

from dcgan_jax.study import guards
from tests.study.clients import NASTY, begin, count_answers, judge
from tests.study.studies import make_study, serving, sign_in, token_of

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
    monkeypatch.setattr(guards, "BODY_SECONDS", 0.1)
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
