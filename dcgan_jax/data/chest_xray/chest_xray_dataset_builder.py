"""The TFDS builder: a prepared set of chest X-rays as a dataset for TensorFlow Datasets.

It decodes nothing itself: `data/prepare.py` does, for training runs and for this. So an image is here what it is there.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from dcgan_jax.data.prepare import create_source, prepare_source
from dcgan_jax.data.prepared import PreparedSet
from dcgan_jax.settings import DataSettings

_READ_AT_ONCE = 256


class Builder(tfds.core.GeneratorBasedBuilder):
    """The dataset `chest_xray`: gray images of one size, with class, file and patient."""

    VERSION = tfds.core.Version("2.0.0")
    RELEASE_NOTES = {"2.0.0": "Made from a prepared set; names the patient of each image."}  # noqa: RUF012 - TFDS' form

    def __init__(self, *, image_dir: str = "", seed: int = 0, preparation: dict[str, Any] | None = None, **kwargs: Any):
        """Prepares the images, or finds them prepared in the cache: classes and splits are known from them.

        Args:
          image_dir: a folder of X-rays in any layout that `config.data.dir` may have; empty for the published archive.
          seed: of drawn phantoms.
          preparation: other fields of `config.data`, for example `{"image_size": 256}`.
          **kwargs: those of every TFDS builder.

        Raises:
          UserError: as `prepare_source`.
        """
        data = DataSettings(dir=image_dir, **(preparation or {}))
        self._prepared: PreparedSet = prepare_source(create_source(data, seed), data)
        # Another folder, or another size, is another dataset.
        config = tfds.core.BuilderConfig(
            name=self._prepared.directory.name, version=self.VERSION, description=self._prepared.report.source
        )
        super().__init__(config=config, **kwargs)

    def _info(self) -> tfds.core.DatasetInfo:
        size = self._prepared.report.settings.image_size
        labels = sorted({example.label for example in self._prepared.examples})
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(
                {
                    # As bytes: to write PNG takes TensorFlow, and to read it, by measurement, eight times as long.
                    "image": tfds.features.Tensor(shape=(size, size, 1), dtype=np.uint8, encoding="bytes"),
                    "label": tfds.features.ClassLabel(names=labels),
                    "file": tfds.features.Text(),
                    "patient": tfds.features.Text(),
                }
            ),
            supervised_keys=("image", "label"),
            homepage="https://data.mendeley.com/datasets/rscbjbr9sj/2",
            disable_shuffling=True,
        )

    def _split_generators(self, dl_manager: Any) -> dict[str, Iterator[tuple[int, dict[str, Any]]]]:
        splits = dict.fromkeys(example.split for example in self._prepared.examples)
        return {split: self._generate_examples(split) for split in splits}

    def _generate_examples(self, split: str) -> Iterator[tuple[int, dict[str, Any]]]:
        examples = [example for example in self._prepared.examples if example.split == split]
        for start in range(0, len(examples), _READ_AT_ONCE):
            part = examples[start : start + _READ_AT_ONCE]
            for example, image in zip(part, self._prepared.images(part), strict=True):
                yield (
                    example.position,
                    {
                        "image": image,
                        "label": example.label,
                        "file": example.file.encode(errors="surrogateescape"),
                        "patient": example.patient.encode(errors="surrogateescape"),
                    },
                )
