"""`--mode=evaluate`: scores a checkpoint in full, with its floor, its interval and a search for copies."""

from dcgan_jax.data.selection import format_train_files, select_training
from dcgan_jax.runs.prepare import prepare
from dcgan_jax.runs.restore import create_sampler, restore_chosen
from dcgan_jax.runs.scoring import create_scorer, require_same_weights, write_report
from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.runtime import processes
from dcgan_jax.runtime.devices import create_mesh
from dcgan_jax.settings import Settings


def evaluate(settings: Settings, workdir: Workdir) -> None:
    """Writes the record of one checkpoint to evaluation/ in the workdir and shows it as a table.

    Raises:
      UserError: there is no such checkpoint, the data are not those of the run, or there are no Inception weights.
    """
    mesh = create_mesh()
    state = restore_chosen(settings, workdir, mesh)
    prepared = prepare(settings, workdir)
    training, held_out = select_training(prepared, settings.data, settings.seed)
    train_files = format_train_files(training)
    if processes.is_first():
        workdir.check_train_files(train_files)
    processes.require_same(train_files, "training images", "give all the same files in config.data.dir")
    scorer = create_scorer(settings, prepared, training, held_out)
    require_same_weights(scorer)
    write_report(scorer, create_sampler(settings, mesh), state, workdir)
