"""The card of a folder of generated images."""

from collections.abc import Mapping
from dataclasses import dataclass

from dcgan_jax.cards import statements
from dcgan_jax.cards.croissant import DescribedFile, describe_files, describe_images, format_croissant
from dcgan_jax.cards.markdown import choose_size_category, create_license_fields, render_readme
from dcgan_jax.cards.origin import Origin
from dcgan_jax.settings import ExportSettings

_COLUMNS = ("file", "class", "synthetic", "latent_seed", "checkpoint_step")
"""Of the manifest, those that name no training image."""


@dataclass(frozen=True)
class GeneratedCard:
    """What is to be said of a folder of generated images.

    Attributes:
      origin: their generator.
      images: how many there are of each class.
      filtering: a sentence: whether near copies were left out.
      variety: a sentence: what truncation cost; empty without it.
      names_training_files: whether the manifest names the nearest training images.
      archive: the file that holds the images; None: each is a PNG file in the folder of its class.
      export: what those who pass it on have stated.
    """

    origin: Origin
    images: Mapping[str, int]
    filtering: str
    names_training_files: bool
    export: ExportSettings
    variety: str = ""
    archive: DescribedFile | None = None

    @property
    def title(self) -> str:
        """What it is called."""
        return statements.create_title("Synthetic", self.origin.data, self.images)

    def format_readme(self) -> str:
        """Returns the content of README.md."""
        license_name = statements.choose_license(self.origin.data, self.export)
        header = {
            "pretty_name": self.title,
            **create_license_fields(license_name),
            "tags": create_tags(self.origin),
            "size_categories": [choose_size_category(sum(self.images.values()))],
            "task_categories": ["image-classification", "unconditional-image-generation"],
            "annotations_creators": ["machine-generated"],
            "configs": [{"config_name": "default", "drop_labels": False, "data_files": "*/*.png"}],
        }
        if self.archive is not None:
            del header["configs"]
        values = {name: getattr(self, name) for name in self.__dataclass_fields__ if name not in ("export", "archive")}
        return render_readme("generated", header, {**values, "title": self.title, "license_name": license_name})

    def format_croissant(self, manifest: DescribedFile) -> str:
        """Returns the content of croissant.json."""
        if self.archive is None:
            distribution, record_sets = describe_images("*/*.png", "^([^/]+)/", manifest, _COLUMNS)
        else:
            distribution, record_sets = describe_files([manifest, self.archive]), []
        data = self.origin.data
        return format_croissant(self.title, data, [self.origin], self.export, "generate", distribution, record_sets)


def create_tags(origin: Origin) -> list[str]:
    """Returns the tags of a card; `synthetic` comes first."""
    kind = ["phantom"] if origin.data.source == "phantom" else ["medical", "radiograph"]
    return ["synthetic", "gan", "dcgan", *kind]
