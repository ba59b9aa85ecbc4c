"""Drawn phantoms as a source, so that they pass through the same preparation as files."""

from collections.abc import Mapping
from pathlib import PurePosixPath

from dcgan_jax.data.labels.report import LabelsReport
from dcgan_jax.data.phantom import CLASSES, DRAWING_VERSION, draw_phantom
from dcgan_jax.data.sources.source import TEST, TRAIN, SourceImage

TEST_SHARE = 0.25
"""Test images per training image."""

_FIRST_TEST_INDEX = 2**24  # so that a larger set has the same training and test images, and more


class PhantomSource:
    """Two classes of drawn chests, with a training and a test split."""

    def __init__(self, count: int, size: int, seed: int):
        """Describes the set.

        Args:
          count: training images per class.
          size: pixels a side.
          seed: of the drawings.
        """
        self._count, self._size, self._seed = count, size, seed
        self.name = f"drawn phantoms ({count} training images per class, seed {seed})"
        self.fingerprint = f"phantoms {DRAWING_VERSION} {count} {size} {seed}"
        self.passed_over: Mapping[str, int] = {}
        self.labels: LabelsReport | None = None

    def list_images(self) -> list[SourceImage]:
        """Returns all images; see `Source`."""
        train, test = range(self._count), range(_FIRST_TEST_INDEX, _FIRST_TEST_INDEX + self._test_count)
        return sorted(
            SourceImage(split, label, f"{split}/{label}/phantom-{index:08d}.pgm")
            for split, indices in ((TRAIN, train), (TEST, test))
            for label in CLASSES
            for index in indices
        )

    def num_bytes(self, image: SourceImage) -> int:
        """See `Source`."""
        return self._size**2

    def read_file(self, image: SourceImage) -> bytes:
        """Draws an image, as an uncompressed gray file (PGM); see `Source`."""
        pixels = draw_phantom(
            self._size, self._seed, int(PurePosixPath(image.file).stem.rpartition("-")[2]), image.label
        )
        return b"P5 %d %d 255\n" % (self._size, self._size) + pixels.tobytes()

    def name_of(self, file: str) -> str:
        """See `Source`: the name tells nothing."""
        return file

    def locate(self, image: SourceImage) -> None:
        """See `Source`: they are no files."""

    @property
    def _test_count(self) -> int:
        return max(1, round(TEST_SHARE * self._count))
