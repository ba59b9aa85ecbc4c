"""The TFDS builder: a source of chest X-rays -> prepared records.

TensorFlow is imported neither to write the records nor to read them, because an image is stored as its bytes. (As PNG
it would take TensorFlow to write and, by measurement, eight times as long to read.)
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from dcgan_jax.data.chest_xray.patients import identify_patient
from dcgan_jax.data.decoding import Decoded, PixelFile, decode_all
from dcgan_jax.data.prepared import Example
from dcgan_jax.data.source import Source, SourceImage
from dcgan_jax.errors import UserError
from dcgan_jax.settings import DataSettings

_LISTED_BAD_FILES = 1000


class Builder(tfds.core.GeneratorBasedBuilder):
    """Writes the records of a source.

    Attributes:
      decoded: what became of the source's images, after `download_and_prepare`.
      examples: the index of the records, after `download_and_prepare`.
    """

    VERSION = tfds.core.Version("1.0.0")
    decoded: Decoded
    examples: list[Example]

    def __init__(
        self, source: Source, images: Sequence[SourceImage], data: DataSettings, pixels: PixelFile, data_dir: Path
    ):
        """Describes what to write.

        Args:
          source: where the images come from.
          images: what the source listed.
          data: image_size, resize, aspect, intensity and on_bad_image are used.
          pixels: where pixels wait until they are records.
          data_dir: the folder that TFDS makes its folders in.
        """
        self._source, self._images, self._data, self._pixels = source, images, data, pixels
        # Random access, and reading without TensorFlow.
        super().__init__(data_dir=data_dir, file_format="array_record")

    def _info(self) -> tfds.core.DatasetInfo:
        size = self._data.image_size
        labels = sorted({image.label for image in self._images})
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Tensor(shape=(size, size, 1), dtype=np.uint8, encoding="bytes"),
                    "label": tfds.features.ClassLabel(names=labels),
                    "file": tfds.features.Text(),
                }
            ),
            supervised_keys=("image", "label"),
            homepage="https://data.mendeley.com/datasets/rscbjbr9sj/2",
            disable_shuffling=True,  # positions in the index are positions in the records
        )

    def _split_generators(self, dl_manager: Any) -> dict[str, Iterator[tuple[int, dict[str, Any]]]]:
        """Decodes all images first, so that every bad file is known before a record is written."""
        self.decoded = decode_all(self._source, self._images, self._data, self._pixels)
        self._check_bad_images()
        self.examples = create_index(self.decoded)
        splits = dict.fromkeys(example.split for example in self.examples)
        return {split: self._generate_examples(split) for split in splits}

    def _generate_examples(self, split: str) -> Iterator[tuple[int, dict[str, Any]]]:
        for example, decoded in zip(self.examples, self.decoded.good, strict=True):
            if example.split == split:
                image = self._pixels.read(decoded.slot)[..., None]
                file = example.file.encode(errors="surrogateescape")
                yield example.position, {"image": image, "label": example.label, "file": file}

    def _check_bad_images(self) -> None:
        good, bad = self.decoded.good, self.decoded.bad
        if bad and self._data.on_bad_image == "error":
            lines = [f"\n  {error.file}: {error.reason}" for error in bad[:_LISTED_BAD_FILES]]
            if len(bad) > len(lines):
                lines.append(f"\n  and {len(bad) - len(lines)} more")
            raise UserError(
                f"{len(bad)} of {len(self._images)} images of the {self._source.name} can't be used: mend or remove "
                f"them, or set data.on_bad_image=skip to leave them out.{''.join(lines)}"
            )
        if not good:
            raise UserError(f"no image of the {self._source.name} can be used; the first: {bad[0]}")


def create_index(decoded: Decoded) -> list[Example]:
    """Returns one example for every good image, numbered within its split."""
    counts: dict[str, int] = {}
    examples = []
    for image, _, sha256, width, height, _ in decoded.good:
        position = counts.get(image.split, 0)
        counts[image.split] = position + 1
        patient = identify_patient(image.label, image.file)
        examples.append(
            Example(
                split=image.split,
                position=position,
                file=image.file,
                label=image.label,
                patient=patient.careful,
                published_patient=patient.published,
                sha256=sha256,
                width=width,
                height=height,
            )
        )
    return examples
