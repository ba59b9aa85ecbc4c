"""What stands before every page: limits on bodies, the same headers on every response, limits on tries."""

import asyncio
import time
from collections import defaultdict, deque

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_BYTES = 16 * 1024
"""Longest body that is read: the longest remark is half of it."""

BODY_SECONDS = 10.0
"""Time in which a body must have come."""

HEADERS = {
    "Cache-Control": "no-store, no-transform",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


class SameHeaders:
    """Gives every response the same headers, whatever it is about."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await self._app(scope, receive, send_with_headers)


class BodyLimit:
    """Reads a body before anything else does, and refuses one that is too long or too slow."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "0")
        if not length.isascii() or not length.isdecimal() or int(length[:20]) > BODY_BYTES:
            await _refuse(413, scope, receive, send)
            return
        body, whole = b"", False
        try:
            async with asyncio.timeout(BODY_SECONDS):
                while not whole:
                    message = await receive()
                    if message["type"] != "http.request":
                        return
                    body += message.get("body", b"")
                    whole = not message.get("more_body", False)
                    if len(body) > BODY_BYTES:
                        await _refuse(413, scope, receive, send)
                        return
        except TimeoutError:
            await _refuse(408, scope, receive, send)
            return
        pending = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive_again() -> Message:
            return pending.pop() if pending else await receive()

        await self._app(scope, receive_again, send)


class Tries:
    """Counts failed tries of each address within a minute."""

    LIMIT = 10
    SECONDS = 60.0
    ADDRESSES = 10_000

    def __init__(self) -> None:
        self._failed: defaultdict[str, deque[float]] = defaultdict(deque)

    def is_allowed(self, address: str) -> bool:
        """Returns whether another try may be made."""
        times = self._failed[address]
        while times and times[0] < time.monotonic() - self.SECONDS:
            times.popleft()
        if not times:
            del self._failed[address]
        return len(times) < self.LIMIT

    def count(self, address: str) -> None:
        """Notes a failed try."""
        if len(self._failed) >= self.ADDRESSES:
            self._failed.clear()
        self._failed[address].append(time.monotonic())


async def _refuse(status: int, scope: Scope, receive: Receive, send: Send) -> None:
    text = {413: "This is longer than any answer.", 408: "This took too long to arrive."}[status]
    await PlainTextResponse(text, status, {"Connection": "close"})(scope, receive, send)
