"""Whose checkpoints a folder holds: it belongs to the run that claimed it first, and no other may save there.

A workdir is locked while a run trains in it. A `checkpoint.dir` outside of it may lie where there are no locks.
"""

import json
from pathlib import Path

from etils import epath

from dcgan_jax.errors import UserError


def claim(directory: str, run_id: str, workdir: Path) -> None:
    """Claims a folder for a run, or finds that the run holds it already.

    On object stores, which have no exclusive creation, two runs that start within the same moment may both pass.

    Args:
      directory: of the checkpoints; it is created.
      run_id: of the run, for as long as it lives.
      workdir: of the run, for the sentence that another run gets.

    Raises:
      UserError: another run holds it, or it cannot be written.
    """
    path = epath.Path(directory) / "owner.json"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_unless_there(path, json.dumps({"run": run_id, "workdir": str(workdir)}) + "\n")
        owner = json.loads(path.read_text())
        holder, where = owner["run"], owner["workdir"]
    except OSError as error:
        raise UserError(
            f"Checkpoints cannot be kept in {directory} ({error.strerror or error}): make room, or set "
            "config.checkpoint.dir to a folder that can be written."
        ) from None
    except (ValueError, KeyError, TypeError):
        raise UserError(f"{path} is damaged: remove it if the run of this --workdir is to save there.") from None
    if holder != run_id:
        raise UserError(
            f"config.checkpoint.dir={directory} holds the checkpoints of the run in {where}: give each run its own, "
            f"or remove {path} if that run is to go on here."
        )


def _write_unless_there(path: epath.Path, text: str) -> None:
    if "://" in str(path):
        if not path.exists():
            path.write_text(text)
        return
    try:
        with Path(path).open("x") as file:
            file.write(text)
    except FileExistsError:
        pass
