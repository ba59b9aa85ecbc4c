"""Large files from the network: continued where they broke off, checked, and only then put in place."""

import http.client
import os
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock

from dcgan_jax.errors import FileError
from dcgan_jax.runtime.progress import create_progress
from dcgan_jax.storage.digest import compute_sha256

ATTEMPTS = 5
"""Requests without a single new byte before the download is given up."""

SECONDS_BETWEEN_ATTEMPTS = 2.0
_TIMEOUT_SECONDS = 30.0
_MIB = 2**20
# A refused or missing file (403, 404, ...) stays so; an overloaded server (429) does not.
_PERMANENT_STATUS = frozenset(range(400, 500)) - {408, 416, 429}
_NETWORK_ERRORS = (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError)


def download(url: str, path: Path, size: int, sha256: str, what: str) -> Path:
    """Returns the path of a checked file, downloading it when it is not there.

    The bytes go to `<path>.part`, which a later call continues (HTTP Range), and are renamed to `path` once size and
    hash agree. Processes that ask for the same file wait for each other.

    Args:
      url: where the file is.
      path: where it goes; its folder is created.
      size: in bytes.
      sha256: of its content, hexadecimal.
      what: it is, for messages ("the Inception-V3 weights").

    Raises UserError if it can't be fetched or written, or is another one; the sentence says where to put a copy got by
    hand.
    """
    by_hand = f"get {url} by other means and put it at {path}"
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{path}.lock"):
                if not path.exists():
                    part = path.with_name(f"{path.name}.part")
                    _fetch_checked(url, part, size, sha256, what, by_hand)
                    part.replace(path)
                    return path
        if not _is_expected(path, size, sha256):
            fault = f"is not {what} (expected {size:,} bytes with sha256 {sha256})"
            raise FileError(path, f"{fault}: delete it to download it again, or {by_hand}.")
        return path
    except OSError as error:
        message = f"cannot keep {what} ({error.strerror or error}): free space or permit writing there."
        raise FileError(path, message) from error


def _is_expected(path: Path, size: int, sha256: str) -> bool:
    return path.stat().st_size == size and compute_sha256(path) == sha256


def _fetch_checked(url: str, part: Path, size: int, sha256: str, what: str, by_hand: str) -> None:
    """Fills `part`; one that was continued and came out wrong is fetched once more from the start."""
    was_continued = part.exists()
    if was_continued and part.stat().st_size > size:
        part.unlink()
    for is_last_try in (not was_continued, True):
        _fetch(url, part, size, what, by_hand)
        if _is_expected(part, size, sha256):
            return
        found = f"{part.stat().st_size:,} bytes with sha256 {compute_sha256(part)}"
        part.unlink()
        if is_last_try:
            fault = f"is not {what}: expected {size:,} bytes with sha256 {sha256}, found {found}"
            raise FileError(url, f"{fault}; try again later, or {by_hand}.")


def _fetch(url: str, part: Path, size: int, what: str, by_hand: str) -> None:
    """Appends to `part` until it has `size` bytes, asking again after every break."""
    done = part.stat().st_size if part.exists() else 0
    failures = 0
    with create_progress(size // _MIB, f"downloading {what}", "MiB", initial=done // _MIB) as progress:
        while done < size:
            before, problem = done, "the connection broke off"
            try:
                for received in _receive(url, part, before, size):
                    done = received
                    progress.update(done // _MIB - progress.n)
            except _NETWORK_ERRORS as error:
                problem = str(getattr(error, "reason", None) or error or type(error).__name__)
                if isinstance(error, urllib.error.HTTPError) and error.code in _PERMANENT_STATUS:
                    raise FileError(url, f"cannot be downloaded ({error.code} {problem}): {by_hand}.") from error
            failures = 0 if done > before else failures + 1
            if failures == ATTEMPTS:
                raise FileError(
                    url,
                    f"cannot be downloaded ({problem}): check the network and run the same command again, which "
                    f"continues at {done:,} of {size:,} bytes, or {by_hand}.",
                )
            if done < size:
                time.sleep(SECONDS_BETWEEN_ATTEMPTS)


def _receive(url: str, part: Path, done: int, size: int) -> Iterator[int]:
    """Yields how many bytes `part` holds, after every piece of one response."""
    request = urllib.request.Request(url, headers={"User-Agent": "dcgan_jax", "Range": f"bytes={done}-"})
    with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as response:
        is_continued = response.status == http.client.PARTIAL_CONTENT
        done = done if is_continued else 0
        with part.open("ab" if is_continued else "wb") as file:
            # One byte more than expected shows that the file is another one; the rest of it is not wanted.
            while piece := response.read(min(_MIB, size + 1 - done)):
                file.write(piece)
                done += len(piece)
                yield done
            file.flush()
            os.fsync(file.fileno())
