"""Coming in with a code, and what every later request must show for it."""

import secrets
from collections.abc import Mapping
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dcgan_jax.study.codes import ORGANIZER
from dcgan_jax.study.guards import Tries
from dcgan_jax.study.pages import render
from dcgan_jax.study.sessions import Sessions, derive_form_token

COOKIE, SIGN_IN_COOKIE = "study", "study_sign_in"


class SignIn:
    """The door of an open study."""

    def __init__(self, sessions: Sessions):
        self._sessions, self._tries = sessions, Tries()

    async def page(self, request: Request) -> Response:
        """Shows the form, or the study to who is in already."""
        if await self.who(request) is not None:
            return RedirectResponse("/study", 303)
        return self._form(request)

    async def sign_in(self, request: Request) -> Response:
        """Lets in who gives a code."""
        form = await read_form(request)
        expected = derive_form_token(request.cookies.get(SIGN_IN_COOKIE, ""))
        if SIGN_IN_COOKIE not in request.cookies or not _is_same(form.get("form_token", ""), expected):
            return self._form(request, 403, "Please try once more: the form was from an earlier visit.")
        address = request.client.host if request.client else ""
        if not self._tries.is_allowed(address):
            return self._form(request, 429, "Too many tries. Please wait a minute.")
        token = await run_in_threadpool(self._sessions.sign_in, form.get("code", ""))
        if token is None:
            self._tries.count(address)
            return self._form(request, 403, "No reader has this code. Please look at it again.")
        response = RedirectResponse("/study", 303)
        _set_cookie(response, request, COOKIE, token)
        response.delete_cookie(SIGN_IN_COOKIE)
        return response

    async def sign_out(self, request: Request) -> Response:
        """Forgets who is in."""
        await self.require(request)
        self.check_form_token(request, (await read_form(request)).get("form_token", ""))
        await run_in_threadpool(self._sessions.sign_out, request.cookies[COOKIE])
        response = RedirectResponse("/", 303)
        response.delete_cookie(COOKIE)
        return response

    async def who(self, request: Request) -> int | None:
        """Returns the reader, or the organizer, whose request it is."""
        token = request.cookies.get(COOKIE, "")
        return await run_in_threadpool(self._sessions.find, token) if token else None

    async def require(self, request: Request) -> int:
        """As `who`; refuses the request of who is not signed in."""
        who = await self.who(request)
        if who is None:
            raise HTTPException(401, "Please sign in with your code.")
        return who

    async def require_reader(self, request: Request) -> int:
        """As `require`; to the organizer, who reads nothing, there is nothing here."""
        who = await self.require(request)
        if who == ORGANIZER:
            raise HTTPException(404)
        return who

    def form_token(self, request: Request) -> str:
        """Returns what the forms of a session carry."""
        return derive_form_token(request.cookies[COOKIE])

    def check_form_token(self, request: Request, given: str) -> None:
        """Refuses a form that another site sent in the name of a session."""
        if not _is_same(given, self.form_token(request)):
            raise HTTPException(403, "This form is not from your session: please load the page anew.")

    def _form(self, request: Request, status: int = 200, message: str = "") -> Response:
        token = request.cookies.get(SIGN_IN_COOKIE) or secrets.token_urlsafe(32)
        response = render("sign_in", {"message": message, "form_token": derive_form_token(token)}, status)
        _set_cookie(response, request, SIGN_IN_COOKIE, token)
        return response


async def read_form(request: Request) -> Mapping[str, str]:
    """Returns the fields of a form, the first of each name."""
    try:
        fields = parse_qs((await request.body()).decode(), keep_blank_values=True, max_num_fields=20)
    except ValueError:
        raise HTTPException(422, "This form cannot be read.") from None
    return {name: values[0] for name, values in fields.items()}


def _set_cookie(response: Response, request: Request, name: str, value: str) -> None:
    secure = request.url.scheme == "https"  # a proxy's: browsers drop such cookies where the page is not TLS
    response.set_cookie(name, value, httponly=True, samesite="strict", secure=secure, path="/")


def _is_same(given: str, expected: str) -> bool:
    return secrets.compare_digest(given.encode(), expected.encode())
