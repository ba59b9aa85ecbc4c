"""starts.jsonl: which commands made what a workdir holds, when, and on which machine."""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import jax

from dcgan_jax.data.report import show_name
from dcgan_jax.errors import FileError
from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.storage.record import Record
from dcgan_jax.version import __version__


class Start(Record):
    """One command that was given and taken up.

    Attributes:
      mode: what it was to do.
      arguments: of the command, without the program's name.
      time: UTC.
      version: of dcgan_jax.
      python: its version.
      devices: the kind of each device, over all processes.
      cpus: of the machine of the first process.
      system: operating system and architecture of that machine.
    """

    mode: str
    arguments: tuple[str, ...]
    time: str
    version: str
    python: str
    devices: tuple[str, ...]
    cpus: int
    system: str


def record_start(workdir: Workdir, mode: str) -> None:
    """Appends the command of this process to the workdir's; without a command, as from Python, nothing is recorded."""
    if not workdir.command:
        return
    start = Start(
        mode=mode,
        arguments=tuple(map(show_name, workdir.command)),
        time=datetime.now(UTC).isoformat(timespec="seconds"),
        version=__version__,
        python=platform.python_version(),
        devices=tuple(device.device_kind for device in jax.devices()),
        cpus=os.cpu_count() or 0,
        system=f"{platform.system()} {platform.machine()}",
    )
    with workdir.starts.open("a", encoding="utf-8") as file:  # one write: two commands do not mix their lines
        file.write(start.model_dump_json() + "\n")


def read_starts(path: Path) -> Sequence[Start]:
    """Reads the commands, the first one first; there are none before version 0.2. What a crash cut off is passed over.

    Raises UserError if a line is damaged, or the file cannot be read.
    """
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n")[:-1]
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise FileError(path, f"cannot be read ({error.strerror}): permit it, or remove it.") from None
    try:
        return tuple(Start.model_validate_json(line) for line in lines)
    except ValueError:
        raise FileError(path, "is damaged: remove it; nothing but the report reads it.") from None
