"""`--mode=trial`: the same classifier with and without synthetic images, and what the comparison supports."""

import logging
import time
from collections.abc import Sequence
from functools import partial

import numpy as np

from dcgan_jax.data.selection import choose_split_seed
from dcgan_jax.runs.prepare import prepare
from dcgan_jax.runs.starts import record_start
from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.runtime.progress import create_progress
from dcgan_jax.settings import Settings
from dcgan_jax.trial.arms import Arm, create_task, list_arms, list_units
from dcgan_jax.trial.fitting import Fit, Images, Task, Trainer, portions
from dcgan_jax.trial.image_bank import ImageBank, create_bank
from dcgan_jax.trial.plan import choose_arms, choose_label, choose_positive, create_plan, open_source
from dcgan_jax.trial.plan_record import Plan
from dcgan_jax.trial.record import RECORD, TwoSampleTest
from dcgan_jax.trial.report import describe_endpoint
from dcgan_jax.trial.results import REPORT, Known, write_results
from dcgan_jax.trial.scores import Labels, choose_threshold
from dcgan_jax.trial.splits import TrialSplit, split_for_trial
from dcgan_jax.trial.store import Store, Trained
from dcgan_jax.trial.two_sample import compute_two_sample_test
from dcgan_jax.trial.variance_sources import count_generators, describe_variance_sources, warn_of_few_generators

logger = logging.getLogger(__name__)

FOLDER = "trial"


def trial(settings: Settings, workdir: Workdir) -> None:
    """Trains every classifier of every arm that is not trained yet, then looks at the test images once.

    Writes trial.json, report.md and figures/ in the workdir; the same command goes on with one that was stopped.

    Raises:
      UserError: the data, the synthetic images or the workdir do not allow it.
    """
    started = time.monotonic()
    with workdir.locked():
        prepared = prepare(settings, workdir)
        split = split_for_trial(prepared, settings)
        settings = choose_label(settings, split)
        store = Store(workdir.root / FOLDER)
        begun = None if settings.trial.positive else store.read_plan()
        positive = begun.positive if begun else choose_positive(settings, split)  # older versions chose otherwise
        source, notes = open_source(settings, workdir, prepared, split)
        arms = list_arms(settings.trial, choose_arms(settings, split, source))
        generators = count_generators(arms, source, settings.trial, settings.data.label, split.labels)
        split_seed = choose_split_seed(settings.data, settings.seed)
        notes = [*split.notes, *notes, *warn_of_few_generators(generators, split_seed)]
        for note in notes:
            logger.warning("warning: %s", note)
        plan = create_plan(settings, split, source, positive, arms)
        is_finished = (workdir.root / RECORD).is_file()
        store.begin(plan, is_finished)
        if is_finished:
            logger.info("done already: see %s", workdir.root / REPORT)
            return
        record_start(workdir, "trial")
        logger.info("primary endpoint: %s", describe_endpoint(plan))
        bank = create_bank(prepared, split, arms, settings.trial, settings.data.label, source)
        labels = np.array([example.label == positive for example in split.validation], int)
        validation = prepared.images(split.validation), labels
        trainer = Trainer(settings.trial, bank.images, *validation)
        train_classifiers(settings, trainer, bank, validation, arms, plan, store)
        known = Known(
            plan=plan,
            arms=arms,
            split=split,
            margin=settings.trial.margin,
            notes=notes,
            variance_sources=describe_variance_sources(generators, settings.trial.seeds),
            generators=generators,
            two_sample_test=tell_apart(settings, bank, split),
            started=started,
        )
        trained = {unit: store.read(unit) for arm in arms for unit in list_units(arm, settings.trial)}
        verdict = write_results(known, trained, partial(trainer.predict, images=prepared.images(split.test)), workdir)
    logger.info("%s\nsee %s", verdict, workdir.root / REPORT)


def train_classifiers(
    settings: Settings,
    trainer: Trainer,
    bank: ImageBank,
    validation: tuple[Images, Labels],
    arms: Sequence[Arm],
    plan: Plan,
    store: Store,
) -> None:
    """Trains what is not in the store yet, portion by portion, and keeps each portion at once."""
    trial = settings.trial
    units = {arm: list_units(arm, trial) for arm in arms}
    missing = {arm: [unit for unit in own if not store.has(unit)] for arm, own in units.items()}
    total, left = (sum(map(len, group.values())) for group in (units, missing))
    images, labels = validation
    with create_progress(total * trial.steps, "Trial", "updates", (total - left) * trial.steps) as progress:
        for arm, of_arm in missing.items():
            progress.set_postfix_str(f" ({plan.describe_arm(arm)})", refresh=False)
            for portion in portions(of_arm):
                tasks = [
                    create_task(unit, bank.real[arm.fraction], bank.synthetic_positions, plan.label, plan.positive)
                    for unit in portion
                ]
                for unit, task, fit in zip(portion, tasks, trainer.fit(tasks, progress.update), strict=True):
                    threshold = choose_threshold(labels, trainer.predict(fit.params, images))
                    store.write(unit, _describe(fit, task, threshold, bank))


def tell_apart(settings: Settings, bank: ImageBank, split: TrialSplit) -> TwoSampleTest | None:
    """Returns whether real and synthetic images of `data.label` can be told apart, where there are enough of both."""
    label, fraction = settings.data.label, settings.trial.fractions[0]
    synthetic = bank.synthetic.get((label, fraction, False, 0))
    if synthetic is None:
        return None
    real = bank.real[fraction][label]
    patients = [split.training[max(split.training)][position].patient for position in real]
    return compute_two_sample_test(settings.trial, bank.images[real], patients, bank.images[synthetic], settings.seed)


def _describe(fit: Fit, task: Task, threshold: float, bank: ImageBank) -> Trained:
    num_real = len(np.unique(task.pool[task.pool < bank.num_real]))
    curve = [list(row) for row in fit.curve]
    return Trained(fit.params, fit.step, curve, threshold, num_real, len(task.pool) - num_real)
