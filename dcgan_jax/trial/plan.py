"""What a trial is, decided before anything is trained: its class, its arms, where synthetic images come from."""

import hashlib
import logging
import re
from collections import Counter
from collections.abc import Sequence

from dcgan_jax.data.labels.classes import NOT
from dcgan_jax.data.prepared import PreparedSet
from dcgan_jax.data.sources.spelling import find_spelling
from dcgan_jax.data.train_files import format_train_files
from dcgan_jax.errors import FieldError
from dcgan_jax.evaluation.protocol import resolve_protocol
from dcgan_jax.runs.run import open_run
from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.runtime.devices import create_mesh
from dcgan_jax.settings import ALL_CLASSES, ARMS, ArmName, Settings
from dcgan_jax.trial.analysis import choose_primary
from dcgan_jax.trial.arms import Arm
from dcgan_jax.trial.leaks import find_provenances, refuse_excess, refuse_leaks
from dcgan_jax.trial.plan_record import Plan, PlannedClassifier
from dcgan_jax.trial.run_images import RunImages
from dcgan_jax.trial.selection import create_selection
from dcgan_jax.trial.splits import TrialSplit
from dcgan_jax.trial.synthetic_folder import SyntheticFolder, SyntheticSource

logger = logging.getLogger(__name__)

_HEALTHY = frozenset(("normal", "healthy", "negative", "control", "controls", "nofinding", "nofindings", "none"))
_NOT_PLANNED = (
    *("data.dir", "data.labels", "data.placement", "data.device_budget_mib"),
    *("trial.synthetic_dir", "trial.runs"),
)


def choose_label(settings: Settings, split: TrialSplit) -> Settings:
    """Returns the settings with the class that synthetic images are added to: of all classes, that of fewest images."""
    if settings.data.label != ALL_CLASSES:
        return settings.with_overrides({"data.label": find_spelling(settings.data.label, split.labels)})
    counts = Counter(example.label for example in split.training[max(split.training)])
    return settings.with_overrides({"data.label": min(sorted(counts), key=counts.__getitem__), "model.num_classes": 0})


def choose_positive(settings: Settings, split: TrialSplit) -> str:
    """Returns the class to be recognized: the one that is asked for, or of two the one that is ill, else `data.label`.

    Raises:
      UserError: it is none, or must be named and is not.
    """
    labels, label = split.labels, settings.data.label
    if asked := settings.trial.positive:
        positive = find_spelling(asked, labels)
        if positive not in labels:
            raise FieldError("config.trial.positive", asked, f"is no class: choose one of {', '.join(labels)}.")
        return positive
    if len(labels) > 2:
        raise FieldError(
            "config.trial.positive",
            "",
            f"is not possible with {len(labels)} classes: name the one to be recognized among {', '.join(labels)}.",
        )
    ill = [name for name in labels if not _is_healthy(name)]
    return ill[0] if len(ill) == 1 else label


def _is_healthy(label: str) -> bool:
    """Returns whether a class is called after what it does not have: `NORMAL`, `No Finding`, `not Edema`."""
    return label.startswith(NOT) or re.sub(r"[^a-z]", "", label.lower()) in _HEALTHY


def open_source(
    settings: Settings, workdir: Workdir, prepared: PreparedSet, split: TrialSplit
) -> tuple[SyntheticSource | None, list[str]]:
    """Returns where synthetic images come from, if from anywhere, and what a reader should know about it.

    Raises:
      UserError: it cannot be used, or its generator has seen what it must not have.
    """
    folder, runs = settings.trial.synthetic_dir, settings.trial.runs
    if folder:
        tested = [*split.validation, *split.test]
        source = SyntheticFolder(folder, settings.data, tested, prepared.report.depth_groups)
        provenances = find_provenances(source.folder, source.runs)
        if not provenances:
            return source, [
                f"Nothing says what the generator of {folder} was trained on: only equal pixels were looked for, not "
                "whether it has seen validation or test patients."
            ]
        for provenance in provenances:
            refuse_leaks(provenance, split, settings)
            refuse_excess(provenance, split, min(settings.trial.fractions), settings)
        return source, []
    if not runs and workdir.config.is_file():
        runs = (str(workdir.root),)
    if not runs:
        return None, []
    mesh = create_mesh()
    opened = [open_run(run, None, mesh, settings.generate.max_similarity) for run in runs]
    selection = create_selection(settings, prepared, split) if settings.trial.select else None
    return RunImages(opened, split, settings, selection), []


def choose_arms(settings: Settings, split: TrialSplit, source: SyntheticSource | None) -> Sequence[ArmName]:
    """Returns the names of the arms: those asked for, or all that the synthetic images allow.

    Raises:
      UserError: there are no synthetic images for one.
    """
    label, classes = settings.data.label, source.classes() if source else []
    missing = [name for name in split.labels if name not in classes]
    lacking = {"of_one_class": [] if label in classes else [label], "of_all_classes": missing}
    if asked := settings.trial.arms:
        for name in asked:
            if without := lacking.get(ARMS[name].added):
                raise FieldError(
                    "config.trial.arms",
                    name,
                    f"takes synthetic images of {without[0]}, and there are none: give some with "
                    "config.trial.synthetic_dir or config.trial.runs, or leave that arm out.",
                )
        return asked
    if label not in classes:
        raise FieldError(
            "config.data.label",
            label,
            "has no synthetic images to try: give a folder with config.trial.synthetic_dir, or workdirs of runs with "
            "config.trial.runs.",
        )
    offered = {name: kind for name, kind in ARMS.items() if settings.trial.select or not kind.is_selected}
    possible = [name for name, kind in offered.items() if not lacking.get(kind.added)]
    if missing:
        left_out = " and ".join(name for name in offered if name not in possible)
        logger.info("without %s: there are no synthetic images of %s", left_out, missing[0])
    return possible


def create_plan(
    settings: Settings, split: TrialSplit, source: SyntheticSource | None, positive: str, arms: Sequence[Arm]
) -> Plan:
    """Returns what makes a trial what it is: written down before anything is trained."""
    fields = {
        f"{section}.{name}": value
        for section, values in (("data", settings.data), ("trial", settings.trial))
        for name, value in values.model_dump(mode="json").items()
        if f"{section}.{name}" not in _NOT_PLANNED
    }
    if settings.trial.select == "coverage":  # it measures with features
        protocol = resolve_protocol(settings.eval)
        fields |= {
            "eval.dims": protocol.dims,
            "eval.preprocess": protocol.preprocess.name,
            "eval.resize_filter": protocol.preprocess.resize_filter,
        }
    images = format_train_files([*split.training[max(split.training)], *split.validation, *split.test])
    trial = settings.trial
    return Plan(
        fields={"seed": settings.seed, **fields},
        arms=tuple(arms),
        primary=choose_primary(arms),
        classifier=PlannedClassifier(
            image_size=settings.data.image_size,
            steps=trial.steps,
            batch_size=trial.batch_size,
            base_channels=trial.base_channels,
        ),
        label=settings.data.label,
        positive=positive,
        test_split=split.test_name,
        images_sha256=hashlib.sha256(images.encode(errors="surrogateescape")).hexdigest(),
        synthetic=source.description if source else None,
    )
