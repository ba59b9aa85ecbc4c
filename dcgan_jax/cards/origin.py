"""Where synthetic images come from, as a card tells it: counts and scores, and no name of a file or a patient."""

from collections.abc import Mapping
from dataclasses import dataclass

from dcgan_jax.evaluation.record import ClassesRecord, EvaluationRecord, record_of_class
from dcgan_jax.settings import DataSettings


@dataclass(frozen=True)
class Origin:
    """A generator at one of its checkpoints.

    Attributes:
      counts: its training images by class, every class of it.
      num_patients: whose images those are.
      step: completed updates.
      record: scores of this checkpoint; None where it was not scored.
      num_private_before: private images that its first weights had seen and that are not among its training images:
        the search for copies does not compare with them.
    """

    data: DataSettings
    counts: Mapping[str, int]
    num_patients: int
    step: int
    record: EvaluationRecord | ClassesRecord | None
    num_private_before: int = 0

    @property
    def num_images(self) -> int:
        """Training images in all."""
        return sum(self.counts.values())

    @property
    def unassessed(self) -> list[str]:
        """The classes of which nobody can say whether its images are copies of training images."""
        return [label for label in self.counts if not self._is_assessed(label)]

    @property
    def is_unexamined(self) -> bool:
        """Whether it has seen private images, and nobody knows whether it copies them."""
        return self.num_private_before > 0 or (self.data.is_private and bool(self.unassessed))

    def record_of(self, label: str) -> EvaluationRecord | None:
        """Returns the scores of a class."""
        return None if self.record is None else record_of_class(self.record, label)

    def _is_assessed(self, label: str) -> bool:
        record = self.record_of(label)
        return record is not None and record.memorization.share is not None
