"""Real images of a source as files in folders again, split/class/..., which every loader of image folders reads.

They are written as the training of a generator saw them, so that neither bit depth nor file format nor, with
`balance.resolution=model`, size tells them from synthetic ones.
"""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

import numpy as np
from jaxtyping import UInt8

from dcgan_jax.balance.record import BalancedRow
from dcgan_jax.data.images import read_stored, show
from dcgan_jax.data.prepared import PreparedSet
from dcgan_jax.data.ranking import rank_by_hash
from dcgan_jax.data.reading.stored_image import StoredImage
from dcgan_jax.data.sources.source import Source, SourceImage
from dcgan_jax.runs.figures import encode_png
from dcgan_jax.settings import BalanceSettings
from dcgan_jax.storage import atomic_file

_PNG = ".png"


class RealImages:
    """The real images of a balanced data set.

    Attributes:
      rows: of the manifest, image by image.
    """

    def __init__(
        self,
        source: Source,
        images: Sequence[SourceImage],
        prepared: PreparedSet,
        balance: BalanceSettings,
        channels: int,
    ):
        """Names the images that are written: of a source, and prepared as training saw them.

        They get as many channels as the synthetic images have.
        """
        self._source, self._images, self._prepared = source, images, prepared
        self._balance, self._channels = balance, channels
        self._examples = {example.file: example for example in prepared.examples}
        names = _number(images) if self._is_nameless else _keep_names(images)
        self._names = {image.file: name for image, name in zip(images, names, strict=True)}
        patients = {image.file: self._examples[image.file].patient for image in images}
        if self._is_nameless:
            order = rank_by_hash("balance", set(patients.values()))
            numbers = {patient: f"patient_{number:05d}" for number, patient in enumerate(order)}
            patients = {file: numbers[patient] for file, patient in patients.items()}
        self.rows = [
            BalancedRow(file=self._names[image.file], label=image.label, synthetic="real", patient=patients[image.file])
            for image in images
        ]

    @property
    def _is_nameless(self) -> bool:
        """Whether nothing may name the source, its files and its patients."""
        return self._balance.real == "copy"

    def name_of(self, file: str) -> str:
        """Returns what a file of the source may be called in the data set."""
        return self._names.get(file, "") if self._is_nameless else file

    def write(self, out: Path) -> Iterator[None]:
        """Writes the images that are not there yet into a folder, one a step.

        Raises:
          BadImageError: an image can't be read.
          OSError: the folder can't be written.
        """
        for image in self._images:
            path = out / self._names[image.file]
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                self._write_image(image, path)
            yield

    def _write_image(self, image: SourceImage, path: Path) -> None:
        if self._balance.resolution == "model":
            _write_png(self._prepared.images([self._examples[image.file]])[0], path, self._channels)
            return
        report = self._prepared.report
        stored = read_stored(self._source.read_file(image), image.file, admit=report.settings.admit)
        original = self._source.locate(image)
        if self._balance.real == "link" and original is not None and _is_plain_png(stored, original):
            with contextlib.suppress(FileExistsError):  # a link whose original is gone: reading it names it
                path.symlink_to(original)
            return
        pixels = show(stored, image.file, report.settings.intensity, report.depth_groups)
        _write_png(pixels[..., None], path, self._channels)


def _keep_names(images: Sequence[SourceImage]) -> Iterator[str]:
    """Yields split/class/ and what is below its class in the source, as a PNG file; no two alike.

    The split comes first even where the source has none: a split that is made anew could otherwise take added images
    for test images.
    """
    taken: set[str] = set()
    for image in images:
        parts = PurePosixPath(image.file).parts
        below = parts[parts.index(image.label) + 1 :] if image.label in parts[:-1] else parts
        name = PurePosixPath(image.split, image.label, *below).as_posix()
        name = name if _is_png(name) else f"{name}{_PNG}"
        while name in taken:
            name = f"{name.removesuffix(_PNG)}_{_PNG}"
        taken.add(name)
        yield name


def _number(images: Sequence[SourceImage]) -> Iterator[str]:
    """Yields split/class/real_NUMBER.png."""
    counts: dict[tuple[str, str], int] = {}
    for image in images:
        place = image.split, image.label
        counts[place] = counts.get(place, -1) + 1
        yield f"{image.split}/{image.label}/real_{counts[place]:05d}{_PNG}"


def _is_plain_png(stored: StoredImage, original: Path) -> bool:
    """Returns whether a file may be passed on as it is; a DICOM file tells who the patient is, whatever its name."""
    return not stored.is_deep and stored.steps is None and _is_png(original.name)


def _is_png(name: str) -> bool:
    return name.endswith(_PNG)


def _write_png(pixels: UInt8[np.ndarray, "height width 1"], path: Path, channels: int) -> None:
    atomic_file.write_bytes(path, encode_png(np.repeat(pixels, channels, axis=-1)))
