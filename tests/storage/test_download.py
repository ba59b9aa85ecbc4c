import hashlib
import http.server
import re
import threading
from dataclasses import dataclass, field

import pytest

from dcgan_jax.storage import download as download_module
from dcgan_jax.storage.download import download
from tests.refusals import refused

CONTENT = bytes(range(256)) * 12_289  # a little over 3 MiB
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@dataclass
class Server:
    """What the server does, and what it saw."""

    url: str = ""
    content: bytes = CONTENT
    has_ranges: bool = True
    status: int = 0
    bytes_before_cut: list[int] = field(default_factory=list)
    ranges: list[int] = field(default_factory=list)


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(download_module, "SECONDS_BETWEEN_ATTEMPTS", 0.0)
    behavior = Server()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            start = int(re.match(r"bytes=(\d+)-", self.headers["Range"])[1])
            behavior.ranges.append(start)
            if behavior.status:
                self.send_error(behavior.status)
                return
            start = start if behavior.has_ranges else 0
            self.send_response(206 if behavior.has_ranges else 200)
            self.send_header("Content-Length", str(len(behavior.content) - start))
            self.end_headers()
            cut = behavior.bytes_before_cut.pop(0) if behavior.bytes_before_cut else len(behavior.content)
            self.wfile.write(behavior.content[start : start + cut])

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http_server:
        thread = threading.Thread(target=http_server.serve_forever, args=(0.01,))
        thread.start()
        behavior.url = f"http://127.0.0.1:{http_server.server_port}/file"
        yield behavior
        http_server.shutdown()
        thread.join()


def fetch(server, path):
    return download(server.url, path, len(CONTENT), SHA256, "the test file")


def test_file_arrives_and_is_not_fetched_twice(server, tmp_path):
    path = fetch(server, tmp_path / "deep" / "file")
    assert path.read_bytes() == CONTENT
    assert fetch(server, path) == path
    assert server.ranges == [0]


@pytest.mark.parametrize("has_ranges", [True, False])
def test_an_interrupted_download_is_continued_where_the_server_can(server, tmp_path, has_ranges):
    server.has_ranges = has_ranges
    (tmp_path / "file.part").write_bytes(CONTENT[:1_000_000])
    assert fetch(server, tmp_path / "file").read_bytes() == CONTENT
    assert server.ranges == [1_000_000]
    assert not (tmp_path / "file.part").exists()


def test_cut_connections_are_taken_up_again(server, tmp_path):
    server.bytes_before_cut = [1_000_000, 500_000]
    assert fetch(server, tmp_path / "file").read_bytes() == CONTENT
    assert server.ranges == [0, 1_000_000, 1_500_000]


def test_a_stale_part_is_fetched_again_from_the_start(server, tmp_path):
    (tmp_path / "file.part").write_bytes(b"of another version")
    assert fetch(server, tmp_path / "file").read_bytes() == CONTENT
    assert server.ranges == [18, 0]


def test_a_complete_part_needs_no_network(tmp_path):
    (tmp_path / "file.part").write_bytes(CONTENT)
    path = download("http://127.0.0.1:1/none", tmp_path / "file", len(CONTENT), SHA256, "the test file")
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize("content", [b"x" * len(CONTENT), CONTENT + b"more", CONTENT[:-1]])
def test_another_file_is_refused_and_not_kept(server, tmp_path, content):
    server.content = content
    with refused(server.url, tmp_path / "file", path=server.url):
        fetch(server, tmp_path / "file")
    assert not (tmp_path / "file").exists()


def test_a_wrong_file_put_there_by_hand_is_named(server, tmp_path):
    (tmp_path / "file").write_bytes(b"something else")
    with refused("the test file", SHA256, path=tmp_path / "file"):
        fetch(server, tmp_path / "file")
    assert server.ranges == []


def test_a_refusal_is_not_repeated(server, tmp_path):
    server.status = 404
    with refused("404 Not Found", tmp_path / "file", path=server.url):
        fetch(server, tmp_path / "file")
    assert server.ranges == [0]


def test_an_overloaded_server_is_asked_again(server, tmp_path):
    server.status = 503
    with refused("Service Unavailable", tmp_path / "file", path=server.url):
        fetch(server, tmp_path / "file")
    assert len(server.ranges) == download_module.ATTEMPTS


def test_offline_says_how_to_get_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr(download_module, "SECONDS_BETWEEN_ATTEMPTS", 0.0)
    with refused("Connection refused", tmp_path / "file", path="http://127.0.0.1:1/none"):
        download("http://127.0.0.1:1/none", tmp_path / "file", 3, SHA256, "the test file")


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "taken").write_text("a file, not a folder")
    with refused("the test file", path=tmp_path / "taken" / "file"):
        download("http://127.0.0.1:1/none", tmp_path / "taken" / "file", 3, SHA256, "the test file")
