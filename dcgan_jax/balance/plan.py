"""What a balanced data set will be: which classes are filled, from which runs, in which folder."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dcgan_jax.data.prepared import PreparedSet
from dcgan_jax.data.sources.source import TRAIN, Source, SourceImage
from dcgan_jax.errors import UserError
from dcgan_jax.runs.run import Run
from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.runtime.devices import create_mesh
from dcgan_jax.settings import Settings
from dcgan_jax.storage import atomic_file

PLAN = ".balance.json"


@dataclass(frozen=True)
class Filling:
    """What a class lacks.

    Attributes:
      label: the class.
      count: images that it lacks.
      run: where they are drawn from.
    """

    label: str
    count: int
    run: Run


def plan_fillings(
    settings: Settings, workdir: Workdir, images: Sequence[SourceImage], prepared: PreparedSet
) -> list[Filling]:
    """Returns which classes are filled, by how many images and from which runs.

    Raises:
      UserError: no class is small enough, a run is missing, or a run was trained on images of another split.
    """
    ratio = settings.balance.ratio
    counts = Counter(image.label for image in images if image.split == TRAIN)
    target = round(ratio * max(counts.values()))
    lacking = {label: target - count for label, count in sorted(counts.items()) if count < target}
    if not lacking:
        raise UserError(
            f"config.balance.ratio={ratio:g} adds nothing: every class has {target} training images or more; raise it."
        )
    paths = settings.balance.runs or ((str(workdir.root),) if workdir.config.is_file() else ())
    mesh = create_mesh()
    opened = [Run.open(path, mesh, settings.balance.max_similarity) for path in paths]
    fillings = [Filling(label, count, _choose_run(opened, label, count)) for label, count in lacking.items()]
    for filling in fillings:
        _refuse_other_splits(filling.run, prepared)
    return fillings


def _choose_run(opened: Sequence[Run], label: str, count: int) -> Run:
    """Returns the run of a class; raises UserError where there is none, or more than one."""
    runs = [run for run in opened if label in run.provenance.labels]
    if not runs:
        raise UserError(
            f"There is no run of class {label}, which lacks {count} images: name the workdir of one in "
            "config.balance.runs, or lower config.balance.ratio."
        )
    if len(runs) > 1:
        raise UserError(
            f"config.balance.runs has {len(runs)} runs of class {label} ("
            f"{', '.join(str(run.workdir.root) for run in runs)}): leave all but one of them out."
        )
    return runs[0]


def refuse_the_source(out: Path, settings: Settings) -> None:
    """Raises UserError if the new folder lies within the source or around it."""
    if not settings.data.dir:
        return
    source, target = Path(settings.data.dir).resolve(), out.resolve()
    if source == target or source in target.parents or target in source.parents:
        raise UserError(
            f"config.balance.out={out} and config.data.dir={settings.data.dir} lie within each other: choose another "
            "folder, so that the source stays as it is."
        )


def _refuse_other_splits(run: Run, prepared: PreparedSet) -> None:
    """Raises UserError if a run was trained on what this data set validates or tests with."""
    others = {example.sha256: example.file for example in prepared.examples if example.split != TRAIN}
    for row in run.provenance.rows:
        if row.sha256 in others:
            raise UserError(
                f"The run in {run.workdir.root} was trained on {others[row.sha256]}, which is not in the training "
                "split of config.data.dir: train it on that split alone."
            )


def describe_plan(settings: Settings, source: Source, fillings: Sequence[Filling]) -> dict[str, Any]:
    """Returns what makes the data set what it is."""
    return {
        "source": source.fingerprint,
        "ratio": settings.balance.ratio,
        "seed": settings.balance.seed,
        "max_similarity": settings.balance.max_similarity,
        "classes": {filling.label: filling.count for filling in fillings},
        "runs": [[f.run.workdir.identity(f.run.settings), f.run.step] for f in fillings],
    }


def begin(out: Path, plan: dict[str, Any]) -> None:
    """Creates the folder, or finds in it the same data set begun.

    Raises:
      UserError: it holds something else, or cannot be written.
    """
    path = out / PLAN
    try:
        if path.is_file():
            begun = json.loads(path.read_text())
            changed = [name for name in plan if begun.get(name) != plan[name]]
            if changed:
                raise UserError(
                    f"config.balance.out={out} holds a data set with another {', '.join(changed)}: choose an empty "
                    "folder."
                )
            return
        if out.is_dir() and any(out.iterdir()):
            raise UserError(f"config.balance.out={out} holds something else: choose an empty folder.")
        out.mkdir(parents=True, exist_ok=True)
        atomic_file.write_text(path, json.dumps(plan, indent=1) + "\n")
    except OSError as error:
        raise UserError(
            f"config.balance.out={out} cannot be written ({error.strerror}): choose another folder."
        ) from None
