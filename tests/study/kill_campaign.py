"""Kills the server at random moments under many readers: `python -m tests.study.kill_campaign --kills=300`.

Every reader sends answers as fast as they are taken, notes which were acknowledged, and tries again when the line
breaks.
At the end no acknowledged answer may be missing or changed, none doubled, and the chain of hashes must hold.
"""

import argparse
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import httpx

from dcgan_jax.study.opened import OpenedStudy
from tests.study.studies import make_study, token_of

SERVE = """
import asyncio, socket, sys
from pathlib import Path
from dcgan_jax.study.opened import OpenedStudy
from dcgan_jax.study.server import serve
listener = socket.create_server(("127.0.0.1", int(sys.argv[2])))
asyncio.run(serve(OpenedStudy.open(Path(sys.argv[1])), listener, ["127.0.0.1"]))
"""
SECONDS = 60.0
"""That a server may take to answer again before the campaign gives up."""


class Reader(threading.Thread):
    """One reader, and what was acknowledged to them: item -> confidence."""

    def __init__(self, address: str, code: str, seed: int):
        super().__init__(daemon=True)
        self.acknowledged: dict[str, int] = {}
        self.error: Exception | None = None
        self.is_stopped = threading.Event()
        self._address, self._code, self._rng = address, code, random.Random(seed)

    def run(self) -> None:
        """Reads until there is nothing left, or it is stopped."""
        try:
            with httpx.Client(base_url=self._address, trust_env=False, timeout=5) as client:
                self._read(client)
        except Exception as error:
            self.error = error

    def _read(self, client: httpx.Client) -> None:
        page = self._ask(client, "GET", "/").text
        self._ask(client, "POST", "/sign-in", data={"form_token": token_of(page), "code": self._code})
        token = None
        while not self.is_stopped.is_set():
            current = self._ask(client, "GET", "/current").json()
            if current["item"] is None:
                page = self._ask(client, "GET", "/study").text
                if "Thank you" in page:
                    return
                item = page.partition('name="item" value="')[2].partition('"')[0]
                self._ask(client, "POST", "/steps", data={"form_token": token_of(page), "item": item, "agreed": "yes"})
                continue
            if token is None:
                page = self._ask(client, "GET", "/study").text
                token = page.partition('name="form-token" content="')[2].partition('"')[0]
            confidence = self._rng.randint(1, 5)
            answer = {"item": current["item"], "choice": "real", "confidence": confidence, "milliseconds": 1}
            response = self._ask(client, "POST", "/answers", json=answer, headers={"X-Form-Token": token})
            if response.json()["outcome"] == "saved":
                self.acknowledged[current["item"]] = confidence

    def _ask(self, client: httpx.Client, method: str, path: str, **options) -> httpx.Response:
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                response = client.request(method, path, **options)
                if response.status_code < 500:
                    assert response.status_code < 400, (path, response.status_code)
                    return response
            except httpx.TransportError:
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.02)


def start(folder: Path, port: int) -> subprocess.Popen:
    """Starts a server, and returns when it answers."""
    process = subprocess.Popen([sys.executable, "-c", SERVE, str(folder), str(port)], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        try:
            httpx.get(f"http://127.0.0.1:{port}/static/icon.svg", trust_env=False, timeout=2)
            return process
        except httpx.TransportError:
            assert process.poll() is None, "the server did not start"
            time.sleep(0.02)
    raise AssertionError("the server did not answer")


def run_campaign(folder: Path, kills: int, readers: int, images: int, seed: int) -> Mapping[str, int]:
    """Kills the server so often, and returns what became of the answers."""
    _, codes = make_study(folder, readers=readers, images=images, repeats=0.0)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    rng = random.Random(seed)
    address = f"http://127.0.0.1:{port}"
    process = start(folder, port)
    threads = [Reader(address, codes[reader], seed + reader) for reader in range(1, readers + 1)]
    for thread in threads:
        thread.start()
    killed = 0
    while killed < kills and any(thread.is_alive() for thread in threads):
        time.sleep(rng.uniform(0.02, 0.6))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        killed += 1
        process = start(folder, port)
    for thread in threads:
        thread.is_stopped.set()
    for thread in threads:
        thread.join(SECONDS)
    process.kill()
    process.wait()
    return {"kills": killed, **check(folder, threads)}


def check(folder: Path, threads: list[Reader]) -> dict[str, int]:
    """Compares what was acknowledged with what is kept; raises where they differ."""
    errors = [thread.error for thread in threads if thread.error]
    assert not errors, errors
    study = OpenedStudy.open(folder)
    kept = study.store.read()  # walks the chain of hashes
    study.close()
    by_item = {each.step.item: each.answer for each in kept}
    assert len(by_item) == len(kept), "an answer is doubled"
    acknowledged = {item: confidence for thread in threads for item, confidence in thread.acknowledged.items()}
    lost = [item for item, confidence in acknowledged.items() if by_item.get(item, {}).get("confidence") != confidence]
    assert not lost, f"{len(lost)} acknowledged answers are lost or changed"
    return {"acknowledged": len(acknowledged), "kept": len(kept)}


def main() -> None:
    """Runs the campaign and prints its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--readers", type=int, default=20)
    parser.add_argument("--images", type=int, default=1000, help="of each kind, enough to outlast the kills")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        print(json.dumps(run_campaign(Path(temporary) / "study", given.kills, given.readers, given.images, given.seed)))


if __name__ == "__main__":
    main()
