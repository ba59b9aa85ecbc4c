"""What became of the rows and files of a table of labels, as a part of the report of a prepared set."""

from collections.abc import Callable
from typing import Literal

from pydantic import Field

from dcgan_jax.storage.record import Part

Reason = Literal["excluded", "uncertain", "several_findings", "no_finding", "unlabeled", "other_view"]

REASONS: dict[Reason, str] = {
    "excluded": "with a finding of data.exclude, or perhaps with it",
    "uncertain": "in which the finding is uncertain",
    "several_findings": "with several findings",
    "no_finding": "without a certain finding",
    "unlabeled": "whose row has no label",
    "other_view": "of views that are not asked for (data.views)",
}
"""Why images that are in the table are in no class, in words that follow "images"."""


class LabelsReport(Part):
    """What became of a table's rows and of the files.

    Attributes:
      rows: images that the table names.
      matched: those of them that have a file.
      without_file: the others.
      without_row: files that the table does not name.
      left_out: files that are in the table and in no class.
      spellings: finding -> other ways, in upper and lower case, in which rows have it.
      without_view: images in classes whose rows tell no view; None where the table has no column of views.
    """

    rows: int
    matched: int
    without_file: list[str]
    without_row: list[str]
    left_out: dict[Reason, list[str]]
    spellings: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    without_view: int | None = None

    def rename(self, name: Callable[[str], str]) -> "LabelsReport":
        """Returns the report with other names of the files, of what rows call them, and of findings."""
        named = {
            "without_file": list(map(name, self.without_file)),
            "without_row": list(map(name, self.without_row)),
            "spellings": {name(finding): tuple(map(name, others)) for finding, others in self.spellings.items()},
            "left_out": {reason: list(map(name, files)) for reason, files in self.left_out.items()},
        }
        return self.model_copy(update=named)
