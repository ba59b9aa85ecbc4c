"""Names for patients and files that tell nothing, the same at every start: HMAC-SHA256 with a key of this machine.

The key lies in the cache, readable by its owner only, and in no output. Who copies it into another machine's cache gets
the same pseudonyms there; who deletes it gets others.
"""

import hashlib
import hmac
import json
import os
import secrets
from pathlib import Path

from filelock import FileLock

from dcgan_jax.errors import FileError
from dcgan_jax.storage.cache import cache_dir

_KEY_BYTES = 32
_DIGITS = 16  # of the hexadecimal hash: of a million names, two are the same with a chance of 3 in 10^8


class Pseudonyms:
    """Pseudonyms by one key."""

    def __init__(self, key: bytes):
        self._key = key

    def of(self, kind: str, *parts: str) -> str:
        """Returns the pseudonym of a name in parts; a patient and a file, of two kinds, have different ones."""
        message = json.dumps([kind, *parts]).encode()
        return hmac.new(self._key, message, hashlib.sha256).hexdigest()[:_DIGITS]


def load_pseudonyms() -> Pseudonyms:
    """Returns the pseudonyms by the key in the cache, which is drawn where there is none.

    Raises:
      FileError: it can't be read or written, or is no key.
    """
    path = key_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_suffix(".lock")):
            if not path.exists():
                _draw_key(path)
            path.chmod(0o600)
            key = path.read_bytes()
    except OSError as error:
        raise FileError(
            path, f"can't be used ({error.strerror}): DICOM files need this key for the pseudonyms of patients."
        ) from error
    if len(key) != _KEY_BYTES:
        raise FileError(path, f"is no key of {_KEY_BYTES} bytes: restore it, or delete it for other pseudonyms.")
    return Pseudonyms(key)


def key_path() -> Path:
    """Returns where the key lies."""
    return cache_dir("keys") / "pseudonyms.key"


def _draw_key(path: Path) -> None:
    partial = path.with_suffix(".part")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secrets.token_bytes(_KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    partial.rename(path)
