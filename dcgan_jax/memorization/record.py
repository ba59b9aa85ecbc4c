"""What an evaluation says of copies: the `memorization` section of its record."""

from typing import Any, Literal

from pydantic import Field

from dcgan_jax.storage.record import Part

NotAssessable = Literal["not assessable"]
NOT_ASSESSABLE: NotAssessable = "not assessable"

ComparedWith = Literal["held_out", "training_patients"]
"""Real images that set the thresholds: held-out ones, or training images beside those of other patients."""

Range = tuple[float, float]


class ExpectedShare(Part):
    """The share found of a generator that copies nothing: on average, and at the most with 95% confidence."""

    expected: float
    highest: float


class HighestSimilarity(Part):
    """The largest correlation with a training image, as `generate.max_similarity` means it."""

    generated: float | None
    held_out: float | None


class Pair(Part):
    """A generated image and its nearest training image.

    Attributes:
      generated: position of the one.
      training: position of the other.
      file: the training image's.
      space: where it was found nearest.
      relative_features: distance over that of the neighborhood, 0 to 1, in feature space.
      relative_pixels: the same in pixels.
    """

    generated: int
    training: int
    file: str
    space: Literal["features", "pixels"]
    relative_features: float
    relative_pixels: float


class Sensitivity(Part):
    """How many perturbed duplicates of training images are found.

    Attributes:
      change: what was done to them.
      rate: share found in either space.
      interval: of the rate, 95%.
      copies: how many there were.
      features: share found in feature space.
      pixels: share found in pixels.
    """

    change: str
    rate: float
    interval: Range
    copies: int
    features: float
    pixels: float


class LowestSensitivity(Part):
    """The change that hides a copy best, and the share of such copies that are found."""

    name: str
    rate: float


class MemorizationRecord(Part):
    """See `assessment.assess_memorization` for what the numbers mean.

    Attributes:
      compared_with: what sets the thresholds; None where nothing does, and in records of older versions, in which
        held-out images did.
      num_compared: how many of these images; `num_compared_patients` of how many patients.
    """

    memorised_share: float | NotAssessable
    reason: str = ""
    method: str
    note: str
    num_generated: int
    num_held_out: int
    compared_with: ComparedWith | None = None
    num_compared: int | None = None
    num_compared_patients: int | None = None
    highest_similarity: HighestSimilarity
    memorised_share_interval: Range | None = None
    memorised_share_by_space: dict[str, float] | None = None
    expected_share: ExpectedShare | None = None
    false_positive_rate: float | None = None
    false_positive_interval: Range | None = None
    lowest_sensitivity: LowestSensitivity | None = None
    sensitivity: dict[str, Sensitivity] = Field(default_factory=dict)
    intervals_note: str = ""
    thresholds: dict[str, float] | None = None
    closest: list[Pair]
    found: list[Pair] = Field(default_factory=list)
    warnings: list[str] = Field(default_factory=list)

    @property
    def share(self) -> float | None:
        """The memorized share, None where it is not assessable."""
        return None if self.memorised_share == NOT_ASSESSABLE else self.memorised_share

    @property
    def reference(self) -> str:
        """What it is compared with, in words."""
        by_training = self.compared_with == "training_patients"
        return "training images beside those of other patients" if by_training else "held-out images"


def upgrade_memorization(section: dict[str, Any]) -> dict[str, Any]:
    """Returns a section of an untyped record with the names of today."""
    upgraded = dict(section)
    if "innocent_share" in upgraded:
        upgraded["expected_share"] = upgraded.pop("innocent_share")
    if rates := {name: of_change["rate"] for name, of_change in (section.get("sensitivity") or {}).items()}:
        upgraded["lowest_sensitivity"] = find_lowest(rates)
    return upgraded


def find_lowest(rates: dict[str, float]) -> dict[str, Any]:
    """Returns the name of the lowest rate, and the rate."""
    name = min(rates, key=lambda name: rates[name])
    return {"name": name, "rate": rates[name]}
