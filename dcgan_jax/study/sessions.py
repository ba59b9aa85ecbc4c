"""Who is signed in: a random token in a cookie, kept as a hash, that outlives a restart of the server."""

import datetime
import hashlib
import secrets

from dcgan_jax.study.codes import hash_code
from dcgan_jax.study.database import Database

HOURS = 24.0
"""After so long a reader gives the code again."""


class Sessions:
    """Codes and signed-in readers of an open study; any thread may use it."""

    def __init__(self, database: Database):
        self._database = database

    def sign_in(self, code: str) -> str | None:
        """Returns a new token for whoever has this code, None where nobody has."""
        found = self._database.rows("SELECT reader FROM codes WHERE hash = ?", [hash_code(code)])
        if not found:
            return None
        token = secrets.token_urlsafe(32)
        with self._database.transaction() as connection:
            connection.execute("INSERT INTO sessions VALUES (?, ?, ?)", [_hash(token), found[0][0], _time()])
        return token

    def find(self, token: str) -> int | None:
        """Returns whose token it is."""
        found = self._database.rows(
            "SELECT reader FROM sessions WHERE token_hash = ? AND started > ?", [_hash(token), _time(-HOURS)]
        )
        return found[0][0] if found else None

    def sign_out(self, token: str) -> None:
        """Forgets a token."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM sessions WHERE token_hash = ?", [_hash(token)])

    def replace_code(self, reader: int, code: str) -> None:
        """Gives a reader another code; who came in with the old one is signed out."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE codes SET hash = ? WHERE reader = ?", [hash_code(code), reader])
            connection.execute("DELETE FROM sessions WHERE reader = ?", [reader])


def derive_form_token(token: str) -> str:
    """Returns what forms of a session carry, so that no other site can send one in its name."""
    return hashlib.sha256(f"form {token}".encode()).hexdigest()


def _hash(token: str) -> str:
    return hashlib.sha256(f"session {token}".encode()).hexdigest()


def _time(hours: float = 0.0) -> str:
    moment = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=hours)
    return moment.isoformat("T", "milliseconds")
