"""The web application of a study, and the server that runs it until all readers are done."""

import asyncio
import logging
import socket
import sqlite3
from collections.abc import Sequence

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dcgan_jax.study.guards import BodyLimit, SameHeaders
from dcgan_jax.study.handlers import Handlers
from dcgan_jax.study.opened import OpenedStudy
from dcgan_jax.study.pages import render
from dcgan_jax.study.signing_in import SignIn

logger = logging.getLogger(__name__)

SECONDS_AFTER_THE_END = 2.0
"""For which the last reader may still load the page that thanks."""


def create_app(study: OpenedStudy, trusted_hosts: Sequence[str]) -> Starlette:
    """Returns the application; it answers only requests for the hosts that are named."""
    doors = SignIn(study.sessions)
    handlers = Handlers(study, doors)
    routes = [
        Route("/", doors.page),
        Route("/sign-in", doors.sign_in, methods=["POST"]),
        Route("/sign-out", doors.sign_out, methods=["POST"]),
        Route("/study", handlers.study_page),
        Route("/steps", handlers.take_step, methods=["POST"]),
        Route("/current", handlers.current),
        Route("/answers", handlers.answer, methods=["POST"]),
        Route("/images/{item}/{index:int}", handlers.image),
        Route("/progress", handlers.progress),
        Route("/static/{name}", handlers.static),
    ]
    middleware = [
        Middleware(SameHeaders),
        Middleware(TrustedHostMiddleware, allowed_hosts=list(trusted_hosts), www_redirect=False),
        Middleware(BodyLimit),
    ]
    refusals = {HTTPException: _refuse, sqlite3.OperationalError: _not_saved}
    return Starlette(routes=routes, middleware=middleware, exception_handlers=refusals)


async def serve(study: OpenedStudy, listener: socket.socket, trusted_hosts: Sequence[str]) -> None:
    """Serves the study at the listener until it is stopped or all readers are done."""
    config = uvicorn.Config(
        create_app(study, trusted_hosts),
        lifespan="off",
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=True,  # of a proxy on this machine: whether its side is TLS, and whose tries are counted
        forwarded_allow_ips="127.0.0.1",
        limit_concurrency=500,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=5,
    )
    server = uvicorn.Server(config)

    async def stop_at_the_end() -> None:
        while not await run_in_threadpool(study.store.is_complete):
            await asyncio.sleep(1)
        await asyncio.sleep(SECONDS_AFTER_THE_END)
        server.should_exit = True

    watching = asyncio.create_task(stop_at_the_end())
    try:
        await server.serve(sockets=[listener])
    finally:
        watching.cancel()


def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    message = error.detail if error.status_code in (401, 403, 409, 422) else "There is nothing here."
    return render("refused", {"message": message}, error.status_code)


def _not_saved(request: Request, error: Exception) -> Response:
    logger.warning("an answer could not be saved (%s): make room on the disk", error)
    return render("refused", {"message": "This could not be saved. Please try again in a moment."}, 503)
