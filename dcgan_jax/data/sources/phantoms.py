"""Drawn phantoms as a source, so that they pass through the same preparation as files."""

from pathlib import PurePosixPath

from dcgan_jax.data.phantom import CLASSES, DRAWING_VERSION, draw_phantom
from dcgan_jax.data.sources.source import TEST, TRAIN, Source, SourceImage

TEST_SHARE = 0.25
"""Test images per training image."""

_FIRST_TEST_INDEX = 2**24  # so that a larger set has the same training and test images, and more


class PhantomSource(Source):
    """Two classes of drawn chests, with a training and a test split."""

    def __init__(self, count: int, size: int, seed: int):
        """Describes a set of `count` training images per class, of `size` pixels a side."""
        self._count, self._size, self._seed = count, size, seed
        self.name = f"drawn phantoms ({count} training images per class, seed {seed})"
        self.fingerprint = f"phantoms {DRAWING_VERSION} {count} {size} {seed}"

    def list_images(self) -> list[SourceImage]:
        """Returns all images; see `Source`."""
        num_test = max(1, round(TEST_SHARE * self._count))
        train, test = range(self._count), range(_FIRST_TEST_INDEX, _FIRST_TEST_INDEX + num_test)
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
        index = int(PurePosixPath(image.file).stem.rpartition("-")[2])
        pixels = draw_phantom(self._size, self._seed, index, image.label)
        return b"P5 %d %d 255\n" % (self._size, self._size) + pixels.tobytes()
