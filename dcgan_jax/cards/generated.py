"""The card of a folder of generated images."""

from collections.abc import Mapping
from dataclasses import dataclass

from dcgan_jax.cards import statements
from dcgan_jax.cards.croissant import DescribedFile, describe_files, describe_images, format_croissant
from dcgan_jax.cards.markdown import choose_size_category, render_readme
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
        header = {
            "size_categories": [choose_size_category(sum(self.images.values()))],
            "task_categories": ["image-classification", "unconditional-image-generation"],
            "annotations_creators": ["machine-generated"],
            "configs": [{"config_name": "default", "drop_labels": False, "data_files": "*/*.png"}],
        }
        if self.archive is not None:
            del header["configs"]
        license_name = statements.choose_license(self.origin.data, self.export)
        return render_readme("generated", self.title, license_name, self.origin, header, vars(self))

    def format_croissant(self, manifest: DescribedFile) -> str:
        """Returns the content of croissant.json."""
        if self.archive is None:
            distribution, record_sets = describe_images("*/*.png", "^([^/]+)/", manifest, _COLUMNS)
        else:
            distribution, record_sets = describe_files([manifest, self.archive]), []
        data = self.origin.data
        return format_croissant(self.title, data, [self.origin], self.export, "generate", distribution, record_sets)
