"""The card of a generator that is passed on."""

from collections.abc import Sequence
from dataclasses import dataclass

from dcgan_jax.cards import statements
from dcgan_jax.cards.croissant import DescribedFile, describe_files, format_croissant
from dcgan_jax.cards.generated import create_tags
from dcgan_jax.cards.markdown import choose_size_category, create_license_fields, render_readme
from dcgan_jax.cards.origin import Origin
from dcgan_jax.settings import ExportSettings, ModelSettings


@dataclass(frozen=True)
class GeneratorCard:
    """What is to be said of a generator.

    Attributes:
      origin: the generator.
      model: its shape.
      parameters: how many numbers its weights are.
      export: what those who pass it on have stated.
    """

    origin: Origin
    model: ModelSettings
    parameters: int
    export: ExportSettings

    @property
    def title(self) -> str:
        """What it is called."""
        return statements.create_title("Generator of synthetic", self.origin.data, self.origin.counts)

    def format_readme(self) -> str:
        """Returns the content of README.md."""
        license_name = statements.choose_license(self.origin.data, self.export)
        header = {
            "pretty_name": self.title,
            **create_license_fields(license_name),
            "tags": create_tags(self.origin),
            "library_name": "jax",
            "pipeline_tag": "unconditional-image-generation",
            "size_categories": [choose_size_category(self.origin.num_images)],  # of what it was trained on
        }
        values = {
            "title": self.title,
            "origin": self.origin,
            "parameters": self.parameters,
            "latent_size": self.model.latent_size,
            "channels": self.model.channels,
            "unassessed": self.origin.is_unexamined,
            "license_name": license_name,
        }
        return render_readme("generator", header, values)

    def format_croissant(self, files: Sequence[DescribedFile]) -> str:
        """Returns the content of croissant.json."""
        return format_croissant(
            self.title, self.origin.data, [self.origin], self.export, "export", describe_files(files)
        )
