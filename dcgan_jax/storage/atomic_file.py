"""Files that are there whole or not at all, whenever the process or the machine stops."""

import os
from pathlib import Path


def write_text(path: Path, text: str) -> None:
    """Writes a file through a neighbour that then takes its name; leaves a file that holds the text already alone.

    Args:
      path: of the file.
      text: its content; surrogates stand for bytes that are not UTF-8, as in file names.
    """
    write_bytes(path, text.encode("utf-8", errors="surrogateescape"))


def write_bytes(path: Path, content: bytes) -> None:
    """As `write_text`, for any content."""
    if path.is_file() and path.read_bytes() == content:
        return
    partial = path.with_name(f"{path.name}.part")
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
