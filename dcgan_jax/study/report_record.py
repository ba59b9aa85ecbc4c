"""What a study came to: report.json."""

import math
from typing import Literal

from dcgan_jax.storage.record import Part, Record
from dcgan_jax.study.plan import Plan

Interval = tuple[float | None, float | None]
Verdict = Literal["told apart", "told apart within the margin", "mistaken", "like guessing", "undecided"]
Phase = Literal["naive", "told"]


def finite(value: float) -> float | None:
    """Returns a number as records have it: None where it is not known."""
    return float(value) if math.isfinite(value) else None


class Agreement(Part):
    """Agreement beyond chance.

    Attributes:
      kappa: Fleiss' between readers, Cohen's of a reader with themselves; null where it is not defined.
      interval: 95%.
      share: of pairs of answers that agree.
      images: looked at.
    """

    kappa: float | None
    interval: Interval
    share: float | None
    images: int


class ReaderResult(Part):
    """What one reader reached; "positive" is a generated image, of a pair a generated one on the left.

    Attributes:
      reader: R1, R2, ...
      answered: images, or pairs, without those that came again.
      accuracy: share of right answers.
      interval: Wilson's, 95%.
      sensitivity: share of positive ones that were recognized.
      sensitivity_interval: Wilson's, 95%.
      specificity: share of the others that were recognized.
      specificity_interval: Wilson's, 95%.
      auc: area under the ROC curve of the signed confidence.
      auc_interval: DeLong's, 95%.
      d_prime: distance of the two kinds in standard deviations.
      criterion: above 0 where positive is said too rarely.
      median_seconds: looked at an image, without pauses.
      repeats: agreement with themselves.
    """

    reader: str
    answered: int
    accuracy: float | None
    interval: Interval
    sensitivity: float | None
    sensitivity_interval: Interval
    specificity: float | None
    specificity_interval: Interval
    auc: float | None
    auc_interval: Interval
    d_prime: float | None
    criterion: float | None
    median_seconds: float | None
    repeats: Agreement


class Figure(Part):
    """A mean over readers, readers and images both random (Obuchowski and Rockette; Hillis).

    Attributes:
      estimate: the mean.
      interval: 95%.
      standard_error: of the mean.
      degrees_of_freedom: of t; null for a normal distribution.
      reader_mean_square: MS(R); null with one reader.
      covariance: Cov2; null with one reader.
      p_value: of the hypothesis that it is 0.5, two-sided.
      equivalence_p: of two one-sided tests that it is within the margin of 0.5.
    """

    estimate: float
    interval: Interval
    standard_error: float
    degrees_of_freedom: float | None
    reader_mean_square: float | None
    covariance: float | None
    p_value: float
    equivalence_p: float


class Pooled(Part):
    """All readers together.

    Attributes:
      accuracy: mean balanced accuracy.
      interval: 95%.
      p_value: of 0.5, two-sided.
      equivalence_p: of being within the margin of 0.5.
      readers: how many.
      images: that all of them have read.
      balanced_accuracy: the same figure, with its analysis.
      auc: mean area under the ROC curve, with its analysis.
    """

    accuracy: float
    interval: Interval
    p_value: float
    equivalence_p: float
    readers: int
    images: int
    balanced_accuracy: Figure
    auc: Figure


class Primary(Part):
    """The one conclusion that was declared beforehand.

    Attributes:
      endpoint: the figure.
      estimate: its value.
      interval: 95%.
      p_value: of 0.5.
      equivalence_p: of being within the margin of 0.5.
      margin: as planned.
      verdict: told apart (p < 0.05, above 0.5), within the margin where equivalence_p < 0.05 too; mistaken (p < 0.05,
        below 0.5); like guessing (equivalence_p < 0.05 alone); or undecided.
    """

    endpoint: Literal["accuracy", "auc"]
    estimate: float
    interval: Interval
    p_value: float
    equivalence_p: float
    margin: float
    verdict: Verdict


class Drift(Part):
    """Whether readers learned or tired.

    Attributes:
      quarters: share of right answers in each quarter of the session, all readers together.
      change: mean over readers of the change of accuracy from the first to the last image, by a straight line.
      interval: 95%, by t over readers; null with one.
    """

    quarters: tuple[float | None, ...]
    change: float | None
    interval: Interval


class OptionCounts(Part):
    """How often an answer to the second question was given to images of either kind."""

    phase: Phase
    option: str
    real: int
    generated: int


class Remarked(Part):
    """What a reader said after the naive phase."""

    reader: str
    noticed: bool
    text: str


class Fooled(Part):
    """An image that misled readers.

    Attributes:
      image: its number.
      kind: what it is.
      readers: that took it for the other kind.
      of: readers who saw it.
    """

    image: int
    kind: Literal["real", "generated"]
    readers: int
    of: int


class StudyReport(Record):
    """What a study came to.

    Attributes:
      plan: as it was frozen.
      plan_sha256: of study.json.
      is_interim: whether readers were still at it.
      unfinished: those who were.
      readers: each of them.
      pooled: all of them; null where there is too little to pool.
      primary: the conclusion; null likewise.
      agreement: between readers; null with one.
      drift: over the session.
      options: answers to the second question.
      remarks: after the naive phase.
      fooled: images that misled most, the most misleading first.
    """

    plan: Plan
    plan_sha256: str
    is_interim: bool
    unfinished: tuple[str, ...]
    readers: tuple[ReaderResult, ...]
    pooled: Pooled | None
    primary: Primary | None
    agreement: Agreement | None
    drift: Drift
    options: tuple[OptionCounts, ...]
    remarks: tuple[Remarked, ...]
    fooled: tuple[Fooled, ...]
