"""What a run's card tells of it: counts of its training images and the scores of its checkpoint."""

from dcgan_jax.cards.origin import Origin
from dcgan_jax.evaluation.record import ClassesRecord, EvaluationRecord, read_evaluation
from dcgan_jax.runs.first_weights import has_private_origin
from dcgan_jax.runs.run import Run
from dcgan_jax.runs.workdir import Workdir


def describe_origin(run: Run) -> Origin:
    """Returns where the images of a run come from.

    Raises UserError if the list of its training images or a record of scores is damaged.
    """
    provenance = run.provenance
    seen_before = {row.sha256 for row in provenance.origin} - {row.sha256 for row in provenance.rows}
    return Origin(
        data=run.settings.data,
        counts={label: provenance.count(label) for label in provenance.labels},
        num_patients=len({row.patient for row in provenance.rows}),
        step=run.step,
        record=find_record(run.workdir, run.step, run.settings.eval.protocol),
        num_private_before=len(seen_before) if has_private_origin(run.workdir) else 0,
    )


def find_record(workdir: Workdir, step: int, protocol: str) -> EvaluationRecord | ClassesRecord | None:
    """Returns the record of scores of a checkpoint, None where it was not scored; see `choose_record` for which."""
    for named in (f"step_{step:07d}_{protocol}_*.json", f"step_{step:07d}_*.json"):
        if places := sorted(workdir.evaluation.glob(named)):
            return read_evaluation(places[-1])
    return None
