"""The published archive as a source: downloaded once, checked, and read without unpacking it."""

import zlib
from pathlib import Path, PurePosixPath
from typing import Literal, NamedTuple
from zipfile import BadZipFile, ZipFile

from dcgan_jax.data.image_files import SUFFIXES, is_ignored
from dcgan_jax.data.images import MAX_FILE_BYTES
from dcgan_jax.data.reading.stored_image import BadImageError
from dcgan_jax.data.sources.layout import assign_classes
from dcgan_jax.data.sources.source import Source, SourceImage
from dcgan_jax.data.sources.splits import apply_kaggle_rule
from dcgan_jax.errors import FileError
from dcgan_jax.storage.cache import cache_dir
from dcgan_jax.storage.download import download

CHECKSUMS = Path(__file__).with_name("checksums.tsv")


class Archive(NamedTuple):
    """Where the archive is and what it must be."""

    url: str
    size: int
    sha256: str
    name: str


def read_checksums(path: Path = CHECKSUMS) -> Archive:
    """Returns the one row of a TFDS checksums file: url, bytes, sha256, file name."""
    url, size, sha256, name = path.read_text(encoding="utf-8").strip().split("\t")
    return Archive(url, int(size), sha256, name)


class ArchiveSource(Source):
    """The images in the published zip file."""

    def __init__(self, variant: Literal["kaggle", "published"], archive: Archive | None = None):
        """Names the source; nothing is downloaded before the images are listed.

        "kaggle" moves 16 training images to the validation split, as the common copy does.
        """
        self._archive = archive or read_checksums()
        self._variant = variant
        self._zip: ZipFile | None = None
        self.name = f"published archive {self._archive.name} ({variant})"
        self.fingerprint = f"{self._archive.sha256} {variant}"

    def is_downloaded(self) -> bool:
        """Returns whether the archive lies in the cache; it is checked when the images are listed."""
        return (cache_dir("downloads") / self._archive.name).is_file()

    def list_images(self) -> list[SourceImage]:
        """Downloads the archive if need be and returns its images; see `Source`."""
        path = cache_dir("downloads") / self._archive.name
        download(self._archive.url, path, self._archive.size, self._archive.sha256, "the chest X-ray archive")
        try:
            self._zip = ZipFile(path)
        except BadZipFile as error:
            raise FileError(path, "is no zip archive: delete it to download it again.") from error
        # Everything is below one folder, chest_xray/, and macOS left its own files beside it.
        self._members = {
            "/".join(PurePosixPath(name).parts[1:]): name
            for name in self._zip.namelist()
            if Path(name).suffix.lower() in SUFFIXES and not any(is_ignored(part) for part in PurePosixPath(name).parts)
        }
        found = assign_classes(sorted(self._members), path)
        return sorted(map(apply_kaggle_rule, found)) if self._variant == "kaggle" else found

    def num_bytes(self, image: SourceImage) -> int:
        """See `Source`."""
        assert self._zip is not None, "list_images comes first"
        return self._zip.getinfo(self._members[image.file]).file_size

    def read_file(self, image: SourceImage) -> bytes:
        """See `Source`."""
        assert self._zip is not None, "list_images comes first"
        if self.num_bytes(image) > MAX_FILE_BYTES:
            raise BadImageError(image.file, f"it claims more than {MAX_FILE_BYTES:,} bytes")
        try:
            return self._zip.read(self._members[image.file])
        except (BadZipFile, zlib.error, EOFError, RuntimeError, OSError) as error:  # RuntimeError: it is encrypted
            raise BadImageError(image.file, f"it is broken in the archive ({error})") from error
