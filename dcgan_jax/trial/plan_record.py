"""plan.json: what makes a trial what it is, written down before anything is trained."""

from typing import Any

from pydantic import Field, JsonValue
from pydantic.fields import FieldInfo

from dcgan_jax.settings import Settings
from dcgan_jax.storage.record import Part, Record
from dcgan_jax.trial.arms import Arm


class FolderOfImages(Part):
    """Synthetic images that are there already."""

    folder: str
    files_sha256: str

    @property
    def place(self) -> str:
        """Where they are, for people."""
        return self.folder


class RunOfImages(Part):
    """A run that synthetic images are drawn from."""

    workdir: str
    identity: str
    step: int


class RunsOfImages(Part):
    """Synthetic images that are drawn from runs.

    `weights_sha256` is of the Inception weights by which images are selected, where they are.
    """

    runs: tuple[RunOfImages, ...]
    max_similarity: float
    weights_sha256: str | None = None

    @property
    def place(self) -> str:
        """Where they come from, for people."""
        return ", ".join(run.workdir for run in self.runs)


Origin = FolderOfImages | RunsOfImages


class PlannedClassifier(Part):
    """What all classifiers of a trial have in common; see `TrialSettings`."""

    image_size: int
    steps: int
    batch_size: int
    base_channels: int


class Plan(Record):
    """What makes a trial what it is.

    Attributes:
      fields: those of the settings that shape it, by their dotted names.
      arms: all of them, the reference first; None in a plan of version 0, which has them as text.
      primary: the arm of the primary endpoint, compared with the reference in the area under the ROC curve; None where
        nothing is compared.
      classifier: what all of them have in common.
      label: the class that synthetic images are added to.
      positive: the class to be recognized.
      test_split: where the test images come from.
      images_sha256: of the list of all real images.
      synthetic: where synthetic images come from; None where no arm has any.
    """

    VERSION = 1

    fields: dict[str, JsonValue]
    arms: tuple[Arm, ...] | None
    primary: Arm | None
    classifier: PlannedClassifier
    label: str
    positive: str
    test_split: str
    images_sha256: str = Field(pattern="^[0-9a-f]{64}$")
    synthetic: Origin | None

    @classmethod
    def upgrade(cls, values: dict[str, Any], version: int) -> dict[str, Any]:
        """Takes over what version 0 wrote, whose keys were sentences."""
        if version > 0:
            return values
        prefix = "config."
        fields = {name.removeprefix(prefix): value for name, value in values.items() if name.startswith(prefix)}
        return {
            "fields": fields,
            "arms": None,
            "primary": None,
            "classifier": {
                "image_size": fields.get("data.image_size"),
                **{name: fields.get(f"trial.{name}") for name in ("steps", "batch_size", "base_channels")},
            },
            "label": fields.get("data.label"),
            "positive": values.get("positive class"),
            "test_split": values.get("test split"),
            "images_sha256": values.get("data"),
            "synthetic": values.get("synthetic images"),
        }

    @property
    def of_label_alone(self) -> bool:
        """Whether fractions are of the patients of `label`, and not of those of each class."""
        return self.fields.get("trial.fractions_of") == "label"

    def describe_share(self, fraction: float) -> str:
        """Returns a fraction in words."""
        return f"{fraction:.0%} of the {f'{self.label} patients' if self.of_label_alone else 'patients'}"

    def describe_arm(self, arm: Arm) -> str:
        """Returns an arm in words."""
        ratio = f" at ratio {arm.ratio:g}" if arm.ratio else ""
        return f"{arm.name}{ratio} with {self.describe_share(arm.fraction)}"

    def differences(self, begun: "Plan") -> list[str]:
        """Returns the names of what differs in the plan that was begun.

        A field that it lacks is newer than it, and had its default; what version 0 does not tell is passed over.
        """
        names = []
        for name, value in self.fields.items():
            if begun.fields.get(name, _default_of(name)) != value:
                names.append(f"config.{name}")
        for name in ("label", "positive", "test_split", "images_sha256", "synthetic"):
            if getattr(begun, name) != getattr(self, name):
                names.append(name)
        if begun.arms is not None and (begun.arms, begun.primary) != (self.arms, self.primary):
            names.append("arms")
        return names


def _default_of(name: str) -> Any:
    """Returns the default of a field as JSON has it, given by its dotted name."""
    info: FieldInfo | None = None
    model: Any = Settings
    for part in name.split("."):
        info = model.model_fields.get(part)
        model = info.annotation if info else None
    default = info.default if info else None
    return list(default) if isinstance(default, tuple) else default
