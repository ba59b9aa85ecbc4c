"""Records -> what the page says: a pure function; the templates only lay it out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from dcgan_jax.evaluation.record import ClassesRecord, EvaluationRecord, choose_record
from dcgan_jax.memorization.record import NOT_ASSESSABLE
from dcgan_jax.report.copies import Copies, describe_copies
from dcgan_jax.report.numbers import show, show_range, show_share, show_shares, show_signed
from dcgan_jax.report.overview import Command, Fact, Field, list_commands, list_differences, list_facts
from dcgan_jax.report.records import Records
from dcgan_jax.report.scores import Score, list_scores
from dcgan_jax.report.studies import Study, describe_study
from dcgan_jax.report.trials import Trial, describe_trial
from dcgan_jax.report.warnings import Warned, list_warnings

NOT_MEASURED = "not measured"

MOST_HEADLINES = 4
"""Classes at most whose figures stand at the top."""


class Headline(NamedTuple):
    """One figure at the top of the page, and what it is to be compared with."""

    name: str
    value: str = NOT_MEASURED
    beside: str = ""


class ScoredClass(NamedTuple):
    """What was measured of one class, whose name is empty where the run has one; `protocol` is a sentence."""

    label: str
    protocol: str
    scores: tuple[Score, ...]
    copies: Copies


@dataclass(frozen=True)
class Page:
    """All that the page says, without its images.

    Attributes:
      state: how far the run is, in a few words.
      fields: that differ from their defaults.
      evaluations: all records of scores, by their places.
      evaluation: place of the one that is shown; empty where there is none.
      files: places of all records and figures.
      is_linked: whether they lie beside the page.
    """

    title: str
    labels: tuple[str, ...]
    state: str
    headlines: tuple[Headline, ...]
    warnings: tuple[Warned, ...]
    facts: tuple[Fact, ...]
    commands: tuple[Command, ...]
    fields: tuple[Field, ...]
    classes: tuple[ScoredClass, ...]
    evaluations: Mapping[str, EvaluationRecord | ClassesRecord]
    evaluation: str
    trial: Trial | None
    study: Study | None
    files: frozenset[str]
    is_linked: bool


def create_page(records: Records, include_real: bool = False, is_shared: bool = False) -> Page:
    """Returns what the page says; arguments are those of `write.create_report`."""
    place = choose_evaluation(records)
    scored = records.evaluations[place].by_class if place else {}
    classes = tuple(
        ScoredClass(
            label if len(scored) > 1 else "",
            _describe_protocol(record),
            tuple(list_scores(record)),
            describe_copies(record.memorization, include_real),
        )
        for label, record in scored.items()
    )
    labels = tuple(each.label for each in records.classes)
    return Page(
        title=records.name,
        labels=labels,
        state=_describe_state(records),
        headlines=tuple(_list_headlines(records, scored)),
        warnings=tuple(dict.fromkeys(list_warnings(records, scored))),
        facts=tuple(list_facts(records)),
        commands=list_commands(records, is_shared),
        fields=list_differences(records.settings, is_shared),
        classes=classes,
        evaluations=records.evaluations,
        evaluation=place,
        trial=describe_trial(records.trial) if records.trial else None,
        study=describe_study(records.study) if records.study else None,
        files=records.files,
        is_linked=not is_shared,
    )


def choose_evaluation(records: Records) -> str:
    """Returns the place of the record that is shown, "" where there is none; see `choose_record`."""
    best = records.summary.best_step if records.summary else None
    protocol = records.settings.eval.protocol if records.settings else "default"
    return choose_record(records.evaluations, best, protocol) or ""


def _describe_state(records: Records) -> str:
    if records.settings is None:
        return "no training in this folder"
    if records.total_steps is None or not records.step:
        return "just begun"
    if records.step < records.total_steps:
        return f"at step {records.step:,} of {records.total_steps:,}"
    return f"finished after {records.step:,} steps"


def _describe_protocol(record: EvaluationRecord) -> str:
    held_out = f" {record.num_held_out:,} images of other patients stand beside them." if record.num_held_out else ""
    return (
        f"{record.num_generated:,} generated images of step {record.step:,} against {record.num_real:,} real ones, "
        f"mean over {len(record.seeds)} latent seed{'s' if len(record.seeds) > 1 else ''}; {record.preprocess} "
        f"({record.resize_filter}), weights: {record.weights}; fingerprint {record.fingerprint}.{held_out}"
    )


def _list_headlines(records: Records, scored: dict[str, EvaluationRecord]) -> Iterator[Headline]:
    for label, record in list(scored.items())[:MOST_HEADLINES]:
        of_class = f", {label}" if len(scored) > 1 else ""
        beside = f"real images: {show(record.baseline.fid)}" if record.baseline else ""
        interval = f"{show_range(record.interval.low, record.interval.high)}; " if record.interval else ""
        yield Headline(f"FID{of_class}", show(record.fid), f"{interval}{beside}")
        yield _headline_copies(of_class, record)
    if records.settings and not scored:
        yield Headline("FID")
        yield Headline("Memorized share")
    gain, right = "Gain of a classifier", "Reader accuracy"
    if records.trial and (primary := records.trial.primary):
        beside = f"{show_range(*primary.interval)}, area under the ROC curve"
        yield Headline(gain, show_signed(primary.difference, 3), beside)
    else:
        yield Headline(gain)
    if records.study and (pooled := records.study.pooled):
        yield Headline(right, show_share(pooled.accuracy), f"{show_shares(*pooled.interval)}; 50% is guessing")
    else:
        yield Headline(right)


def _headline_copies(of_class: str, record: EvaluationRecord) -> Headline:
    name, expected = f"Memorized share{of_class}", record.memorization.expected_share
    if (share := record.memorization.share) is None:
        return Headline(name, NOT_ASSESSABLE)
    beside = f"up to {show_share(expected.highest)} without copying" if expected else ""
    return Headline(name, show_share(share), beside)
