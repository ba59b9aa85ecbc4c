"""`--mode=evaluate`: scores a checkpoint in full, with its baselines, its intervals and a search for copies."""

from dcgan_jax.runs.run import Run
from dcgan_jax.runs.scoring import create_scorer, require_same_weights, write_evaluation
from dcgan_jax.runs.starts import record_start
from dcgan_jax.runs.training_data import read_training_data
from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.runtime import processes
from dcgan_jax.settings import Settings


def evaluate(settings: Settings, workdir: Workdir) -> None:
    """Writes the record of one checkpoint to evaluation/ in the workdir and shows it as a table.

    Raises:
      UserError: there is no such checkpoint, the data are not those of the run, or there are no Inception weights.
    """
    run = Run(workdir, settings)
    state = run.state  # first: without a checkpoint nothing else need be looked for
    data = read_training_data(settings, workdir)
    data.require_run(workdir)
    scorer = create_scorer(settings, data)
    require_same_weights(scorer)
    if processes.is_first():
        record_start(workdir, "evaluate")
    write_evaluation(scorer, run.sampler, state, workdir)
