"""The images of a study from a run: what its generator draws, beside patients it has not seen."""

from collections.abc import Sequence

import numpy as np

from dcgan_jax.data.prepared import Example
from dcgan_jax.data.ranking import rank_by_hash
from dcgan_jax.errors import FieldError
from dcgan_jax.memorization.correlation import to_gray
from dcgan_jax.runs.prepare import prepare
from dcgan_jax.runs.provenance import Provenance
from dcgan_jax.runs.run import open_run
from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.settings import Settings, StudySettings
from dcgan_jax.study.material import Material, count_needed
from dcgan_jax.study.plan import KeyRow, Origin

STREAM = "study"
"""Of the latents: no score, figure or export has shown them."""


def draw_from_run(settings: Settings, workdir: Workdir) -> Material:
    """Returns generated images of the run in a workdir and real ones of patients it was not trained on.

    Raises:
      UserError: there is no run, or there are too few real images of the kind that is asked for.
    """
    study = settings.study
    run = open_run(workdir.root, None, max_similarity=study.max_similarity)
    labels = [run.require_label(settings.generate.label)] if settings.generate.label else run.labels
    num_real, num_generated = count_needed(study)
    prepared = prepare(run.settings, workdir)
    examples = _choose_real(prepared.examples, run.provenance, study, labels, num_real)
    drawn = [
        (label, one)
        for label, count in zip(labels, _divide(num_generated, len(labels)), strict=True)
        for one in (run.draw_without_copies(label, study.seed, STREAM, count) if count else ())
    ]
    last = {label: one.number for label, one in drawn}
    rows = [KeyRow(kind="real", label=example.label, origin=example.file) for example in examples]
    rows += [KeyRow(kind="generated", label=label, origin=f"{study.seed}/{one.number}") for label, one in drawn]
    seen = "patients that the generator was not trained on" if study.real == "held_out" else "its training patients"
    return Material(
        to_gray(prepared.images(examples)),
        to_gray(np.stack([one.image for _, one in drawn])),
        tuple(rows),
        Origin(
            real=f"one image each of {len(examples)} of {seen}",
            generated=f"fresh latents of the generator after {run.step} updates, none chosen by hand",
            real_from=study.real,
            run_identity=run.workdir.identity(run.settings),
            checkpoint_step=run.step,
            classes=tuple(labels),
            max_similarity=study.max_similarity,
        ),
        sum(number + 1 for number in last.values()) - len(drawn),
    )


def _choose_real(
    examples: Sequence[Example], provenance: Provenance, study: StudySettings, labels: Sequence[str], count: int
) -> list[Example]:
    """Returns images of as many patients, as many of each class as can be, chosen by the seed.

    Held out is a patient none of whose images, nor a copy of one, was trained on, whatever split they stand in.
    """
    pixels, files = ({getattr(row, name) for row in provenance.rows} for name in ("sha256", "file"))
    trained = [example for example in examples if example.sha256 in pixels or example.file in files]
    before = {row.sha256 for row in provenance.origin}  # what the weights had seen that the run began with
    seen = [*trained, *(example for example in examples if example.sha256 in before)]
    patients = {example.patient for example in seen}  # as these data name them, however the run did
    if missing := files - {example.file for example in examples}:
        raise FieldError(
            "config.data.dir",
            None,
            f"lacks {len(missing)} training images of the run in {provenance.name} ({min(missing)} for one), so nobody "
            "knows which patients it has not seen: give it as the run had it.",
        )
    candidates = trained
    if study.real == "held_out":
        candidates = [example for example in examples if example.patient not in patients]
    chosen: list[Example] = []
    for label, wanted in zip(labels, _divide(count, len(labels)), strict=True):
        of_class = [example for example in candidates if example.label == label]
        ranked = rank_by_hash(f"study {study.seed}", {example.patient for example in of_class})
        if len(ranked) < wanted:
            remedy = "lower it, or train with a larger config.data.holdout"
            if study.real == "held_out":
                remedy += " (config.study.real=training takes training patients, and the report says so)"
            raise FieldError(
                "config.study.images",
                study.images,
                f"takes {wanted} {study.real.replace('_', '-')} patients of {label}, one image of each, and the data "
                f"have {len(ranked)}: {remedy}.",
            )
        for patient in ranked[:wanted]:
            own = {example.file: example for example in of_class if example.patient == patient}
            chosen.append(own[rank_by_hash(f"study {study.seed}", own)[0]])
    return chosen


def _divide(count: int, parts: int) -> list[int]:
    return [count * (part + 1) // parts - count * part // parts for part in range(parts)]
