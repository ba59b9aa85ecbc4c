"""Finds the prepared set that the settings ask for, and prepares it where there is none yet."""

import contextlib
import hashlib
import json
import logging
import shutil
from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager
from pathlib import Path

from filelock import FileLock, Timeout

from dcgan_jax.data.preparation import write_set
from dcgan_jax.data.prepared import Example, PreparedSet
from dcgan_jax.data.reading.stored_image import BadImageError
from dcgan_jax.data.report import PreparationSettings, show_name
from dcgan_jax.data.selection import check_label
from dcgan_jax.data.sources.archive import ArchiveSource
from dcgan_jax.data.sources.folder import FolderSource
from dcgan_jax.data.sources.phantoms import PhantomSource
from dcgan_jax.data.sources.source import TRAIN, Source, SourceImage
from dcgan_jax.errors import FileError
from dcgan_jax.settings import DataSettings
from dcgan_jax.storage.atomic_folder import PARTIAL
from dcgan_jax.storage.cache import CACHE_VARIABLE, cache_dir

FORMAT_VERSION = 14
"""Counts up whenever the same source and settings give other records or another report."""

logger = logging.getLogger(__name__)


def create_source(data: DataSettings, seed: int) -> Source:
    """Returns the source that the settings name; raises UserError when `data.dir` is no folder with images."""
    if data.source == "phantom":
        return PhantomSource(data.phantom_count, data.image_size, seed)
    return FolderSource(data.dir, data) if data.dir else ArchiveSource(data.variant)


def prepare(data: DataSettings, seed: int) -> PreparedSet:
    """Returns the prepared set of the settings' source, from the cache or made now; the seed is that of drawn phantoms.

    A set is kept by its source's fingerprint and the settings that shape it, so a changed folder is prepared anew. It
    appears whole or not at all. Of several processes one prepares and the others wait. A set that lacks files that
    could not be read is prepared anew as soon as one of them can.

    Raises:
      UserError: when there is no usable source, an image is bad (`data.on_bad_image`), `data.label` is no class of the
        source, the cache can't be written, or a set found there is damaged.
    """
    source = create_source(data, seed)
    prepared = prepare_source(source, data, lambda labels: check_label(data.label, labels))
    check_label(data.label, _list_training_classes(prepared.examples))
    return prepared


def prepare_source(
    source: Source, data: DataSettings, check: Callable[[Collection[str]], None] = lambda labels: None
) -> PreparedSet:
    """Like `prepare`, for a given source; `check` gets the training classes and may raise before images are decoded."""
    directory = _locate(source, data)
    name = directory.name
    try:
        prepared = _open_whole(directory, source)
        if prepared is None:
            directory.parent.mkdir(parents=True, exist_ok=True)
            _remove_leftovers(directory.parent)
            with _wait_for_lock(_lock_of(name, directory.parent)):
                prepared = _open_whole(directory, source)  # made while we waited
                if prepared is None:
                    images = source.list_images()
                    check(_list_training_classes(images))
                    write_set(source, images, data, directory)
                    prepared = PreparedSet(directory)
    except OSError as error:
        raise FileError(
            directory,
            f"can't be prepared ({error.strerror or error}): free space or permit writing there, or set "
            f"{CACHE_VARIABLE} to another folder.",
        ) from error
    return prepared


def needs_download(data: DataSettings, seed: int) -> bool:
    """Returns whether `prepare` would have to download the source first."""
    source = create_source(data, seed)
    return isinstance(source, ArchiveSource) and not source.is_downloaded() and not _locate(source, data).exists()


def _locate(source: Source, data: DataSettings) -> Path:
    settings = PreparationSettings.of(data).model_dump()
    key = json.dumps([FORMAT_VERSION, source.fingerprint, settings])
    return cache_dir("prepared") / f"{data.source}-{data.image_size}-{hashlib.sha256(key.encode()).hexdigest()[:16]}"


def _open_whole(directory: Path, source: Source) -> PreparedSet | None:
    """Returns the set that is there, None where there is none, or where files that it lacks can be read by now."""
    if not directory.exists():
        return None
    prepared = PreparedSet(directory)
    unreadable = {bad.file for bad in prepared.report.left_out if bad.unreadable}
    if unreadable:
        for image in source.list_images():
            if show_name(image.file) in unreadable:
                with contextlib.suppress(BadImageError):
                    source.read_file(image)
                    return None
    return prepared


def _list_training_classes(images: Iterable[SourceImage | Example]) -> set[str]:
    return {image.label for image in images if image.split == TRAIN}


def _wait_for_lock(path: Path) -> AbstractContextManager[object]:
    """Returns a lock, taken; it says so where another process has it first."""
    lock = FileLock(path)
    try:
        return lock.acquire(timeout=0)
    except Timeout:
        logger.warning("waiting for another process to prepare the images (%s)", path)
        return lock.acquire()


def _lock_of(name: str, parent: Path) -> Path:
    return parent / f"{name}.lock"


def _remove_leftovers(parent: Path) -> None:
    """Removes what killed preparations left; those under way hold their lock."""
    for leftover in parent.glob(f"*{PARTIAL}*"):
        name = leftover.name.partition(PARTIAL)[0]
        with contextlib.suppress(Timeout), FileLock(_lock_of(name, parent), timeout=0):
            shutil.rmtree(leftover, ignore_errors=True)
