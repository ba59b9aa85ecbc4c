"""Makes a prepared set: decodes the images of a source, and writes records, index and report, whole or not at all."""

import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from dcgan_jax.data.decoding import IS_MASK, Decoded, decode_all
from dcgan_jax.data.findings import create_report
from dcgan_jax.data.near_copies import compute_outline, find_near_copies
from dcgan_jax.data.pixel_file import PixelFile
from dcgan_jax.data.prepared import (
    EXAMPLES,
    RECORDS,
    REPORT,
    REPORT_TEXT,
    Example,
    path_of_split,
    write_examples,
    write_files_list,
)
from dcgan_jax.data.records import write_records
from dcgan_jax.data.report_text import describe_report, find_warnings
from dcgan_jax.data.sources.patients import patient_of
from dcgan_jax.data.sources.source import TRAIN, Source, SourceImage
from dcgan_jax.errors import UserError
from dcgan_jax.settings import DataSettings
from dcgan_jax.storage.atomic_folder import replacing

_LISTED_BAD_FILES = 1000


def write_set(source: Source, images: Sequence[SourceImage], data: DataSettings, directory: Path) -> None:
    """Prepares the images that a source listed; a set that is in the directory already is replaced.

    Raises:
      UserError: images are bad and not to be left out, or none is left to train on.
      OSError: the disk is full, or the folder can't be written.
    """
    started = time.monotonic()
    with replacing(directory) as partial:
        examples, decoded, copies = _write_records(source, images, data, partial)
        report = create_report(examples, decoded, source, data, time.monotonic() - started, copies)
        report = report.model_copy(update={"warnings": tuple(find_warnings(report, examples))})
        write_examples(partial / EXAMPLES, examples)
        report.write(partial / REPORT)
        (partial / REPORT_TEXT).write_text(describe_report(report), encoding="utf-8")
        write_files_list(partial)


def _write_records(
    source: Source, images: Sequence[SourceImage], data: DataSettings, partial: Path
) -> tuple[list[Example], Decoded, list[tuple[int, int]]]:
    """Writes the records and returns their index, what became of the images, and which look the same across splits."""
    with (
        tempfile.TemporaryDirectory(prefix="work-", dir=partial) as work,
        PixelFile(Path(work) / "pixels", data.image_size) as pixels,
    ):
        decoded = decode_all(source, images, data, pixels)
        _check_bad_images(decoded, images, source, data)
        examples = create_index(decoded)
        (partial / RECORDS).mkdir()
        for split in sorted({example.split for example in examples}):
            slots = [good.slot for good in decoded.good if good.image.split == split]
            write_records(path_of_split(partial, split), map(pixels.read, slots), len(slots), data.image_size)
        outlines = [compute_outline(pixels.read(good.slot)) for good in decoded.good]
        copies = find_near_copies(outlines, [example.split for example in examples])
    return examples, decoded, copies


def _refuse_masks(decoded: Decoded, images: Sequence[SourceImage]) -> None:
    """Raises UserError if all images of a class are masks."""
    masks = {bad.file for bad in decoded.bad if bad.reason == IS_MASK}
    counts = Counter(image.label for image in images)
    for label, number in Counter(image.label for image in images if image.file in masks).items():
        if number == counts[label]:
            raise UserError(
                f"Class {label} holds masks, not X-rays: all of its {number} images have two gray levels only. Move "
                "its folder out of config.data.dir."
            )


def _check_bad_images(decoded: Decoded, images: Sequence[SourceImage], source: Source, data: DataSettings) -> None:
    good, bad = decoded.good, decoded.bad
    if bad and data.on_bad_image == "error":
        _refuse_masks(decoded, images)
        lines = [f"\n  {source.name_of(error.file)}: {error.reason}" for error in bad[:_LISTED_BAD_FILES]]
        if len(bad) > len(lines):
            lines.append(f"\n  and {len(bad) - len(lines)} more")
        raise UserError(
            f"{len(bad)} of {len(good) + len(bad)} images of the {source.name} can't be used: mend or remove them, or "
            f"set config.data.on_bad_image=skip to leave them out.{''.join(lines)}"
        )
    if not any(image.image.split == TRAIN for image in good):
        first = f"{source.name_of(bad[0].file)}: {bad[0].reason}"
        raise UserError(f"No training image of the {source.name} can be used; the first: {first}")


def create_index(decoded: Decoded) -> list[Example]:
    """Returns one example for every good image, numbered within its split."""
    counts: Counter[str] = Counter()
    examples = []
    for good in decoded.good:
        image = good.image
        patient = patient_of(image)
        examples.append(
            Example(
                split=image.split,
                position=counts[image.split],
                file=image.file,
                label=image.label,
                patient=patient.conservative,
                published_patient=patient.published,
                sha256=good.sha256,
                width=good.width,
                height=good.height,
            )
        )
        counts[image.split] += 1
    return examples
