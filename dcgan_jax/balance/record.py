"""What a balanced data set says of itself: the plan that it was begun with, and a row for each of its images."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from dcgan_jax.storage.record import Part, Record

PLAN = ".balance.json"


class RunAt(Part):
    """A run at one of its checkpoints."""

    identity: str
    step: int


class BalancePlan(Record):
    """What makes a balanced data set what it is.

    Attributes:
      source: fingerprint of the real images.
      ratio: of `balance.ratio`.
      seed: of the latents.
      max_similarity: of `balance.max_similarity`.
      resolution: of the real images; None in a set of version 0, which has the files of the source.
      real: how real images are kept and named; None in a set of version 0.
      image_size: of the prepared images; None in a set of version 0.
      classes: images that each class is given.
      runs: where they are drawn from, class by class.
    """

    VERSION = 1

    source: str
    ratio: float
    seed: int
    max_similarity: float
    resolution: Literal["model", "source"] | None
    real: Literal["link", "copy"] | None
    image_size: int | None
    classes: dict[str, int]
    runs: tuple[RunAt, ...]

    @classmethod
    def upgrade(cls, values: dict[str, Any], version: int) -> dict[str, Any]:
        """Takes over what version 0 wrote, whose runs were pairs."""
        if version > 0:
            return values
        runs = [{"identity": identity, "step": step} for identity, step in values.get("runs", ())]
        return {**values, "runs": runs, "resolution": None, "real": None, "image_size": None}

    def differences(self, begun: "BalancePlan") -> list[str]:
        """Returns the names of what differs in the plan that was begun."""
        return [name for name in type(self).model_fields if getattr(self, name) != getattr(begun, name)]


class BalancedRow(BaseModel):
    """A row of the manifest of a balanced data set; of a real image the columns from `run` on are empty."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True)

    file: str  # relative to the manifest's folder
    label: str = Field(validation_alias="class", serialization_alias="class")  # its class; the column is called `class`
    synthetic: Literal["real", "synthetic"]
    patient: str = ""  # whose a real image is; a number where nothing is to name the source
    run: str = ""  # that drew it
    checkpoint_step: str = ""  # completed updates of the generator
    latent_seed: str = ""  # seed and number of its latents
    # Which training image it resembles most; this and the distance only where copies are looked for.
    nearest_training_file: str = ""
    distance: str = ""  # 1 less the correlation with that image

    @classmethod
    def columns(cls) -> list[str]:
        """Returns the names of the columns, in their order."""
        return [field.serialization_alias or name for name, field in cls.model_fields.items()]
