"""Whose checkpoints a folder holds: it belongs to the run that saved there first, and no other may save there.

A workdir is locked while a run trains in it. A `checkpoint.dir` outside of it may lie where there are no locks.
"""

import contextlib
import errno
import json
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

from etils import epath

from dcgan_jax.errors import FieldError, FileError

_OWNER = "owner.json"
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.ENOSYS}
"""How file systems without hard links answer."""


def take_ownership(directory: str, run_id: str, workdir: Path) -> None:
    """Makes a run the owner of a folder, or finds that it is already.

    On object stores, which have no exclusive creation, two runs that start within the same moment may both pass.

    The folder is created. `workdir` is for the sentence that another run gets. Raises UserError if another run owns it,
    or it cannot be written.
    """
    if is_owned(directory, run_id):
        return
    path = epath.Path(directory) / _OWNER
    with _naming_trouble(directory):
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_unless_there(path, json.dumps({"run": run_id, "workdir": str(workdir)}) + "\n")
    is_owned(directory, run_id)


def is_owned(directory: str, run_id: str) -> bool:
    """Returns whether a run owns a folder of checkpoints.

    Raises UserError if another run owns it, or it cannot be read.
    """
    path = epath.Path(directory) / _OWNER
    with _naming_trouble(directory):
        if not path.exists():
            return False
        text = path.read_text()
    try:
        owner = json.loads(text)
        owner_id, where = owner["run"], owner["workdir"]
    except (ValueError, KeyError, TypeError):
        raise FileError(path, "is damaged: remove it if the run of this --workdir is to save there.") from None
    if owner_id != run_id:
        raise FieldError(
            "config.checkpoint.dir",
            directory,
            f"holds the checkpoints of the run in {where}: give each run its own, or remove {path} if that run is to "
            "go on here.",
        )
    return True


def _write_unless_there(path: epath.Path, text: str) -> None:
    """Creates the file whole or not at all: nobody finds it empty, and a full disk leaves nothing of it."""
    if "://" in str(path):
        if not path.exists():
            path.write_text(text)
        return
    whole = Path(f"{path}.{uuid.uuid4().hex}")
    try:
        whole.write_text(text)
        os.link(whole, path)
    except FileExistsError:
        pass
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        with contextlib.suppress(FileExistsError), Path(path).open("x") as file:
            file.write(text)
    finally:
        whole.unlink(missing_ok=True)


@contextlib.contextmanager
def _naming_trouble(directory: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # object stores have kinds of their own
        reason = getattr(error, "strerror", None) or str(error).strip()[:200] or type(error).__name__
        raise FieldError(
            "config.checkpoint.dir",
            directory,
            f"cannot keep checkpoints ({reason}): make room, or give a folder that can be written.",
        ) from error
