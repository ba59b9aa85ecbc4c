"""How files say that they are synthetic: text in each PNG and WebP, and a manifest beside them."""

import io
import os
from pathlib import Path

from PIL import ExifTags, Image

from dcgan_jax.data.tables import parse_table, read_text
from dcgan_jax.errors import FileError, UserError

MANIFEST = "manifest.csv"
CHUNK = "Description"
SYNTHETIC = "synthetic"
"""How that text chunk begins, and what stands in the manifest's column of the same name."""


def is_marked(content: bytes) -> bool:
    """Returns whether an image file says of itself that it is synthetic, as those of this program do."""
    is_png, is_webp = content.startswith(b"\x89PNG"), content[8:12] == b"WEBP"
    if not is_png and not is_webp:
        return False
    try:
        with Image.open(io.BytesIO(content), formats=("PNG", "WEBP")) as image:
            said = image.info.get(CHUNK, "") if is_png else image.getexif().get(ExifTags.Base.ImageDescription, "")
            return str(said).startswith(SYNTHETIC)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return False  # reading the pixels says what is wrong


def read_manifest(folder: Path) -> list[dict[str, str]] | None:
    """Returns the rows of a folder's manifest, None where there is no manifest.

    Raises:
      UserError: it is no file or can't be read, or a row lacks a value.
    """
    path = folder / MANIFEST
    if path.exists() and not path.is_file():
        raise FileError(path, "is no file: remove it.")  # a pipe would be waited for
    try:
        text = read_text(path)
        rows = parse_table(text, ",")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FileError(path, f"can't be read ({error.strerror}): permit it, or remove it.") from None
    except ValueError as error:
        raise FileError(path, f"can't be read ({error}): mend it.") from None
    has_bytes = any("\udc80" <= sign <= "\udcff" for sign in text)
    if has_bytes and not all(os.path.lexists(folder / row.get("file", "")) for row in rows):  # else: names that aren't
        raise FileError(path, "is not UTF-8: save it as UTF-8.")
    return rows


def list_synthetic(folder: Path) -> set[str]:
    """Returns the files that a folder's manifest calls synthetic; another program's manifest calls none so."""
    return {file for file, is_synthetic in _read_marks(folder).items() if is_synthetic}


def list_exported(folder: Path) -> set[str]:
    """Returns all files of a folder's manifest where it calls some of them synthetic, the real ones included."""
    marks = _read_marks(folder)
    return set(marks) if any(marks.values()) else set()


def _read_marks(folder: Path) -> dict[str, bool]:
    try:
        rows = read_manifest(folder) or []
    except UserError:
        return {}
    return {row["file"]: row.get(SYNTHETIC) == SYNTHETIC for row in rows if "file" in row}
