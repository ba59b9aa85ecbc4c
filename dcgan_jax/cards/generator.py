"""The card of a generator that is passed on."""

from collections.abc import Sequence
from dataclasses import dataclass

from dcgan_jax.cards import statements
from dcgan_jax.cards.croissant import DescribedFile, describe_files, format_croissant
from dcgan_jax.cards.markdown import choose_size_category, render_readme
from dcgan_jax.cards.origin import Origin
from dcgan_jax.settings import ExportSettings, ModelSettings


@dataclass(frozen=True)
class GeneratorCard:
    """What is to be said of a generator: where it is from, its shape, how many numbers its weights are."""

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
        header = {
            "library_name": "jax",
            "pipeline_tag": "unconditional-image-generation",
            "size_categories": [choose_size_category(self.origin.num_images)],  # of what it was trained on
        }
        license_name = statements.choose_license(self.origin.data, self.export)
        return render_readme("generator", self.title, license_name, self.origin, header, vars(self))

    def format_croissant(self, files: Sequence[DescribedFile]) -> str:
        """Returns the content of croissant.json."""
        data, distribution = self.origin.data, describe_files(files)
        return format_croissant(self.title, data, [self.origin], self.export, "export", distribution)
