"""The folder that `generate` writes: a folder of images for each class, or one archive of them; beside them a manifest,
a grid, a notice, a card and, where asked for, a film of each class.

Every file that an export wrote can be recognized, however the export ended, so that the same command can be run again.
No other file is touched.
"""

import contextlib
import csv
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from jaxtyping import UInt8
from numpy import ndarray
from PIL.PngImagePlugin import PngInfo

from dcgan_jax.cards.croissant import CROISSANT, DescribedFile, is_croissant
from dcgan_jax.cards.generated import GeneratedCard
from dcgan_jax.cards.markdown import README, is_readme
from dcgan_jax.data.image_files import SUFFIXES
from dcgan_jax.data.synthetic_marks import MANIFEST, is_marked, list_synthetic
from dcgan_jax.errors import FieldError, FileError, UserError
from dcgan_jax.runs.animation import DESCRIPTION, can_encode_mp4, encode_mp4, encode_webp
from dcgan_jax.runs.figures import Images, encode_png
from dcgan_jax.runs.image_archive import ARCHIVE, encode_archive, is_archive
from dcgan_jax.runs.labeling import NOTICE, NOTICE_FILE, create_notice, grid_chunks
from dcgan_jax.runs.manifest import GeneratedRow, format_manifest
from dcgan_jax.settings import DataSettings
from dcgan_jax.storage import atomic_file

Image = UInt8[ndarray, "height width channels"]

_GRID, _FILM = "grid.png", "walk_"


class ExportFolder:
    """An export under way."""

    def __init__(self, root: Path, labels: Sequence[str], data: DataSettings, kind: Literal["png", "npz"] = "png"):
        """Creates the folders of the exported classes and removes what an earlier export left in them.

        Raises UserError if one cannot be written, belongs to the real images, or holds something that is not ours.
        """
        self._root, self._folders = root, [root / label for label in labels]
        self._notice = create_notice(data)
        self._archived: list[Image] | None = [] if kind == "npz" else None
        if data.dir:
            self._refuse_the_source(Path(data.dir).resolve())
        earlier = self._find_earlier_export()
        try:
            for folder in [root] if kind == "npz" else self._folders:
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            message = f"cannot be written ({error.strerror}): choose another folder."
            raise FieldError("config.generate.out", root, message) from None
        for path in earlier:  # the manifest last: with it the rest is known to be ours
            path.unlink(missing_ok=True)
        for folder in self._folders if kind == "npz" else ():
            with contextlib.suppress(OSError):  # it was not there, or holds what is not ours
                folder.rmdir()

    def write(self, image: Image, row: GeneratedRow, chunks: PngInfo) -> None:
        """Writes one image as PNG, whole or not at all; or keeps it for the archive."""
        if self._archived is not None:
            self._archived.append(image)
        else:
            atomic_file.write_bytes(self._root / row.file, encode_png(image, chunks))

    def write_film(self, label: str, frames: Images) -> None:
        """Writes a class's film, and the same for players where that can be done."""
        atomic_file.write_bytes(self._root / f"{_FILM}{label}.webp", encode_webp(frames))
        if can_encode_mp4():
            atomic_file.write_bytes(self._root / f"{_FILM}{label}.mp4", encode_mp4(frames))

    def finish(self, rows: Sequence[GeneratedRow], grid: Image | None, card: GeneratedCard) -> None:
        """Writes what lies beside the images; the manifest last, since it says that all of them are there."""
        is_truncated = any(row.truncation != 1 for row in rows)
        if self._archived is not None:
            archive = encode_archive(self._archived, [row.label for row in rows])
            atomic_file.write_bytes(self._root / ARCHIVE, archive)
            rows = [row.model_copy(update={"file": ARCHIVE}) for row in rows]
            card = replace(card, archive=DescribedFile(ARCHIVE, "application/x-npz", archive))
        table = format_manifest(GeneratedRow.columns(is_truncated), rows)
        manifest = DescribedFile.of_text(MANIFEST, "text/csv", table)
        if grid is not None:
            atomic_file.write_bytes(self._root / _GRID, encode_png(grid, grid_chunks()))
        atomic_file.write_text(self._root / NOTICE_FILE, self._notice)
        atomic_file.write_text(self._root / README, card.format_readme())
        atomic_file.write_text(self._root / CROISSANT, card.format_croissant(manifest))
        atomic_file.write_bytes(self._root / MANIFEST, manifest.content)

    def _refuse_the_source(self, source: Path) -> None:
        for folder in (self._root.resolve(), *(folder.resolve() for folder in self._folders)):
            if source == folder or source in folder.parents:
                message = f"lies in config.data.dir={source}, where synthetic images would count as real ones"
                raise FieldError("config.generate.out", self._root, f"{message}: choose another folder.")

    def _find_earlier_export(self) -> list[Path]:
        """Returns the files of an earlier export, of this or an older version, whether or not it came to its end.

        Raises UserError if there is something else, where the new files would come to lie.
        """
        manifest, grid, archive = (self._root / name for name in (MANIFEST, _GRID, ARCHIVE))
        folders = [folder for folder in (self._root, *self._folders) if folder.is_dir()]
        images = {path for folder in folders for path in _list_files(folder) if _is_image(path)} - {grid}
        has_manifest = manifest.exists()
        if has_manifest:
            if not _is_manifest(manifest):
                raise _something_else(manifest)
            beside = (name for name in list_synthetic(self._root) if not {"..", "/"} & set(Path(name).parts))
            images |= {path for path in map(self._root.joinpath, beside) if path.is_file()} - {archive}
        else:
            images |= {grid} if grid.exists() else set()
        for path in sorted(images):
            if path.stat().st_size and not is_marked(path.read_bytes()):
                raise _something_else(path)
        if archive.exists() and not is_archive(archive):
            raise _something_else(archive)
        films = {path for path in self._root.glob(f"{_FILM}*.mp4") if _is_film(path)}
        for path in (self._root / f"{_FILM}{folder.name}.mp4" for folder in self._folders):
            if path.exists() and path not in films:
                raise _something_else(path)
        for name, is_ours in _TEXTS.items():
            path = self._root / name
            if path.exists() and not (path.is_file() and is_ours(path.read_bytes())):
                raise _something_else(path)
        cut_off = [path for folder in folders for path in _list_files(folder) if _is_cut_off(path.name)]
        return [*sorted(images), *sorted(films), archive, *cut_off, *([grid, manifest] if has_manifest else [])]


def _is_film(path: Path) -> bool:
    return path.is_file() and DESCRIPTION.encode() in path.read_bytes()


def _is_notice(content: bytes) -> bool:
    return content[:40] == NOTICE.encode()[:40]


_TEXTS = {NOTICE_FILE: _is_notice, README: is_readme, CROISSANT: is_croissant}
"""What is written anew, and how it is known to be ours."""


def _list_files(folder: Path) -> Iterable[Path]:
    return (path for path in folder.iterdir() if path.is_file() or path.is_symlink())


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES


def _is_cut_off(name: str) -> bool:
    """Tells what a killed process left of a file of ours: `.NAME.part`, or `NAME.part` of the first version."""
    whole = name.removeprefix(".").removesuffix(".part")
    is_film = whole.startswith(_FILM) and whole.endswith(".mp4")
    return name.endswith(".part") and (_is_image(Path(whole)) or is_film or whole in (MANIFEST, ARCHIVE, *_TEXTS))


def _is_manifest(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open(newline="", errors="replace") as rows:
        return next(csv.reader(rows), None) in [GeneratedRow.columns(is_truncated) for is_truncated in (False, True)]


def _something_else(path: Path) -> UserError:
    return FileError(path, "is not from an export of this program: give an empty folder as config.generate.out.")
