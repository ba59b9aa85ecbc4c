"""The folder that `generate` writes: a folder of images for each class; beside them a manifest, a grid and a notice.

Everything in it can be told to be ours, however an export ended, so that the same command can be run again; and
nothing that is not ours is touched.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from jaxtyping import UInt8
from numpy import ndarray
from PIL.PngImagePlugin import PngInfo

from dcgan_jax.data.image_files import SUFFIXES
from dcgan_jax.data.synthetic_marks import MANIFEST, is_marked, list_synthetic
from dcgan_jax.errors import UserError
from dcgan_jax.runs.figures import save_image
from dcgan_jax.runs.labeling import NOTICE, create_notice, grid_chunks
from dcgan_jax.runs.manifest import GeneratedRow, write_manifest
from dcgan_jax.settings import DataSettings
from dcgan_jax.storage import atomic_file

Image = UInt8[ndarray, "height width channels"]

_GRID, _NOTICE = "grid.png", "NOTICE.txt"


class ExportFolder:
    """An export under way."""

    def __init__(self, root: Path, labels: Sequence[str], data: DataSettings):
        """Creates the folders and removes what an earlier export left in them.

        Args:
          root: the folder.
          labels: classes that are exported.
          data: of the run.

        Raises:
          UserError: it cannot be written, belongs to the real images, or holds something that is not ours.
        """
        self._root, self._folders = root, [root / label for label in labels]
        self._notice = create_notice(data)
        if data.dir:
            self._refuse_the_source(Path(data.dir).resolve())
        earlier = self._find_earlier_export()
        try:
            for folder in self._folders:
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(
                f"config.generate.out={root} cannot be written ({error.strerror}): choose another folder."
            ) from None
        for path in earlier:  # the manifest last: with it the rest is known to be ours
            path.unlink(missing_ok=True)

    def write(self, image: Image, name: str, chunks: PngInfo) -> None:
        """Writes one image as PNG, whole or not at all."""
        content = io.BytesIO()
        save_image(image, content, format="PNG", pnginfo=chunks)
        atomic_file.write_bytes(self._root / name, content.getvalue())

    def finish(self, rows: Sequence[GeneratedRow], grid: Image | None) -> None:
        """Writes what lies beside the images; the manifest last, since it says that all of them are there."""
        if grid is not None:
            self.write(grid, _GRID, grid_chunks())
        atomic_file.write_text(self._root / _NOTICE, self._notice)
        write_manifest(self._root / MANIFEST, GeneratedRow.columns(), rows)

    def _refuse_the_source(self, source: Path) -> None:
        for folder in (self._root.resolve(), *(folder.resolve() for folder in self._folders)):
            if source == folder or source in folder.parents:
                raise UserError(
                    f"config.generate.out={self._root} lies in config.data.dir={source}, where synthetic images would "
                    "count as real ones: choose another folder."
                )

    def _find_earlier_export(self) -> list[Path]:
        """Returns the files of an earlier export, of this or an older version, whether or not it came to its end.

        Raises:
          UserError: there is something else, where the new files would come to lie.
        """
        manifest, grid, notice = (self._root / name for name in (MANIFEST, _GRID, _NOTICE))
        folders = [folder for folder in (self._root, *self._folders) if folder.is_dir()]
        images = {path for folder in folders for path in _list_files(folder) if _is_image(path)} - {grid}
        has_manifest = manifest.exists()
        if has_manifest:
            if not _is_manifest(manifest):
                raise _something_else(manifest)
            beside = (name for name in list_synthetic(self._root) if not {"..", "/"} & set(Path(name).parts))
            images |= {path for path in map(self._root.joinpath, beside) if path.is_file()}
        else:
            images |= {grid} if grid.exists() else set()
        for path in sorted(images):
            if path.stat().st_size and not is_marked(path.read_bytes()):
                raise _something_else(path)
        if notice.exists() and notice.read_bytes()[:40] != NOTICE.encode()[:40]:
            raise _something_else(notice)
        cut_off = [path for folder in folders for path in _list_files(folder) if _is_cut_off(path.name)]
        return [*sorted(images), *cut_off, *([grid, manifest] if has_manifest else [])]


def _list_files(folder: Path) -> Iterable[Path]:
    return (path for path in folder.iterdir() if path.is_file() or path.is_symlink())


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES


def _is_cut_off(name: str) -> bool:
    """Tells what a killed process left of a file of ours: `.NAME.part`, or `NAME.part` of the first version."""
    whole = name.removeprefix(".").removesuffix(".part")
    return name.endswith(".part") and (_is_image(Path(whole)) or whole in (MANIFEST, _NOTICE))


def _is_manifest(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open(newline="", errors="replace") as rows:
        return next(csv.reader(rows), None) == GeneratedRow.columns()


def _something_else(path: Path) -> UserError:
    return UserError(f"config.generate.out: {path} is not from an export of this program: choose an empty folder.")
