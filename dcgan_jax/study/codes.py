"""Codes that readers and the organizer sign in with: random, shown once, kept as hashes."""

import hashlib
import secrets

ORGANIZER = 0
"""In place of a reader's number; readers count from 1."""

_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # none that is taken for another
_GROUPS, _GROUP = 4, 4


def create_code() -> str:
    """Returns a code of 79 random bits, in groups that are easy to copy."""
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)


def hash_code(code: str) -> str:
    """Returns what is kept of a code; spaces, dashes and the case of letters do not matter.

    A fast hash does: there are too many codes to try them all.
    """
    plain = "".join(letter for letter in code.upper() if letter in _LETTERS)
    return hashlib.sha256(f"study code {plain}".encode()).hexdigest()


def name_reader(number: int) -> str:
    """Returns what a reader is called wherever results are shown."""
    return "organizer" if number == ORGANIZER else f"R{number}"
