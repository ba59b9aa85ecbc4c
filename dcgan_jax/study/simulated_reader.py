"""A reader that is a program: `python -m dcgan_jax.study.simulated_reader http://127.0.0.1:8000 CODE`.

It walks through a study as a browser does, to try one out before people read. Without a skill of its own it takes the
grainier half of what it has seen for real.
"""

import argparse
import http.cookiejar
import json
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import UInt8

Look = Callable[[Sequence[UInt8[np.ndarray, "size size"]], Mapping[str, Any]], Mapping[str, Any]]
"""What is seen, and what the page knows of it -> choice and confidence."""


class SimulatedReader:
    """One signed-in reader.

    Attributes:
      answered: how many images were answered.
    """

    def __init__(self, address: str, code: str, look_fn: Look, seconds: float = 30.0):
        """Signs in at a server's address with a reader's code; `look_fn` judges what is seen.

        The server may take so many seconds for an answer.
        """
        self._address, self._look_fn, self._seconds, self.answered = address.rstrip("/"), look_fn, seconds, 0
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), jar)
        self._page = self._open("/").decode()
        self._submit("/sign-in", code=code)

    def read_all(self) -> None:
        """Answers everything there is to answer."""
        while self.take_step():
            pass

    def take_step(self) -> bool:
        """Answers one step; returns whether there was one."""
        described = json.loads(self._open("/current"))
        if described["item"] is None:
            self._page = self._open("/study").decode()
            item = _find(r'name="item" value="([^"]+)"', self._page)
            if item is None:
                return False
            self._submit("/steps", item=item, agreed="yes", noticed="no", text="")
            return True
        size = described["size"]
        seen = [np.frombuffer(self._open(path), np.uint8).reshape(size, size) for path in described["images"]]
        answer = {"item": described["item"], "milliseconds": 1000, **self._look_fn(seen, described)}
        self._page = self._open("/study").decode()
        if not described["choices"]:
            del answer["choice"], answer["confidence"]
        if 'name="option"' in self._page:
            answer["option"] = 0
        token = _find(r'name="form-token" content="([^"]+)"', self._page) or ""
        headers = {"Content-Type": "application/json", "X-Form-Token": token}
        self._open("/answers", json.dumps(answer).encode(), headers)
        self.answered += 1
        return True

    def _submit(self, path: str, **fields: str) -> None:
        token = _find(r'name="form_token" value="([^"]+)"', self._page) or ""
        self._page = self._open(path, urllib.parse.urlencode({"form_token": token, **fields}).encode()).decode()

    def _open(self, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> bytes:
        request = urllib.request.Request(self._address + path, body, dict(headers or {}))
        with self._opener.open(request, timeout=self._seconds) as response:
            return response.read()


class GrainJudge:
    """Takes what is grainier than what came before for real."""

    def __init__(self) -> None:
        self._seen: list[float] = []

    def __call__(
        self, images: Sequence[UInt8[np.ndarray, "size size"]], described: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """See `Look`."""
        grain = [float(np.abs(np.diff(image[4:-4, 4:-4].astype(float), 2)).mean()) for image in images]
        self._seen += grain
        if len(images) == 2:
            return {"choice": "left" if grain[0] > grain[1] else "right", "confidence": 3}
        rank = float((np.array(self._seen) < grain[0]).mean())
        return {"choice": "real" if rank > 0.5 else "generated", "confidence": 1 + min(4, int(abs(rank - 0.5) * 10))}


def _find(pattern: str, text: str) -> str | None:
    found = re.search(pattern, text)
    return found and found[1]


def main(arguments: Sequence[str] | None = None) -> int:
    """Reads a study to its end."""
    parser = argparse.ArgumentParser(description="Reads a study as a program, to try it out.")
    parser.add_argument("address", help="as the server says it, http://127.0.0.1:8000")
    parser.add_argument("code", help="of a reader")
    given = parser.parse_args(arguments)
    try:
        reader = SimulatedReader(given.address, given.code, GrainJudge())
        reader.read_all()
    except urllib.error.URLError as error:
        print(f"{given.address} does not take this: {error}", file=sys.stderr)
        return 2
    print(f"answered {reader.answered} images")
    return 0


if __name__ == "__main__":
    sys.exit(main())
