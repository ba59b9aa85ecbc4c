"""An order of names that looks random, is the same everywhere, and keeps its order when names come or go."""

import hashlib
from collections.abc import Iterable


def rank_by_hash(key: str, names: Iterable[str]) -> list[str]:
    """Returns the names sorted by the hash of (key, name): any two keep their order whatever others there are."""
    return sorted(
        names, key=lambda name: (hashlib.sha256(f"{key}\n{name}".encode(errors="surrogateescape")).digest(), name)
    )
