"""Finds the prepared set that the settings ask for, and prepares it where there is none yet."""

import contextlib
import hashlib
import io
import json
import os
import shutil
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from dcgan_jax.data.chest_xray.archive import ArchiveSource
from dcgan_jax.data.chest_xray.folder import FolderSource
from dcgan_jax.data.chest_xray.phantoms import PhantomSource
from dcgan_jax.data.decoding import PixelFile
from dcgan_jax.data.prepared import (
    EXAMPLES,
    RECORDS,
    REPORT,
    REPORT_TEXT,
    PreparedSet,
    write_examples,
    write_files_list,
)
from dcgan_jax.data.report import create_report, describe_report
from dcgan_jax.data.selection import check_label
from dcgan_jax.data.source import TRAIN, Source
from dcgan_jax.errors import UserError
from dcgan_jax.settings import DataSettings
from dcgan_jax.storage.cache import CACHE_VARIABLE, cache_dir

FORMAT_VERSION = 3
"""Counts up whenever the same source and settings give other records or another report."""

_PARTIAL = ".partial-"
_PREPARING_FIELDS = ("image_size", "resize", "aspect", "intensity", "on_bad_image")


def create_source(data: DataSettings, seed: int) -> Source:
    """Returns the source that the settings name.

    Raises:
      UserError: when `data.dir` is no folder with images.
    """
    if data.source == "phantom":
        return PhantomSource(data.phantom_count, data.image_size, seed)
    return FolderSource(data.dir) if data.dir else ArchiveSource(data.variant)


def prepare(data: DataSettings, seed: int) -> PreparedSet:
    """Returns the prepared set of the settings' source, from the cache or made now.

    A set is kept by its source's fingerprint and the settings that shape it, so a changed folder is prepared anew. It
    appears whole or not at all. Of several processes one prepares and the others wait.

    Args:
      data: all of `config.data`.
      seed: of drawn phantoms.

    Raises:
      UserError: when there is no usable source, an image is bad (`data.on_bad_image`), `data.label` is no class of the
        source, the cache can't be written, or a set found there is damaged.
    """
    source = create_source(data, seed)
    settings = {name: getattr(data, name) for name in _PREPARING_FIELDS}
    directory = _locate(source, data)
    name = directory.name
    try:
        if not directory.exists():
            directory.parent.mkdir(parents=True, exist_ok=True)
            _remove_leftovers(directory.parent)
            with _only_one_process(_lock_of(name, directory.parent)):
                if not directory.exists():
                    _prepare(source, data, settings, directory)
    except OSError as error:
        raise UserError(
            f"{directory} can't be prepared ({error.strerror or error}): free space or permit writing there, or set "
            f"{CACHE_VARIABLE} to another folder."
        ) from error
    return PreparedSet(directory)


def needs_download(data: DataSettings, seed: int) -> bool:
    """Returns whether `prepare` would have to download the source first."""
    source = create_source(data, seed)
    return isinstance(source, ArchiveSource) and not source.is_downloaded() and not _locate(source, data).exists()


def _locate(source: Source, data: DataSettings) -> Path:
    settings = {name: getattr(data, name) for name in _PREPARING_FIELDS}
    key = json.dumps([FORMAT_VERSION, source.fingerprint, settings])
    return cache_dir("prepared") / f"{data.source}-{data.image_size}-{hashlib.sha256(key.encode()).hexdigest()[:16]}"


def _prepare(source: Source, data: DataSettings, settings: dict[str, Any], directory: Path) -> None:
    started = time.monotonic()
    images = source.list_images()
    check_label(data.label, {image.label for image in images if image.split == TRAIN})
    # Beside its final place, so that the last step is a rename within one file system.
    partial = directory.with_name(f"{directory.name}{_PARTIAL}{uuid.uuid4().hex}")
    partial.mkdir()  # and not mkdtemp, whose folders nobody else may read
    try:
        examples, facts = _write_records(source, images, data, partial)
        facts = {"source": source.name, "fingerprint": source.fingerprint, "settings": settings, **facts}
        report = create_report(examples, {**facts, "seconds": round(time.monotonic() - started, 1)})
        write_examples(partial / EXAMPLES, examples)
        (partial / REPORT).write_text(json.dumps(report, indent=1), encoding="utf-8")
        (partial / REPORT_TEXT).write_text(describe_report(report), encoding="utf-8", errors="surrogateescape")
        write_files_list(partial)
        _flush(partial)
        partial.rename(directory)
        _flush_folder(directory.parent)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _write_records(source: Source, images: Sequence, data: DataSettings, partial: Path) -> tuple[list, dict[str, Any]]:
    """Writes the records and returns their index, with what the report should say about the preparation."""
    # Here and not above: who only reads should not wait for it.
    import tensorflow_datasets as tfds

    from dcgan_jax.data.chest_xray.chest_xray_dataset_builder import Builder

    tfds.disable_progress_bar()
    with tempfile.TemporaryDirectory(prefix="work-", dir=partial) as work:
        with PixelFile(Path(work) / "pixels", data.image_size) as pixels:
            builder = Builder(source, images, data, pixels, data_dir=Path(work))
            _build(builder)
        Path(builder.data_dir).rename(partial / RECORDS)
    decoded = builder.decoded
    left_out = [{"file": error.file, "reason": error.reason} for error in decoded.bad]
    depth_range = asdict(decoded.depth_range) if decoded.depth_range else None
    synthetic = [decoded.image.file for decoded in builder.decoded.good if decoded.is_synthetic]
    return builder.examples, {"left_out": left_out, "depth_range": depth_range, "synthetic": synthetic}


def _build(builder: Any) -> None:
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # TFDS tells where it writes, which is about to move
            builder.download_and_prepare()
    except RuntimeError as error:
        if "write() failed" in str(error):  # ArrayRecord's way to say that the disk is full
            raise OSError(str(error)) from error
        raise


@contextlib.contextmanager
def _only_one_process(path: Path) -> Iterator[None]:
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        print(f"waiting for another process to prepare the images ({path})", file=sys.stderr)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _lock_of(name: str, parent: Path) -> Path:
    return parent / f"{name}.lock"


def _remove_leftovers(parent: Path) -> None:
    """Removes what killed preparations left; those under way hold their lock."""
    for leftover in parent.glob(f"*{_PARTIAL}*"):
        name = leftover.name.partition(_PARTIAL)[0]
        with contextlib.suppress(Timeout), FileLock(_lock_of(name, parent), timeout=0):
            shutil.rmtree(leftover, ignore_errors=True)


def _flush(folder: Path) -> None:
    """Waits until all files are on the disk: a rename can outlive a power cut that their content does not."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
        else:
            _flush_folder(path)
    _flush_folder(folder)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
