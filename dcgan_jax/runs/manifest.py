"""The manifest of synthetic images: what each file of an export is and where it comes from, as a CSV file."""

from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_serializer

from dcgan_jax.data.tables import format_table
from dcgan_jax.runs.run import Drawn


class ManifestRow(BaseModel):
    """What every manifest says of a synthetic image.

    Attributes:
      file: relative to the manifest's folder.
      latent_seed: seed and number of its latents.
      label: its class; the column is called `class`.
      synthetic: the word by which readers tell it from real images.
      nearest_training_file: which training image it resembles most; empty where copies were not looked for.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str
    latent_seed: str
    checkpoint_step: int
    label: str = Field(alias="class")
    synthetic: Literal["synthetic"] = "synthetic"
    nearest_training_file: str = ""


class GeneratedRow(ManifestRow):
    """A row of `generate`'s manifest.

    Attributes:
      similarity: correlation with the nearest training image, -1 to 1; None where copies were not looked for.
      truncation: of the latents; a column only of manifests of truncated images.
    """

    similarity: float | None = None
    truncation: float = 1.0

    @classmethod
    def of(
        cls, drawn: Drawn, file: str, label: str, latent_seed: str, step: int, truncation: float = 1.0
    ) -> "GeneratedRow":
        """Describes an image that is written to a file."""
        nearest, similarity = drawn.nearest or ("", None)
        return cls.model_validate(
            {
                "file": file,
                "latent_seed": latent_seed,
                "checkpoint_step": step,
                "class": label,
                "nearest_training_file": nearest,
                "similarity": similarity,
                "truncation": truncation,
            }
        )

    @field_serializer("similarity")
    def _to_four_digits(self, similarity: float | None) -> str:
        return "" if similarity is None else f"{similarity:.4f}"

    @classmethod
    def columns(cls, is_truncated: bool = False) -> list[str]:
        """Returns the names of the columns, in their order."""
        names = [field.alias or name for name, field in cls.model_fields.items()]
        return names if is_truncated else names[:-1]


def format_manifest(columns: list[str], rows: Iterable[BaseModel]) -> str:
    """Returns the text of a manifest."""
    dumped = (row.model_dump(by_alias=True) for row in rows)
    return format_table(columns, ([row[name] for name in columns] for row in dumped), ",")
