"""The hash of a file, by which a download and a prepared set are known to be what they should be."""

import hashlib
from pathlib import Path


def compute_sha256(path: Path) -> str:
    """Returns the hexadecimal SHA-256 of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
