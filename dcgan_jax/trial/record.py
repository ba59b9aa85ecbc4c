"""trial.json: what came out of a trial."""

from typing import Any, Literal

from pydantic import Field

from dcgan_jax.settings import ArmName
from dcgan_jax.storage.record import Part, Record
from dcgan_jax.trial.plan_record import Plan

RECORD = "trial.json"

Metric = Literal["auc", "average_precision", "accuracy", "balanced_accuracy", "sensitivity", "specificity", "f1"]


class GeneratorCount(Part):
    """What the generator seeds of a class and fraction are.

    Attributes:
      label: the class.
      fraction: of the training patients.
      generators: among how many the seeds take turns; 0 where the images are there already.
      draws: made with them.
    """

    label: str = Field(validation_alias="class", serialization_alias="class")
    fraction: float
    generators: int
    draws: int


class ImageCounts(Part):
    """How many images and patients a split has, and images of each class."""

    images: int
    patients: int
    classes: dict[str, int]


class TrainingCounts(ImageCounts):
    """The same of the training images at a fraction of the patients."""

    fraction: float


class SplitCounts(Part):
    """The real images of a trial; `ambiguous` are part of `test`."""

    training: tuple[TrainingCounts, ...]
    validation: ImageCounts
    test: ImageCounts
    ambiguous: ImageCounts


class Scored(Part):
    """One classifier and its scores on the test images.

    Attributes:
      name: of the arm.
      ratio: of synthetic to real images.
      fraction: of the training patients.
      seed: of the classifier.
      generator_seed: of the synthetic images.
      threshold: chosen on the validation images.
      step: completed updates of the state that was kept.
      num_real: real training images.
      num_added: synthetic or duplicated ones.
    """

    name: ArmName
    ratio: float
    fraction: float
    seed: int
    generator_seed: int
    auc: float
    average_precision: float
    accuracy: float
    balanced_accuracy: float
    sensitivity: float
    specificity: float
    f1: float
    threshold: float
    step: int
    num_real: int
    num_added: int


class OfArm(Part):
    """A row about an arm at one ratio and fraction."""

    arm: ArmName
    ratio: float
    fraction: float


class Summary(OfArm):
    """An arm's score with its 95% interval."""

    metric: Metric
    value: float
    interval: tuple[float, float]


class Comparison(OfArm):
    """An arm less the reference.

    Attributes:
      metric: that is compared.
      difference: of the means.
      interval: 95%.
      p_value: of no difference.
      p_adjusted: for the number of comparisons of the metric.
      p_equivalence: of a difference of the margin or more; None where no margin was declared.
      smallest_detectable: difference that would have been found four times out of five; None where nothing varied.
      primary: whether it was declared the primary endpoint.
      verdict: what it supports, as a sentence.
    """

    metric: Metric
    difference: float
    interval: tuple[float, float]
    p_value: float
    p_adjusted: float
    p_equivalence: float | None
    smallest_detectable: float | None
    primary: bool
    verdict: str


class PrimaryComparison(Comparison):
    """The primary endpoint, with what it is in words."""

    endpoint: str


class OverCopies(OfArm):
    """`synthetic` or `selected` less `duplicated` at the same ratio and fraction, in the area under the ROC curve.

    Both have as many images: it is what synthetic images add beyond their number.

    Attributes:
      difference: of the means.
      interval: 95%.
      p_value: of no difference.
      p_adjusted: for the number of these rows.
      verdict: what it supports, as a sentence.
    """

    difference: float
    interval: tuple[float, float]
    p_value: float
    p_adjusted: float
    verdict: str


class Analysis(Part):
    """Each arm's scores, each arm less the reference, and some less copies of real images (none in older records)."""

    summaries: tuple[Summary, ...]
    comparisons: tuple[Comparison, ...]
    over_copies: tuple[OverCopies, ...] = ()


class TwoSampleTest(Part):
    """How well a classifier tells real and synthetic images of other patients apart.

    Attributes:
      auc: area under its ROC curve.
      accuracy: at a probability of one half.
      p_value: of that accuracy or more by chance.
      images: tested with.
    """

    auc: float
    accuracy: float
    p_value: float
    images: int


class Calibration(OfArm):
    """How far an arm's probabilities are from shares."""

    brier: float
    expected_calibration_error: float


class TrialRecord(Record):
    """What came out of a trial.

    Attributes:
      primary: the primary endpoint; None where nothing was compared.
      notes: what a reader should know about data and generators.
      variance_sources: what intervals and tests are over, as a sentence.
      generators: what the generator seeds of each class and fraction are.
      plan: what was declared beforehand.
      positive: the class to be recognized.
      negative: the others.
      test_split: where the test images come from.
      synthetic_from: where synthetic images come from.
      steps: updates of each classifier.
      splits: how many real images of whom.
      arms: all classifiers.
      summaries: each arm's scores.
      comparisons: each arm less the reference.
      over_copies: `synthetic` and `selected` less the arm with as many copies; none in older records.
      without_ambiguous: the same without test images whose patient may be in training.
      two_sample_test: None where there are too few patients or no synthetic images.
      calibration: of each arm.
      seconds: of the start that finished the trial.
      devices: that it ran on.
      versions: of packages.
    """

    VERSION = 1

    primary: PrimaryComparison | None
    notes: tuple[str, ...]
    variance_sources: str
    generators: tuple[GeneratorCount, ...]
    plan: Plan
    positive: str
    negative: tuple[str, ...]
    test_split: str
    synthetic_from: str
    steps: int
    splits: SplitCounts
    arms: tuple[Scored, ...]
    summaries: tuple[Summary, ...]
    comparisons: tuple[Comparison, ...]
    over_copies: tuple[OverCopies, ...] = ()
    without_ambiguous: Analysis | None
    two_sample_test: TwoSampleTest | None
    calibration: tuple[Calibration, ...]
    seconds: float
    devices: tuple[str, ...]
    versions: dict[str, str]

    @classmethod
    def upgrade(cls, values: dict[str, Any], version: int) -> dict[str, Any]:
        """Takes over what version 0 wrote: another name, and counts under keys such as "training at 0.5"."""
        if version > 0:
            return values
        values = dict(values)
        values["variance_sources"] = values.pop("coverage", None)
        values["plan"] = {**values.get("plan", {}), "schema_version": 0}
        tables = {name: values.pop(name, {}) for name in ("images", "patients", "classes")}
        parts = {key: {name: table.get(key) for name, table in tables.items()} for key in tables["images"]}
        prefix = "training at "
        training = [
            {"fraction": key.removeprefix(prefix), **counts} for key, counts in parts.items() if key.startswith(prefix)
        ]
        others = {key: counts for key, counts in parts.items() if not key.startswith(prefix)}
        return values | {"splits": {"training": training, **others}}
