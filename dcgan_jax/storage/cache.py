"""Where everything that can be made again is kept: prepared records, downloads, weights, features, programs."""

import os
from pathlib import Path

CACHE_VARIABLE = "DCGAN_JAX_CACHE"


def cache_dir(name: str) -> Path:
    """Returns the folder for one kind of cached things, as "prepared" or "inception", without creating it.

    It is `$DCGAN_JAX_CACHE/name`, or `name` under the user's cache directory (XDG) when the variable is not set.
    """
    own = os.environ.get(CACHE_VARIABLE)
    root = Path(own) if own else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dcgan_jax"
    return root.expanduser().resolve() / name
