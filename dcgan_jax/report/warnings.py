"""What a reader has to know before the figures: the warnings of every record."""

from collections.abc import Iterator
from typing import NamedTuple

from dcgan_jax.evaluation.record import EvaluationRecord
from dcgan_jax.report.records import Records


class Warned(NamedTuple):
    """A warning, and what it is about."""

    about: str
    sentence: str


def list_warnings(records: Records, scored: dict[str, EvaluationRecord]) -> Iterator[Warned]:
    """Yields the warnings of all records, of which `scored` are those that the page shows, the gravest first."""
    for problem in records.problems:
        yield Warned("Records", problem)
    for label, record in scored.items():
        of_class = f"Scores, {label}" if len(scored) > 1 else "Scores"
        share, expected = record.memorization.share, record.memorization.expected_share
        if share is not None and expected and share > expected.highest:
            yield Warned(
                of_class,
                "More images look like copies than a generator that copies nothing would produce: see the pairs.",
            )
    for sentence in dict.fromkeys(warning for record in scored.values() for warning in record.warnings):
        warned = [label for label, record in scored.items() if sentence in record.warnings]
        yield Warned("Scores" if len(warned) == len(scored) else f"Scores, {' and '.join(warned)}", sentence)
    if records.settings and records.total_steps and records.step < records.total_steps:
        yield Warned("Training", f"Not finished: {records.step:,} of {records.total_steps:,} steps.")
    for name in records.summary.set_aside if records.summary else ():
        yield Warned("Training", f"The checkpoint {name} was damaged and set aside.")
    for note in records.trial.notes if records.trial else ():
        yield Warned("Classifier trial", note)
    if records.study and records.study.is_interim:
        yield Warned("Reader study", "An interim report: readers had not finished when the key was opened.")
