"""What a balanced data set will be: which classes are filled, from which runs, in which folder."""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dcgan_jax.balance.record import PLAN, BalancePlan, RunAt
from dcgan_jax.data.prepared import PreparedSet
from dcgan_jax.data.sources.source import TRAIN, Source, SourceImage
from dcgan_jax.errors import FieldError, FileError
from dcgan_jax.runs.run import Run, open_run
from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.runtime.devices import create_mesh
from dcgan_jax.settings import Settings
from dcgan_jax.storage import atomic_file

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Filling:
    """What a class lacks."""

    label: str
    count: int  # images that it lacks
    run: Run  # where they are drawn from


def plan_fillings(
    settings: Settings, workdir: Workdir, images: Sequence[SourceImage], prepared: PreparedSet
) -> list[Filling]:
    """Returns which classes are filled, by how many images and from which runs; names those that stay short.

    Raises:
      UserError: no class is small enough, there is no run of any that is, or a run was trained on images of another
        split or makes images of another size than real ones are to have.
    """
    ratio = settings.balance.ratio
    counts = Counter(image.label for image in images if image.split == TRAIN)
    target = round(ratio * max(counts.values()))
    lacking = {label: target - count for label, count in sorted(counts.items()) if count < target}
    if not lacking:
        raise FieldError(
            "config.balance.ratio", ratio, f"adds nothing: every class has {target} training images or more; raise it."
        )
    paths = settings.balance.runs or ((str(workdir.root),) if workdir.config.is_file() else ())
    mesh = create_mesh()
    opened = [open_run(path, None, mesh, settings.balance.max_similarity) for path in paths]
    chosen = {label: _choose_run(opened, label) for label in lacking}
    fillings = [Filling(label, lacking[label], run) for label, run in chosen.items() if run]
    short = [f"{label} stays {count} images short" for label, count in lacking.items() if not chosen[label]]
    if not fillings:
        raise FieldError(
            "config.balance.runs",
            None,
            f"has no run of a class that lacks images ({'; '.join(short)}): name the workdirs of some, or lower "
            "config.balance.ratio.",
        )
    if short:
        logger.warning("warning: %s: no run in config.balance.runs draws that class", "; ".join(short))
    for filling in fillings:
        _refuse_other_splits(filling.run, prepared)
        if settings.balance.resolution == "model":
            filling.run.require_size(settings.data.image_size)
    return fillings


def _choose_run(opened: Sequence[Run], label: str) -> Run | None:
    """Returns the run of a class, None where there is none; raises UserError where there is more than one."""
    runs = [run for run in opened if label in run.provenance.labels]
    if len(runs) > 1:
        folders = ", ".join(str(run.workdir.root) for run in runs)
        message = f"has {len(runs)} runs of class {label} ({folders}): leave all but one of them out."
        raise FieldError("config.balance.runs", None, message)
    return runs[0] if runs else None


def refuse_the_source(out: Path, settings: Settings) -> None:
    """Raises UserError if the new folder lies within the source or around it."""
    if not settings.data.dir:
        return
    source, target = Path(settings.data.dir).resolve(), out.resolve()
    if source == target or source in target.parents or target in source.parents:
        raise FieldError(
            "config.balance.out",
            out,
            f"and config.data.dir={settings.data.dir} lie within each other: choose another folder, so that the "
            "source stays as it is.",
        )


def _refuse_other_splits(run: Run, prepared: PreparedSet) -> None:
    """Raises UserError if a run was trained on what this data set validates or tests with."""
    others = {example.sha256: example.file for example in prepared.examples if example.split != TRAIN}
    for row in run.provenance.seen:
        if row.sha256 in others:
            raise FileError(
                run.workdir.root,
                f"holds a run that was trained on {others[row.sha256]}, which is not in the training split of "
                "config.data.dir: train it on that split alone.",
            )


def describe_plan(settings: Settings, source: Source, fillings: Sequence[Filling]) -> BalancePlan:
    """Returns what makes the data set what it is."""
    balance = settings.balance
    return BalancePlan(
        source=source.fingerprint,
        ratio=balance.ratio,
        seed=balance.seed,
        max_similarity=balance.max_similarity,
        resolution=balance.resolution,
        real=balance.real,
        image_size=settings.data.image_size,
        classes={filling.label: filling.count for filling in fillings},
        runs=tuple(RunAt(identity=f.run.workdir.identity(f.run.settings), step=f.run.step) for f in fillings),
    )


def begin(out: Path, plan: BalancePlan) -> None:
    """Creates the folder, or finds in it the same data set begun.

    Raises:
      UserError: it holds something else, or cannot be written.
    """
    try:
        begun = BalancePlan.read(out / PLAN, "choose an empty folder, or empty this one")
    except FileNotFoundError:
        pass
    else:
        if changed := plan.differences(begun):
            message = f"holds a data set with another {', '.join(changed)}: choose an empty folder."
            raise FieldError("config.balance.out", out, message)
        return
    try:
        if out.is_dir() and any(not atomic_file.is_partial(path.name) for path in out.iterdir()):
            raise FieldError("config.balance.out", out, "holds something else: choose an empty folder.")
        out.mkdir(parents=True, exist_ok=True)
        (out / f"{PLAN}.part").unlink(missing_ok=True)  # what version 0 left on a full disk
        plan.write(out / PLAN)
    except OSError as error:
        raise FieldError(
            "config.balance.out", out, f"cannot be written ({error.strerror}): choose another folder."
        ) from None
