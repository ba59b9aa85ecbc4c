"""What a workdir holds by now, read for the report: a run may be training in it, so nothing is taken for granted."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from dcgan_jax.errors import UserError
from dcgan_jax.evaluation.record import ClassesRecord, EvaluationRecord, read_evaluation
from dcgan_jax.runs.metrics_log import read_rows
from dcgan_jax.runs.provenance import read_provenance
from dcgan_jax.runs.starts import Start, read_starts
from dcgan_jax.runs.summary import Summary
from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.settings import RUN_SECTIONS, Settings
from dcgan_jax.study.file_names import REPORT as STUDY_REPORT
from dcgan_jax.study.plan import FOLDER as STUDY
from dcgan_jax.study.report_record import StudyReport
from dcgan_jax.training.schedule import create_schedule
from dcgan_jax.trial.record import RECORD as TRIAL
from dcgan_jax.trial.record import TrialRecord

Value = TypeVar("Value")
STUDY_PLACE = f"{STUDY}/{STUDY_REPORT}"


class ClassCount(NamedTuple):
    """How much was trained on of one class."""

    label: str
    images: int
    patients: int


@dataclass(frozen=True)
class Records:
    """All records of a workdir; what is not there is None or empty.

    Attributes:
      files: what lies in the folder, relative to it.
      total_steps: that the run is to have.
      metrics: rows of metrics.jsonl.
      evaluations: by their place in the folder, the lowest step first.
      problems: sentences on what could not be read.
    """

    name: str
    files: frozenset[str] = frozenset()
    settings: Settings | None = None
    starts: tuple[Start, ...] = ()
    classes: tuple[ClassCount, ...] = ()
    total_steps: int | None = None
    metrics: tuple[dict[str, Any], ...] = ()
    summary: Summary | None = None
    evaluations: Mapping[str, EvaluationRecord | ClassesRecord] = field(default_factory=dict)
    trial: TrialRecord | None = None
    study: StudyReport | None = None
    problems: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to report."""
        return not (self.settings or self.evaluations or self.trial or self.study)

    @property
    def step(self) -> int:
        """Completed updates, as far as is known."""
        logged = self.metrics[-1]["step"] if self.metrics else 0
        return max(logged, self.summary.step if self.summary else 0)


def read_records(workdir: Workdir) -> Records:
    """Reads whatever is there; what is damaged becomes a problem, and the rest is read nevertheless."""
    problems: list[str] = []
    root = workdir.root

    def attempt(read_fn: Callable[[], Value], path: Path) -> Value | None:
        if not path.exists():
            return None
        try:
            return read_fn()
        except FileNotFoundError:  # removed since
            return None
        except UserError as error:
            problems.append(str(error).replace(f"{root}/", ""))
        except OSError as error:
            problems.append(f"{path.name} cannot be read ({error.strerror}).")
        return None

    settings = attempt(lambda: Settings.load(workdir.config, RUN_SECTIONS), workdir.config)
    classes = attempt(lambda: _count_classes(workdir), workdir.train_files) or ()
    paths = sorted(workdir.evaluation.glob("*.json")) if workdir.evaluation.is_dir() else []
    read = {path.relative_to(root).as_posix(): attempt(partial(read_evaluation, path), path) for path in paths}
    evaluations = {place: record for place, record in read.items() if record is not None}
    return Records(
        name=root.name,
        files=_list_files(root),
        settings=settings,
        starts=tuple(attempt(lambda: read_starts(workdir.starts), workdir.starts) or ()),
        classes=classes,
        total_steps=_count_steps(settings, classes),
        metrics=tuple(attempt(lambda: list(read_rows(workdir.metrics)), workdir.metrics) or ()),
        summary=attempt(lambda: Summary.read(workdir.summary), workdir.summary),
        evaluations=dict(sorted(evaluations.items(), key=lambda item: (item[1].step, item[0]))),
        trial=attempt(lambda: TrialRecord.read(root / TRIAL), root / TRIAL),
        study=attempt(lambda: StudyReport.read(root / STUDY_PLACE), root / STUDY_PLACE),
        problems=tuple(problems),
    )


def _count_classes(workdir: Workdir) -> tuple[ClassCount, ...]:
    rows = read_provenance(workdir.train_files).rows
    images = Counter(row.label for row in rows)
    patients = Counter(label for label, _ in {(row.label, row.patient) for row in rows})
    return tuple(ClassCount(label, images[label], patients[label]) for label in sorted(images))


def _count_steps(settings: Settings | None, classes: tuple[ClassCount, ...]) -> int | None:
    if settings is None or not classes:
        return None
    try:
        return create_schedule(settings, sum(each.images for each in classes)).total
    except UserError:  # of an older version, whose settings would be refused today
        return None


def _list_files(root: Path) -> frozenset[str]:
    found = (path for pattern in ("*", "*/*", f"{STUDY}/figures/*") for path in root.glob(pattern) if path.is_file())
    return frozenset(path.relative_to(root).as_posix() for path in found)
